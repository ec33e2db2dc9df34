"""A session that starts with the machine: a systemd unit, printed. Nothing is installed; two commands on top say how.

antiphon service NAME            a unit of yours
antiphon service NAME --system   a unit of the whole machine, run as you
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import sys
from pathlib import Path

from live.opening import Opening
from live.session import Session, shown

ROOT = Path(__file__).resolve().parent.parent


def unit(
    session: Session,
    *,
    system: bool = False,
    rig: str | None = None,
    hours: str | None = None,
    rotate: float | None = None,
    python: str | None = None,
    user: str | None = None,
) -> str:
    """The unit as text. Every path in it is whole, for a service begins with no folder and no environment of yours."""
    Opening.of({}, hours, rotate)  # what cannot be meant is said now, not in a log at night
    words = ["play", str(session.folder if session.whole else session.script), "--headless"]
    words += ["--rig", _rig(rig, session)] if rig else []
    words += ["--hours", hours] if hours else []
    words += ["--rotate", f"{rotate:g}"] if rotate is not None else []
    command, environment = _command(python or sys.executable)
    kept = [f"ANTIPHON_{key}={os.environ[f'ANTIPHON_{key}']}" for key in ("RUNTIME", "CACHE") if os.environ.get(f"ANTIPHON_{key}")]
    lines = [
        *_how(session, system, [*_flags(rig, hours, rotate)]),
        "[Unit]",
        f"Description=Antiphon plays {_percent(session.name)}, unattended",
        "After=sound.target network.target" if system else "After=pipewire.service pulseaudio.service",
        "StartLimitIntervalSec=0",  # an installation is tried again for ever
        "",
        "[Service]",
        "Type=simple",
        *([f"User={user or getpass.getuser()}"] if system else []),
        f"WorkingDirectory={_percent(str(session.folder))}",
        *(f"Environment={_quoted(each)}" for each in [*environment, *kept]),
        f"ExecStart={' '.join(_quoted(word, dollars=True) for word in [*command, *words])}",
        "Restart=always",
        "RestartSec=3",
        "KillMode=mixed",  # only the desk is asked to leave: it fades, and everybody leaves with it
        "TimeoutStopSec=30",
        "LimitRTPRIO=95",
        "LimitMEMLOCK=infinity",
        "LimitNICE=-11",
        "",
        "[Install]",
        f"WantedBy={'multi-user' if system else 'default'}.target",
    ]
    return "\n".join(lines) + "\n"


def unit_name(session: Session) -> str:
    """What the unit is called."""
    return f"antiphon-{re.sub(r'[^a-zA-Z0-9_-]+', '-', session.name).strip('-') or 'session'}.service"


def _how(session: Session, system: bool, flags: list[str]) -> list[str]:
    """The two commands that install it."""
    name = unit_name(session)
    asked = " ".join(shown(word) for word in [str(session.folder if session.whole else session.script), *flags])
    if system:
        return [
            f"# antiphon service {asked} --system | sudo tee /etc/systemd/system/{name}",
            f"# sudo systemctl daemon-reload && sudo systemctl enable --now {name}",
            "",
        ]
    return [
        f"# mkdir -p ~/.config/systemd/user && antiphon service {asked} > ~/.config/systemd/user/{name}",
        f"# systemctl --user daemon-reload && systemctl --user enable --now {name} && loginctl enable-linger",
        "",
    ]


def _flags(rig: str | None, hours: str | None, rotate: float | None) -> list[str]:
    pairs = (("--rig", rig), ("--hours", hours), ("--rotate", None if rotate is None else f"{rotate:g}"))
    return [word for flag, value in pairs if value is not None for word in (flag, value)]


def _rig(name: str, session: Session) -> str:
    """The rig's file, so that a service finds it."""
    from live.room import find_rig

    return str(find_rig(name, session.settings).resolve())


def _command(python: str) -> tuple[list[str], list[str]]:
    """How Antiphon is started from nothing: the installed command beside this Python, or this very folder."""
    beside = shutil.which("antiphon", path=str(Path(python).parent))
    if beside:
        return [beside], []
    return [python, "-m", "live.cli"], [f"PYTHONPATH={ROOT}"]


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(word: str, *, dollars: bool = False) -> str:
    """A word as systemd reads it."""
    word = _percent(word).replace("\\", "\\\\").replace('"', '\\"')
    word = word.replace("$", "$$") if dollars else word
    return f'"{word}"' if re.search(r"[\s;'\"\\$]", word) or not word else word
