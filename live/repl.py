"""The prompt: a stage is opened, a session is played, and what is typed reaches the desk until somebody leaves."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live.errands import say

if TYPE_CHECKING:
    from live.desk import Desk
    from live.screen.face import Screen

HELLO = "help() says what can be typed. Ctrl-D twice leaves."


def opened(
    session_name: str | None, flags: dict[str, Any], *, tell: Callable[[str], None] = say, rehearse: bool = True
) -> tuple[Desk, Any]:
    """A stage with a desk in front of it, and the settings that hold."""
    from live.core.memory import where
    from live.desk import Desk
    from live.pids import alive
    from live.room import room_of
    from live.session import Session, last_evening
    from live.stage import Stage
    from live.venue import rig_of

    def warn(line: str) -> None:
        tell(f"antiphon: {line}")

    session = Session.find(session_name) if session_name else None
    settings, room = room_of(flags, session.settings if session else None, warn)
    home = session.folder if session else Path.cwd()
    rig = None
    if not alive(where() / "main", "core"):
        from live.ports.audio import devices

        usual = session is not None and settings.said_by["takes"] == "default"
        takes = session.takes if session and usual else home / Path(settings.takes).expanduser()
        rig = rig_of(settings, devices(), takes, warn)
        tell(f"opening {rig.device} ...")
    stage = Stage.open(rig, tell=tell)
    try:
        desk = Desk(stage, session, room.fitted(stage.rig.outs, stage.rig.ins, warn), rehearse=rehearse, folder=home)
    except BaseException:
        stage.close()
        raise
    desk.hand.quant, desk.hand.fade = settings.quant, settings.fade
    desk.tempo = settings.tempo if settings.said_by["tempo"] != "default" else None
    tell(
        f"{'joined' if stage.found else 'playing on'} {stage.device}: {stage.rig.ins} in, {stage.rig.outs} out, {stage.rig.rate} Hz; the take is {stage.rig.take}"
    )
    if not stage.found:
        desk.verbs.crashed = last_evening(Path(stage.rig.take).parent, but=stage.rig.take)
    return desk, settings


def evening(
    session_name: str | None, flags: dict[str, Any], seconds: float | None = None, *, minute: bool = False
) -> int:
    """Open, play, listen to words, leave."""
    desk, settings = opened(session_name, flags)
    desk.plain = bool(settings.plain) or not sys.stdout.isatty()
    try:
        from live.screen import opened as screen_for

        history = desk.folder / ".history" if desk.session else None
        with screen_for(
            desk, plain=bool(settings.plain), theme=settings.theme or "dark", history=history, log=Path(desk.stage.rig.take) / "said.log",
            leaving="Leave? The sound stops with you. Ctrl-D again.",
        ) as screen:  # fmt: skip
            if desk.verbs.crashed is not None:
                desk.say(f"{desk.verbs.crashed.said}. resume() brings it back.")
            desk.play_session()
            if sys.stdin.isatty():
                desk.say(HELLO)
            if minute:
                from live.minute import Performing

                Performing(desk).start()
            _listen(desk, screen, seconds)
    except KeyboardInterrupt:
        say("")
    finally:
        desk.close()
    return 0


def _listen(desk: Desk, screen: Screen, seconds: float | None) -> None:
    """Line by line, until somebody leaves or the time is over."""
    from live.scribe import Leave

    if seconds is not None or not sys.stdin.isatty():
        _wait(desk, screen, seconds)
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


def _wait(desk: Desk, screen: Screen, seconds: float | None) -> None:
    """Nobody types, or only for so long: lines come from a pipe, if any."""
    import threading

    from live.scribe import Leave

    ended = threading.Event()

    def typed() -> None:
        try:
            while (text := screen.read()) is not None:
                screen.show(desk.run(text))
        except (Leave, KeyboardInterrupt):
            ended.set()

    if sys.stdin is not None and not sys.stdin.closed:
        threading.Thread(target=typed, name="typed", daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    end = None if seconds is None else time.monotonic() + seconds
    while not ended.wait(0.1):
        if end is not None and time.monotonic() > end:
            return
        if not (desk.stage.folder / "core.map").exists():
            return
