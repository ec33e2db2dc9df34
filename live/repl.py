"""The prompt: a stage is opened, a session is played, and what is typed reaches the desk until somebody leaves."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live.cli import Sorry
from live.errands import say

if TYPE_CHECKING:
    from live.desk import Desk
    from live.rig import Rig
    from live.screen.face import Screen
    from live.session import Session
    from live.settings import Settings

HELLO = "help() says what can be typed. Ctrl-D twice leaves."


def opened(
    session_name: str | None, flags: dict[str, Any], *, tell: Callable[[str], None] = say, rehearse: bool = True, wait: bool = True
) -> tuple[Desk, Any]:
    """A stage with a desk in front of it, and the settings that hold. Without ``wait`` the core may still be starting."""
    from live.core.memory import where
    from live.desk import Desk
    from live.edits import saving
    from live.hand import Proposal
    from live.pids import alive
    from live.room import room_of
    from live.session import Session, last_evening
    from live.stage import Stage
    from live.values import Page

    def warn(line: str) -> None:
        tell(f"antiphon: {line}")

    session = Session.find(session_name) if session_name else None
    settings, room = room_of(flags, session.settings if session else None, warn)
    home = session.folder if session else Path.cwd()
    rig = None if alive(where() / "main", "core") else _rig(session, settings, home, warn)
    stage = Stage.open(rig, wait=wait, tell=tell)
    try:
        desk = Desk(stage, session, room.fitted(stage.rig.outs, stage.rig.ins, warn), rehearse=rehearse, folder=home)
    except BaseException:
        stage.close()
        raise
    desk.hand.quant, desk.hand.fade = settings.quant, settings.fade
    if not stage.found:
        desk.verbs.crashed = last_evening(Path(stage.rig.take).parent, but=stage.rig.take)
        if settings.said_by["tempo"] != "default":
            desk.hand.propose(Proposal(saving(Page(tempo=settings.tempo)), "tempo", when="now", rehearse=False, step=False))
    if wait:
        tell(greeting(desk))
    return desk, settings


def _rig(session: Session | None, settings: Settings, home: Path, warn: Callable[[str], None]) -> Rig:
    """What the core should open."""
    from live.ports.audio import NULL, devices
    from live.venue import rig_of

    usual = session is not None and settings.said_by["takes"] == "default"
    takes = session.takes if session and usual else home / Path(settings.takes).expanduser()
    silent = "null" in (settings.device, settings.backend)
    rig = rig_of(settings, [NULL] if silent else devices(), takes, warn)
    return replace(rig, session=str(session.folder.resolve()) if session else "")


def history_of(session: str) -> Path | None:
    """Where the lines typed in a session are remembered: not in its folder, which others may play."""
    import platformdirs

    from live.settings import can_write

    folder = Path(platformdirs.user_state_dir("antiphon", appauthor=False)) / "history"
    return folder / session if can_write(folder) else None


def greeting(desk: Desk) -> str:
    """Where it plays."""
    stage = desk.stage
    how = "joined" if stage.found else "playing on"
    return f"{how} {stage.device}: {stage.rig.ins} in, {stage.rig.outs} out, {stage.rig.rate} Hz; the take is {stage.rig.take}"


class Coming(threading.Thread):
    """The core starts and the script is read while the prompt is there already."""

    def __init__(self, desk: Desk, minute: bool) -> None:
        super().__init__(name="coming", daemon=True)
        self.desk, self.minute = desk, minute
        self.failed = ""

    def run(self) -> None:
        """Greet, play, perform."""
        from live.stage import Silent

        desk = self.desk
        desk.play_session()
        try:
            desk.stage.wait_for_sound(tell=desk.say)
        except Silent as why:
            self.failed = str(why)
            desk.say(f"antiphon: {why}")
            return
        except (OSError, ValueError):  # left before it came
            return
        desk.say(greeting(desk))
        if desk.verbs.crashed is not None:
            desk.say(f"{desk.verbs.crashed.said}. resume() brings it back.")
        if sys.stdin.isatty():
            desk.say(HELLO)
        if self.minute:
            from live.minute import Performing

            Performing(desk).start()


def evening(session_name: str | None, flags: dict[str, Any], seconds: float | None = None, *, minute: bool = False) -> int:
    """Open, play, listen to words, leave."""
    desk, settings = opened(session_name, flags, wait=False)
    desk.plain = bool(settings.plain) or not sys.stdout.isatty()
    if sys.stdin.isatty():  # a shell may have started us with Ctrl-C shut off
        signal.signal(signal.SIGINT, signal.default_int_handler)
    coming = Coming(desk, minute)
    try:
        from live.screen import opened as screen_for

        history = history_of(desk.session.name) if desk.session else None
        with screen_for(
            desk, plain=bool(settings.plain), theme=settings.theme or "dark", history=history, log=Path(desk.stage.rig.take) / "said.log",
            leaving="Leave? The sound stops with you. Ctrl-D again.",
        ) as screen:  # fmt: skip
            coming.start()
            _listen(desk, screen, seconds, coming)
    except KeyboardInterrupt:
        say("")
    finally:
        desk.close()
    if coming.failed:
        raise Sorry(coming.failed)
    return 0


def _listen(desk: Desk, screen: Screen, seconds: float | None, coming: Coming) -> None:
    """Line by line, until somebody leaves or the time is over."""
    from live.scribe import Leave

    if seconds is not None or not sys.stdin.isatty():
        _wait(desk, screen, seconds, coming)
        return
    while True:
        try:
            text = screen.read()
            if text is None:
                return
            screen.show(desk.run(text))
        except Leave:
            return
        except KeyboardInterrupt:
            screen.show("Stopped. The sound went on.")
        if not (desk.stage.folder / "core.map").exists():
            screen.show("What played here was ended from elsewhere (antiphon stop).")
            return


def _wait(desk: Desk, screen: Screen, seconds: float | None, coming: Coming) -> None:
    """Nobody types, or only for so long: lines come from a pipe, if any."""
    from live.scribe import Leave

    ended = threading.Event()

    def typed() -> None:
        try:
            while (text := screen.read()) is not None:
                screen.show(desk.run(text))
        except (Leave, KeyboardInterrupt):
            ended.set()
        if seconds is None:  # the pipe has ended, and nobody said how long to stay
            ended.set()

    if sys.stdin is not None and not sys.stdin.closed:
        threading.Thread(target=typed, name="typed", daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    end = None if seconds is None else time.monotonic() + seconds
    while not ended.wait(0.1):
        if coming.failed or (end is not None and time.monotonic() > end):
            return
        if not (desk.stage.folder / "core.map").exists():
            return
