"""A desk that only pretends to play: enough of one for the screen to be tried on. ``python -m live.bench.pretend`` opens it."""

from __future__ import annotations

import codeop
import math
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from live.screen import opened
from live.screen.face import Level, Status, Turned


class Placed:
    """A place, as far as a hint wants to know."""

    def __init__(self, word: str) -> None:
        self.kind = word


class Pretend:
    """Counts bars, runs what is typed, plays nothing."""

    def __init__(self, **status: Any) -> None:
        from live.vocabulary import vocabulary

        self.listeners: list[Callable[[str], None]] = []
        self.vocabulary = vocabulary()
        self.began = time.monotonic()
        self.did: list[str] = []
        self.fixed = status
        self._names: dict[str, Any] = dict(self.vocabulary)
        self._names |= {"rain": Placed("clip"), "dusk": Placed("filter"), "hush": self.hush, "panic": self.panic}
        self._names |= {"flood": self.flood, "help": self.help, "time": time}

    def status(self) -> Status:
        """A clock that runs, figures that stand."""
        beats = (time.monotonic() - self.began) * 96 / 60
        usual = {
            "bpm": 96.0, "bar": int(beats // 4) + 1, "beat": beats % 4 + 1, "sounding": 5, "muted": 1, "peak_db": -6.2, "core_load": 0.12,
            "worker_load": 0.3, "worst_worker": "cak", "disk_minutes": 240.0, "device": "null", "controller": "knob 21 > dusk.cutoff 840 Hz",
        }  # fmt: skip
        return Status(**{**usual, **self.fixed})

    def levels(self) -> Sequence[Level]:
        now = time.monotonic()
        names = ["rain", "dusk", "dusk/lfo", "pulse", "glass", "partner", "halo"]
        return [(n, abs(math.sin(now / 3 + k)) * 0.9, "nan" if n == "glass" else "", n == "pulse") for k, n in enumerate(names)]

    def names(self) -> Mapping[str, Any]:
        return self._names

    def files(self) -> Sequence[str]:
        return ["rain on tin", "rain on leaves", "wood knocks", "brass"]

    def devices(self) -> Sequence[str]:
        return ["jack", "Built-in Audio", "null"]

    def kernels(self) -> Sequence[str]:
        return ["published"]

    def places(self) -> Sequence[str]:
        return [name for name, value in self._names.items() if type(value) is Placed]

    def run(self, text: str) -> str:
        """Runs it as Python would; an error is told in one line."""
        try:
            try:
                found = eval(compile(text, "<typed>", "eval"), self._names)
                return "" if found is None else str(found)
            except SyntaxError:
                exec(compile(text, "<typed>", "exec"), self._names)
                return ""
        except Exception:  # noqa: BLE001 - whatever was typed is told, not raised
            return "! " + traceback.format_exc().strip().split("\n")[-1]

    def complete_code(self, text: str) -> bool:
        try:
            return codeop.compile_command(text, "<typed>") is not None
        except (SyntaxError, ValueError, OverflowError):
            return True

    def knobs(self) -> Sequence[Turned]:
        """Two of them."""
        return [Turned("near", 0.5), Turned("21", 0.31, 0.72)]

    def turn_knob(self, count: int, by: float) -> str:
        """A key turned one."""
        self.did.append(f"knob {count + 1} {'up' if by > 0 else 'down'}")
        return "" if count < 2 else "the page names 2 knobs: near, 21"

    def learn_next(self) -> str:
        """The next control."""
        self.did.append("learn")
        self.fixed["learning"] = "dusk.cutoff"
        return "dusk.cutoff: move something, Esc leaves it"

    def cancel(self) -> None:
        """Learn nothing."""
        self.did.append("cancel")
        self.fixed.pop("learning", None)

    def hush(self) -> str:
        """Everything fades within a beat."""
        self.did.append("hush")
        return "hushed: undo() brings it back"

    def panic(self) -> str:
        """Silence now."""
        self.did.append("panic")
        self.fixed["panicked"] = True
        return ""

    def help(self, word: Any = None) -> str:
        """What a word is."""
        return f"help on {getattr(word, '__name__', getattr(word, 'word', getattr(word, 'kind', word)))}"

    def flood(self, seconds: float = 10, rate: int = 1000) -> None:
        """So many messages a second, from another thread."""

        def run() -> None:
            began, said = time.monotonic(), 0
            while (now := time.monotonic() - began) < seconds:
                while said < now * rate:
                    said += 1
                    for listener in list(self.listeners):
                        listener(f"[{said:06d}] 0123456789 0123456789")
                time.sleep(0.001)

        threading.Thread(target=run, daemon=True).start()


def evening(desk: Pretend, **how: Any) -> None:
    """Read, run, show, until the performer leaves."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with opened(desk, **how) as screen:
        while True:
            try:
                text = screen.read()
                if text is None:
                    return
                screen.show(desk.run(text))
            except KeyboardInterrupt:
                screen.show("interrupted")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    evening(
        Pretend(),
        plain="--plain" in sys.argv,
        history=folder and folder / "history",
        log=folder and folder / "said.log",
        leaving="Leave? Ctrl-D again.",
    )
