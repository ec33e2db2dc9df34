"""The front door: the command ``antiphon`` and what stands behind each of its words.

Nothing heavy is imported before it is needed, so ``antiphon --help`` answers at
once. A slip is one line on the error stream and exit status 2.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

COMMANDS = {
    "play": "play a session live; without one, an empty stage",
    "new": "make a session that sounds at once",
    "minute": "perform the scripted first minute into files, or --live",
    "render": "render a session faster than real time into files",
    "replay": "render a played take again from its journal, as it was or changed",
    "stop": "end what plays, when nobody is there to end it",
    "service": "print a systemd unit that plays a session unattended",
    "keep": "write the last seconds of the running session as stems and mix",
    "midi": "write what hands played in a take as a MIDI file",
    "layout": "write a session's faders as files for Open Stage Control, TouchOSC and others",
    "train": "teach a cak kernel or a partner, from your own recordings",
    "study": "what a cak kernel learns: the three checks, with tables and pictures",
    "tune": "bend the partner's relation to two tracks of your own, in seconds",
    "convert": "a published cak checkpoint as a kernel",
    "show": "kernels side by side, to look at and listen to, as one page",
    "devices": "list what can be played on and heard through",
    "doctor": "name what could cost you sound, and its cure",
    "bench": "measure cost, worst blocks and latency",
}


TAUGHT = {
    "train": {"cak": "engines.nets.cak", "partner": "agents.nets.teach"},
    "study": {"cak": "engines.nets.cak"},
    "show": {"cak": "engines.nets.cak", "partner": "agents.drawn"},
    "convert": {"cak": "engines.nets.cak"},
    "tune": {"partner": "agents.nets.teach"},
}
"""What can be taught, studied and shown, and the program that does it: in a process of its own, for it may need torch."""


class Sorry(Exception):
    """Something asked for that cannot be: one line for the performer."""


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint that names the nearest legal word, or lists them all."""
    close = difflib.get_close_matches(word, known, 1, 0.5)
    return f"Nearest: {close[0]}." if close else f"There is: {', '.join(known) or 'none'}."


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line that names the nearest legal word."""

    def error(self, message: str) -> NoReturn:
        raise Sorry(f"{message[:1].upper()}{message[1:].rstrip('.')}. See: {self.prog} --help")

    def flags(self) -> list[str]:
        """Every long flag it knows."""
        return sorted(f for action in self._actions for f in action.option_strings if f.startswith("--"))


def whole(low: int, high: int) -> Any:
    """A whole number within bounds, for argparse."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {low} to {high}") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is outside {low} to {high}")
        return value

    return read


def seconds(text: str) -> float:
    """A time above 0 and up to a day, in seconds, for argparse."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not 0 < value <= 86400:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and up to 86400 seconds")
    return value


def hours(text: str) -> float:
    """A number of hours, for argparse."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours") from None
    if not 0 <= value <= 8760:
        raise argparse.ArgumentTypeError(f"{text} is outside 0 to 8760 hours")
    return value


def block(text: str) -> int:
    """A block size the core works in."""
    if text not in ("64", "128", "256", "512", "1024"):
        raise argparse.ArgumentTypeError(f"{text!r} is none of 64, 128, 256, 512, 1024")
    return int(text)


def port(text: str) -> int:
    """A UDP port, 0 for a free one, or none (-1), for argparse."""
    if text.lower() == "none":
        return -1
    if not text.isdigit() or not (text == "0" or 1024 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 1024 to 65535, nor 0 (a free one), nor none")
    return int(text)


def parser() -> Parser:
    """Everything the command line takes."""
    from live.version import VERSION

    top = Parser(
        prog="antiphon",
        description="A live-coding instrument for improvising musicians: sound that nothing can stop.",
        epilog="antiphon COMMAND --help says more. New here? ./play in a clone, or antiphon minute.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"antiphon {VERSION}")
    sub = top.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser)
    sub.required = False
    made = {name: sub.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.") for name, says in COMMANDS.items()}

    p = made["play"]
    p.add_argument("session", nargs="?", metavar="SESSION", help="a session by name, its folder, or one script")
    p.add_argument("--rig", metavar="NAME", help="the room: a rig file, or the name of one")
    p.add_argument("--device", metavar="NAME", help="output device by name, or null")
    p.add_argument("--in", dest="input", metavar="NAME", help="input device by name, or none")
    p.add_argument("--rate", type=whole(8000, 384000), metavar="HZ", help="frames a second (default: the device's own)")
    p.add_argument("--block", type=block, metavar="FRAMES", help="64, 128, 256, 512 or 1024 (default 256)")
    p.add_argument("--channels", type=whole(1, 64), metavar="N", help="output channels (default: the device's)")
    p.add_argument("--midi", metavar="NAME", help="controllers listened to, by parts of their names, with commas; or none (default: all)")
    p.add_argument("--hands", metavar="FILE", help="a MIDI file whose tracks play as controllers")
    p.add_argument("--osc", type=port, metavar="PORT", help="the port OSC is heard on; 0 a free one (default), or none")
    p.add_argument("--osc-host", metavar="HOST", help="the address others reach OSC by; 0.0.0.0 for all (default: this machine only)")
    p.add_argument("--clock", choices=("internal", "midi", "link"), help="who keeps time (default: internal)")
    p.add_argument("--seconds", type=seconds, metavar="N", help="leave by itself after so long")
    p.add_argument("--plain", action="store_true", default=None, help="no colours, no moving lines")
    p.add_argument("--headless", action="store_true", help="unattended: no prompt; a session is needed")
    p.add_argument("--hours", metavar="10:00-18:00", help="with --headless: open only then (several with commas)")
    p.add_argument("--rotate", type=hours, metavar="HOURS", help="with --headless: a new take after so long; 0 never (default 24)")

    p = made["new"]
    p.add_argument("name", metavar="NAME", help="what it is called")
    p.add_argument("--in", dest="folder", metavar="DIR", help="where its folder goes (default: here)")

    p = made["service"]
    p.add_argument("session", metavar="SESSION", help="a session by name, its folder, or one script")
    p.add_argument("--system", action="store_true", help="a unit of the whole machine, not of yourself")
    p.add_argument("--rig", metavar="NAME", help="as with antiphon play")
    p.add_argument("--hours", metavar="10:00-18:00", help="as with antiphon play --headless")
    p.add_argument("--rotate", type=hours, metavar="HOURS", help="as with antiphon play --headless")

    p = made["minute"]
    p.add_argument("--live", action="store_true", help="perform it on the device, then stay for your words")
    p.add_argument("--out", default="takes/first", metavar="DIR", help="where mix and stems go (default takes/first)")
    p.add_argument("--json", action="store_true", help="the summary for machines")

    p = made["render"]
    p.add_argument("script", metavar="SCRIPT", help="a session by name, its folder, or one script")
    p.add_argument("--seconds", type=seconds, required=True, metavar="N", help="how long")
    p.add_argument("--out", required=True, metavar="DIR", help="folder for mix.wav and stems")
    p.add_argument("--rate", type=whole(8000, 384000), default=48000, metavar="HZ", help="frames a second (default 48000)")
    p.add_argument("--channels", type=whole(1, 64), metavar="N", help="output channels (default: the rig's, or 2)")
    p.add_argument("--rig", metavar="NAME", help="the room: a rig file, or the name of one")
    p.add_argument("--seed", type=whole(0, 2**31 - 1), default=None, metavar="N", help="where chance begins")
    p.add_argument("--stems", action="store_true", help="each place that is heard as a file of its own, too")
    p.add_argument("--json", action="store_true", help="the summary for machines")

    p = made["replay"]
    p.add_argument("take", metavar="TAKE", help="folder of a take, or its journal")
    p.add_argument("--change", action="append", default=[], metavar="CHANGE", help="'knob 3 = 0.2 from bar 40'; again for another")
    p.add_argument("--out", required=True, metavar="DIR", help="folder for what is rendered")
    p.add_argument("--json", action="store_true", help="the summary for machines")

    p = made["keep"]
    p.add_argument("seconds", type=seconds, metavar="SECONDS", help="how far back")
    p.add_argument("--out", metavar="DIR", help="folder for the take (default: the session's takes)")
    p.add_argument("--json", action="store_true", help="what was written, for machines")

    p = made["midi"]
    p.add_argument("take", metavar="TAKE", help="folder of a take, or its journal")
    p.add_argument("--out", metavar="FILE", help="the file (default: in the take's folder, by its name)")
    p.add_argument("--json", action="store_true", help="what was written, for machines")

    p = made["layout"]
    p.add_argument("session", metavar="SESSION", help="a session by name, its folder, or one script; the running one as it stands")
    p.add_argument("--out", default=".", metavar="DIR", help="folder for the files (default: here)")
    p.add_argument("--app", choices=("open-stage-control", "touchosc", "plain"), help="for this program only (default: all)")
    p.add_argument("--host", metavar="HOST", help="where the surface finds Antiphon (default: as it listens, or 127.0.0.1)")
    p.add_argument("--port", type=whole(1024, 65535), metavar="PORT", help="and at which port (default: the one it listens on, or 9123)")
    p.add_argument("--reply", type=whole(1024, 65535), metavar="PORT", help="the port the surface listens on, if not the one it sends from")
    p.add_argument("--json", action="store_true", help="what was written, for machines")

    made["stop"].add_argument("--json", action="store_true", help="what was ended, for machines")
    made["devices"].add_argument("--json", action="store_true", help="the list for machines")

    p = made["doctor"]
    p.add_argument("--json", action="store_true", help="the findings for machines")
    p.add_argument("--strict", action="store_true", help="exit status 1 when something is ill")
    p.add_argument("--brief", action="store_true", help="only what is not well")

    for word, what in TAUGHT.items():
        p = made[word]
        p.add_argument("what", metavar="WHAT", help=", ".join(what))
        p.epilog = f"Each has flags of its own: antiphon {word} {next(iter(what))} --help"
    p = made["bench"]
    p.add_argument("what", nargs="*", metavar="WHAT", help="core, cost, ... (nothing: a list)")
    p.add_argument("--json", action="store_true", help="figures for machines")
    top.made = made  # type: ignore[attr-defined]
    return top


def read(argv: Sequence[str]) -> argparse.Namespace:
    """The command line understood, or Sorry with the nearest word."""
    top = parser()
    first = next((word for word in argv if not word.startswith("-")), None)
    if first is not None and first not in COMMANDS:
        raise Sorry(f"There is no command {first!r}. {nearest(first, list(COMMANDS))}")
    if first in TAUGHT and argv.index(first) == 0 and len(argv) > 1 and argv[1] in TAUGHT[first]:  # all that follows is its own
        return argparse.Namespace(command=first, what=argv[1], rest=list(argv[2:]))
    asked, rest = top.parse_known_args(argv)
    if asked.command in TAUGHT and asked.what not in TAUGHT[asked.command]:
        raise Sorry(f"antiphon {asked.command} knows no {asked.what!r}. {nearest(asked.what, list(TAUGHT[asked.command]))}")
    if asked.command == "bench":  # each bench reads its own flags
        asked.rest = rest
    elif rest:
        known = top.made[asked.command] if asked.command else top  # type: ignore[attr-defined]
        what = rest[0].split("=")[0]
        if what.startswith("-"):
            raise Sorry(f"{known.prog} has no flag {what}. {nearest(what, known.flags())}")
        raise Sorry(f"{known.prog} has no use for {what!r}. See: {known.prog} --help")
    return asked


def run(asked: argparse.Namespace) -> int:
    """Do what was asked."""
    if asked.command == "doctor":
        from live import doctor

        return doctor.main(asked.json, asked.strict, asked.brief)
    errands = importlib.import_module("live.errands")
    return int(getattr(errands, asked.command)(asked) or 0)


def main(argv: Sequence[str] | None = None) -> int:
    """The command ``antiphon``: its exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        asked = read(argv)
        if asked.command is None:
            parser().print_help()
            return 0
        status = run(asked)
        sys.stdout.flush()  # a reader who has gone is noticed here, not on the way out
        return status
    except Sorry as slip:
        return _say(slip, 2)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # antiphon devices | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as trouble:
        if os.environ.get("ANTIPHON_TRACE"):
            raise
        if _expected(trouble):
            return _say(trouble, 2)
        return _say(f"{type(trouble).__name__}: {trouble} (a fault of ours: ANTIPHON_TRACE=1 shows where)", 1)


def _expected(trouble: Exception) -> bool:
    """Whether it is one of our own errors, which already speak to the performer."""
    return isinstance(trouble, OSError) or type(trouble).__module__.split(".")[0] in ("live", "engines", "agents")


def _say(what: object, status: int) -> int:
    """One line on the error stream."""
    if isinstance(what, OSError) and what.filename and type(what).__module__ == "builtins":
        what = f"{what.filename}: {what.strerror}"
    sys.stderr.write("antiphon: " + " ".join(str(what).split()) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
