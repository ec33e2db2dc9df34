"""An evening at the desk: choose the device, open the stage, play the script, and take a few plain words until the end.

The words here are the door's own (quit, reload, undo, keep, hush, panic, look); the language takes their place
when it comes.
"""

from __future__ import annotations

import contextlib
import difflib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from live.cli import Sorry
from live.errands import say, score_of, script_of
from live.prompt import Prompt, voices
from live.score import Score
from live.settings import Settings, can_write, load

if TYPE_CHECKING:
    from live.ports.audio import Device
    from live.rig import Rig
    from live.stage import Stage

HELP = "quit  reload  undo  keep SECONDS  hush  panic  go (after panic)  look  help"


def warn(line: str) -> None:
    """One line on the error stream; nothing stops."""
    if voices:
        voices[-1](f"antiphon: {line}")
    else:
        sys.stderr.write(f"antiphon: {line}\n")


@dataclass
class Evening:
    """What is being played, and how to take it back."""

    stage: Stage
    script: Path | None
    past: list[Score]

    def go(self, score: Score, fade: float = 0.05) -> None:
        """Play another score and remember the one before."""
        before = self.stage.score
        self.stage.play(score, fade=fade)
        self.past.append(before)


def settled(flags: dict[str, object], session: Path | None) -> Settings:
    """Every layer of settings, its warnings said."""
    found = load(flags, session)
    for line in found.warnings:
        warn(line)
    return found


def chosen(settings: Settings, there: list[Device]) -> tuple[str, Device | None]:
    """What the core should open, and what is known of it. A name on the command line must exist; others may come later."""
    real = [d for d in there if d.backend != "null" and d.outs > 0]
    if settings.backend == "null" or settings.device == "null":
        return "null", None
    if settings.device:
        asked = settings.device.lower()
        exact = [d for d in real if d.name.lower() == asked or d.backend == asked]
        partly = exact or [d for d in real if asked in d.name.lower()]
        if partly:
            return _opens(partly[0]), partly[0]
        names = [*dict.fromkeys(d.name for d in real), "null"]
        close = difflib.get_close_matches(settings.device, names, 1, 0.3)
        hint = f"Nearest: {close[0]}." if close else f"There is: {', '.join(names)}."
        if settings.said_by["device"] == "flag":
            raise Sorry(f"There is no output device {settings.device!r}. {hint}")
        warn(f"There is no output device {settings.device!r} now. {hint} It is taken as soon as it comes.")
        return settings.device, None
    mine = [d for d in real if settings.backend in ("auto", d.backend)]
    best = next((d for d in mine if d.backend == "jack"), None) or next((d for d in mine if d.default), None) or (mine[0] if mine else None)
    if best is None:
        return "null", None
    return _opens(best), best


def _opens(device: Device) -> str:
    """The word the core opens it by."""
    return "jack" if device.backend == "jack" else device.name


def heard(settings: Settings, there: list[Device]) -> tuple[str, int]:
    """The input device of its own, and how many channels it has: ('', -1) leaves the choice to the output device."""
    if settings.input in ("", "none"):
        return "", -1 if settings.input == "" else 0
    real = [d for d in there if d.ins > 0]
    for d in real:
        if settings.input.lower() in (d.name.lower(), d.backend) or settings.input.lower() in d.name.lower():
            return d.name, d.ins
    names = [*dict.fromkeys(d.name for d in real), "none"]
    close = difflib.get_close_matches(settings.input, names, 1, 0.3)
    hint = f"Nearest: {close[0]}." if close else f"There is: {', '.join(names)}."
    if settings.said_by["input"] == "flag":
        raise Sorry(f"There is no input device {settings.input!r}. {hint}")
    warn(f"There is no input device {settings.input!r} now. {hint}")
    return "", -1


def rig_of(settings: Settings, there: list[Device], home: Path) -> Rig:
    """The room as the settings want it and the device can."""
    from live.journal import new_take
    from live.rig import Rig

    word, device = chosen(settings, there)
    source, ins = heard(settings, there)
    rate = settings.rate or (device.rate if device else 48000)
    if device and device.backend == "jack" and rate != device.rate:
        warn(f"{device.name} runs at {device.rate}, not {rate}: playing at {device.rate}.")
        rate = device.rate
    outs = settings.channels or max(2, min(device.outs, 64) if device else 2)
    if device and device.backend != "jack" and outs > device.outs:
        warn(f"{device.name} has {device.outs} outputs, not {outs}: playing on {device.outs}.")
        outs = device.outs
    if ins < 0:
        ins = device.ins if device else 0
    ins = min(settings.inputs or ins, 32)
    takes = Path(settings.takes).expanduser()
    takes = takes if takes.is_absolute() else home / takes
    if not can_write(takes):
        spare = Path(tempfile.gettempdir()) / "antiphon-takes"
        warn(f"{takes} cannot be written: takes go to {spare}.")
        takes = spare
    return Rig(
        device=word, source=source, rate=rate, block=settings.block, ins=ins, outs=outs, take=str(new_take(takes).resolve()),
        tracks=min(max(128, ins + 4 * outs), 1024), minutes=settings.keep, ceiling=settings.ceiling, seed=settings.seed,
    )  # fmt: skip


def evening(
    session: str | None,
    flags: dict[str, object],
    seconds: float | None = None,
    perform: Callable[[Evening], Iterator[None]] | None = None,
) -> int:
    """Open, play, listen to words, leave. ``perform`` plays by itself meanwhile: each step of it is one look at the clock."""
    script = script_of(session) if session else None
    home = script.parent if script and script.name == "main.py" else Path.cwd()
    score = score_of(script) if script else None
    settings = settled(flags, home if script and script.name == "main.py" else None)
    from live.core.memory import where
    from live.pids import alive
    from live.ports.audio import devices
    from live.stage import Refused, Stage

    rig = None if alive(where() / "main", "core") else rig_of(settings, devices(), home)
    if rig is not None:
        say(f"opening {rig.device} ...")
    stage = Stage.open(rig, tell=say)
    now = Evening(stage, script, [])
    try:
        say(f"{'joined' if stage.found else 'playing on'} {stage.device}: {stage.rig.ins} in, {stage.rig.outs} out, {stage.rig.rate} Hz")
        say(f"the take is {stage.rig.take}")
        if score is not None:
            try:
                now.go(score)
            except Refused as why:
                warn(f"{script.name if script else ''}: {why} What played plays on.")
        say(HELP if sys.stdin.isatty() else "Ctrl-C ends it")
        with Prompt(plain=bool(flags.get("plain"))) as prompt:
            _until_the_end(now, seconds, perform(now) if perform else None, prompt)
    except KeyboardInterrupt:
        say("")
    finally:
        stage.close()
    return 0


def _until_the_end(now: Evening, seconds: float | None, performing: Iterator[None] | None, prompt: Prompt) -> None:
    """Until the time is over, the words end, or somebody quits."""
    end = None if seconds is None else time.monotonic() + seconds
    told, looked = 0, time.monotonic()
    typing = sys.stdin.isatty()
    while end is None or time.monotonic() < end:
        if performing is not None and next(performing, StopIteration) is StopIteration:
            performing = None
        news = now.stage.read()
        for line in news[told:]:
            warn(line)
        told = len(news)
        if time.monotonic() - looked > 0.5:
            looked = time.monotonic()
            if not (now.stage.folder / "core.map").exists():
                warn("what played here was ended from elsewhere (antiphon stop)")
                return
        if not typing:
            time.sleep(0.02)
            continue
        lines = prompt.read(0.02)
        if lines is None or not all(obey(now, line.strip()) for line in lines):
            return


def obey(now: Evening, line: str) -> bool:
    """One typed line; False ends the evening. A slip is one line and nothing changes."""
    from live.stage import Refused

    word, _, rest = line.partition(" ")
    words: dict[str, Callable[[], object]] = {
        "reload": lambda: _reload(now),
        "undo": lambda: _undo(now),
        "keep": lambda: say(kept(now.stage.rig.take, now.stage.folder, rest or "60")),
        "hush": lambda: _hush(now),
        "panic": lambda: _gate(now, True),
        "go": lambda: _gate(now, False),
        "look": lambda: say("\n".join(_look(now))),
        "help": lambda: say(HELP),
        "": lambda: None,
    }
    if word in ("quit", "exit", "q"):
        return False
    try:
        if word not in words:
            close = difflib.get_close_matches(word, words, 1, 0.5)
            raise Sorry(f"There is no word {word!r}. " + (f"Nearest: {close[0]}." if close else HELP))
        words[word]()
    except (Sorry, Refused) as why:
        warn(str(why))
    return True


def _reload(now: Evening) -> None:
    """Read the script again."""
    if now.script is None:
        warn("there is no script to read again")
        return
    score = score_of(now.script)
    same = score == now.stage.score
    if not same:
        now.go(score)
    say(f"{now.script.name} has not changed: it plays on" if same else f"{now.script.name} plays as it is now: {_size(score)}")


def _undo(now: Evening) -> None:
    """The score before this one."""
    if not now.past:
        warn("there is nothing to take back")
        return
    now.stage.play(now.past[-1])
    now.past.pop()
    say(f"taken back: {_size(now.stage.score)}")


def _hush(now: Evening) -> None:
    """Everything fades; time goes on."""
    was = now.stage.score
    if not was.places:
        say("nothing plays, so there is nothing to hush")
        return
    now.go(Score(tempo=was.tempo, bar=was.bar), fade=60 / was.tempo)
    say("hushed: it fades within a beat, the clock goes on. undo brings it back")


def _gate(now: Evening, closed: bool) -> None:
    """Panic, or its end."""
    was = now.stage.panicked
    if closed:
        now.stage.panic()
        say("silent: everything goes on unheard. go opens it again")
    else:
        now.stage.unpanic()
        say("sounding again" if was else "it was open already (go opens after panic)")


def _look(now: Evening) -> list[str]:
    """Where we are, and how loud each place is."""
    stage = now.stage
    clock = stage.clock
    bar, beat = clock.spot(stage.frame)
    gate = "  PANIC: go opens it" if stage.panicked else ""
    first = f"  bar {bar}, beat {int(beat)}, tempo {clock.bpm:g}, {stage.lost} blocks lost{gate}"
    return [first, *([f"  {m.name:20} {m.peak:.3f} {m.bad}".rstrip() for m in stage.meters()] or ["  an empty stage"])]


def _size(score: Score) -> str:
    """How much plays."""
    count = len(score.places)
    return f"{count} place{'s' * (count != 1)}" if count else "an empty stage"


def kept(out: str | Path, folder: Path, seconds: str | float) -> str:
    """Write the last seconds as a take; what was written, in a line."""
    from live.tape import TapeError, keep

    with contextlib.suppress(ValueError):
        try:
            return keep(float(seconds), Path(out), folder).said
        except TapeError as why:
            raise Sorry(str(why)) from None
    raise Sorry(f"keep wants a number of seconds, not {seconds!r}.")
