"""A real terminal (tmux): a thousand messages a second while somebody types, an endless loop, and the way out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux, the terminal that can be read back")
ROOT = Path(__file__).parents[2]
TYPED = "dusk = filter(rain, cutoff=240, q=0.7)"


class Terminal:
    """A tmux server of its own with the prompt in it."""

    def __init__(self, folder: Path, columns: int = 100, rows: int = 30) -> None:
        self.socket = str(folder / "tmux")
        command = f"{sys.executable} -m live.bench.pretend {folder}; echo LEFT; sleep 60"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), command)

    def tmux(self, *words: str) -> str:
        env = {key: value for key, value in os.environ.items() if key not in ("TMUX", "NO_COLOR")}
        done = subprocess.run(
            ["tmux", "-S", self.socket, *words], capture_output=True, text=True, cwd=ROOT, env=env, timeout=20, check=True
        )
        return done.stdout

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)

    def seen(self) -> list[str]:
        return self.tmux("capture-pane", "-p").split("\n")

    def until(self, what: Callable[[list[str]], object], patience: float = 20.0) -> list[str]:
        """The screen once it looks like that."""
        end = time.monotonic() + patience
        while not what(seen := self.seen()):
            if time.monotonic() > end:
                raise AssertionError("the terminal shows:\n" + "\n".join(seen))
            time.sleep(0.05)
        return seen

    def close(self) -> None:
        self.tmux("kill-server")


@pytest.fixture
def terminal(tmp_path):
    opened = Terminal(tmp_path)
    try:
        opened.until(lambda seen: any("bpm" in line for line in seen))
        yield opened
    finally:
        opened.close()


def line_of(seen: list[str]) -> str:
    """The typed line: the last one that begins with the sign."""
    return next((line for line in reversed(seen) if line.startswith(">")), "")


def kept(folder: Path) -> list[str]:
    """The messages in the log, without their times."""
    return [line[9:] for line in (folder / "said.log").read_text().splitlines() if "] 0123456789" in line]


def test_a_thousand_messages_a_second_leave_the_typed_line_whole(terminal, tmp_path):
    terminal.type("flood(20, 1000)")
    terminal.keys("Enter")
    terminal.until(lambda seen: any("more in said.log" in line for line in seen))
    for letter in TYPED:
        terminal.type(letter)
        seen = terminal.seen()
        assert TYPED.startswith(line_of(seen)[2:]), "\n".join(seen)
    seen = terminal.until(lambda seen: line_of(seen) == "> " + TYPED)
    assert sum("bpm" in line for line in seen) == 1
    assert [line for line in seen if line.startswith("[")], "messages are shown meanwhile"
    before = max(line for line in seen if line.startswith("["))
    terminal.until(lambda seen: line_of(seen) == "> " + TYPED and max(line for line in seen if line.startswith("[")) > before)
    terminal.keys("BSpace")
    terminal.until(lambda seen: line_of(seen) == "> " + TYPED[:-1])
    terminal.until(lambda _: len(kept(tmp_path)) >= 1000)
    assert kept(tmp_path)[:1000] == [f"[{k:06d}] 0123456789 0123456789" for k in range(1, 1001)]


def test_control_c_ends_an_endless_loop_and_gives_the_line_back(terminal):
    terminal.type("while True: pass")
    terminal.keys("Enter", "Enter")
    terminal.until(lambda seen: not any("bpm" in line for line in seen))
    terminal.keys("C-c")
    terminal.until(lambda seen: any("interrupted" in line for line in seen) and line_of(seen).strip() == ">")
    terminal.type("1 + 1")
    terminal.keys("Enter")
    terminal.until(lambda seen: "2" in seen)


def test_the_meters_come_and_go_and_the_line_stays(terminal):
    terminal.type("rain")
    terminal.keys("F3")
    seen = terminal.until(lambda seen: any("!! nan" in line for line in seen))
    assert line_of(seen) == "> rain"
    assert any("█" in line for line in seen)
    terminal.keys("F3")
    seen = terminal.until(lambda seen: not any("!! nan" in line for line in seen))
    assert line_of(seen) == "> rain"


def test_panic_is_shown_in_letters_and_control_d_twice_leaves(terminal):
    terminal.keys("Escape", "Escape", "Escape")
    terminal.until(lambda seen: any("PANIC" in line for line in seen))
    terminal.keys("C-d")
    terminal.until(lambda seen: any("Leave? Ctrl-D again." in line for line in seen))
    terminal.keys("C-d")
    terminal.until(lambda seen: any(line.startswith("LEFT") for line in seen))


def test_a_terminal_made_narrow_keeps_the_line(terminal):
    terminal.type(TYPED)
    terminal.tmux("resize-window", "-x", "60", "-y", "20")
    seen = terminal.until(lambda seen: line_of(seen) == "> " + TYPED and any("bpm" in line for line in seen))
    assert max(len(line) for line in seen) <= 60
