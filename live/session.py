"""A session is a folder: ``main.py`` is what you play, beside it lie its sounds, its scenes, its controllers and its takes.

    dusk/  session.toml  main.py  map/  scenes/  corpus/  takes/

A single script is a session too: its folder is home for what it imports, its takes lie beside it. ``Session.find`` takes a
path or a name; ``Session.new`` makes a folder that sounds at once; ``last_evening`` finds what a crash cut short.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from live.cli import Sorry

if TYPE_CHECKING:
    from live.score import Score

SHIPPED = Path(__file__).resolve().parent.parent / "sessions"
FOLDERS = ("map", "scenes", "corpus", "takes")

MAIN = '''"""{name}: save this file while it plays, and what you changed is heard from the next bar on."""

from live import *

rain = clip("rain on tin", rate=0.75)                    # one of the bundled sounds, a little slower; yours go into corpus/
dusk = filter(rain, cutoff=lfo(300, 2400, beats=16))     # dark, bright and dark again in four bars
out.stage = dusk                                         # what you hear; rain alone is never heard
'''

TOML = """# How this session likes its instrument. Take the # away from a line to say it; flags and ANTIPHON_ variables speak louder.

# tempo = 96          # beats a minute at the start
# fade = 0.05         # seconds a swapped place takes to cross over
# quant = "bar"       # an edit lands: now, on the next beat, or on the next bar
# device = "null"     # output device by name; null is none: time passes, takes are recorded
# seed = 1            # where chance begins

# [rig]               # the room: names for outputs and inputs, counted from 1
# outputs = {{ stage = [1, 2], rear = [3, 4] }}
# inputs = {{ guitar = 1 }}

# [open]              # for antiphon play {name} --headless
# hours = "10:00-18:00"
# days = "tue-sun"
# rotate = 24         # hours until a new take begins
# keep_days = 14      # older takes go
"""


def user_sessions() -> Path:
    """Where your own sessions live: a folder among your documents. It need not exist."""
    import platformdirs

    return Path(platformdirs.user_documents_dir()) / "antiphon"


@dataclass(frozen=True)
class Session:
    """What is played and where it lives. ``whole``: a folder of its own, not just a script."""

    name: str
    folder: Path  # home: imports, sounds and takes are looked for here
    script: Path
    whole: bool = True

    @property
    def settings(self) -> Path | None:
        """The folder whose session.toml speaks; a lone script has none."""
        return self.folder if self.whole else None

    @property
    def map(self) -> Path:
        """Controllers: what each knob turns."""
        return self.folder / "map"

    @property
    def scenes(self) -> Path:
        """Scenes that were kept."""
        return self.folder / "scenes"

    @property
    def corpus(self) -> Path:
        """The session's own sounds."""
        return self.folder / "corpus"

    @property
    def folders(self) -> tuple[str, ...]:
        """Where its sounds are looked for, each with its ``corpus/``, before the bundled ones: what Room.folders wants."""
        return (str(self.folder),)

    @property
    def takes(self) -> Path:
        """Where takes go when no setting says otherwise: into the session, or among your documents when nobody may write there."""
        from live.settings import can_write

        mine = self.folder / "takes"
        return mine if can_write(mine) else user_sessions() / "takes" / self.name

    @staticmethod
    def find(name: str, here: Path | None = None, also: tuple[Path, ...] | None = None) -> Session:
        """The session a name means; Sorry with one line and the nearest name when there is none.

        Looked for as a path, then in ``here`` (the current folder), its ``sessions/``, the shipped ones, your own.
        """
        here = here or Path.cwd()
        asked = Path(name).expanduser()
        if not name.strip():
            raise Sorry(f"A session needs a name. {_offered('', here, also)}")
        first: Path | None = None
        for base in (here / asked,) if asked.is_absolute() else tuple(place / asked for place in _places(here, also)):
            for path in (base, base.with_name(base.name + ".py")):
                with contextlib.suppress(OSError, ValueError):
                    if _plays(path):
                        return _session(path)
                    if first is None and path.exists():
                        first = path
        if first is not None:
            raise Sorry(_why_not(name, first))
        raise Sorry(f"There is no session or script {name!r}. {_offered(str(asked), here, also)}")

    @staticmethod
    def new(name: str, folder: Path | None = None) -> Session:
        """Make a session that sounds at once, in ``folder`` (the current one). Nothing that is there is touched."""
        folder = folder or Path.cwd()
        if not re.fullmatch(r"[^\W_][\w .-]*", name) or name.endswith((".", " ", ".py")):
            legal = re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-_. ")
            hint = f" Nearest: {legal}." if legal else ""
            raise Sorry(f"{name!r} is no name for a session: letters, digits, spaces, - and . make one.{hint}")
        home = folder / name
        if home.exists() or home.is_symlink():
            raise Sorry(f"{home} is there already and stays as it is. Nearest free name: {_free(home).name}.")
        try:
            for each in ("map", "scenes", "corpus"):
                (home / each).mkdir(parents=True)
            (home / "session.toml").write_text(TOML.format(name=shown(name)), encoding="utf-8")
            (home / "main.py").write_text(MAIN.format(name=name), encoding="utf-8")
        except OSError as trouble:
            raise Sorry(f"{home} cannot be made: {trouble.strerror or trouble}. Choose another folder with --in.") from None
        return Session(name, home, home / "main.py")

    @property
    def next_line(self) -> str:
        """What to type to hear it."""
        with contextlib.suppress(Sorry, OSError):
            if Session.find(self.name).script.samefile(self.script):
                return f"antiphon play {shown(self.name)}"
        return f"antiphon play {shown(str(self.folder if self.whole else self.script))}"


def shown(word: str) -> str:
    """A word as a shell wants it."""
    return f'"{word}"' if re.search(r"[^\w./~-]", word) else word


def _free(home: Path) -> Path:
    return next(path for count in range(2, 10_000) if not (path := home.with_name(f"{home.name}-{count}")).exists())


def _places(here: Path, also: tuple[Path, ...] | None) -> tuple[Path, ...]:
    return (here, here / "sessions", *((SHIPPED, user_sessions()) if also is None else also))


def _plays(path: Path) -> bool:
    """Whether this is a session, or a script."""
    return (path / "main.py").is_file() if path.is_dir() else path.is_file() and path.suffix == ".py"


def _session(path: Path) -> Session:
    path = Path(os.path.abspath(path))  # not resolved: a link among your sessions keeps its name
    if path.is_dir():
        return Session(path.name, path, path / "main.py")
    if path.name == "main.py":
        return Session(path.parent.name, path.parent, path)
    return Session(path.stem, path.parent, path, whole=False)


def _why_not(name: str, path: Path) -> str:
    """Why something that is there is no session."""
    if path.is_file():
        return f"{name} is a file, but neither a folder with main.py nor a script that ends in .py, so it is no session."
    try:
        there = sorted(p.name for p in path.iterdir() if not p.name.startswith("."))
    except OSError as trouble:
        return f"{name} cannot be looked into ({trouble.strerror or trouble}), so it is no session."
    if (path / "main.py").is_dir():
        return f"{name} is no session: its main.py is a folder, and a script is wanted."
    if not there:
        return f"{name} is an empty folder, so it is no session. A file main.py makes it one; antiphon new makes one with everything."
    scripts = [each for each in there if each.endswith(".py")]
    inner = [each for each in there if (path / each / "main.py").is_file()]
    close = difflib.get_close_matches("main.py", scripts, 1, 0.0) or inner[:1]
    return f"{name} is a folder without main.py, so it is no session." + (f" Nearest: {path / close[0]}." if close else "")


def names(here: Path | None = None, also: tuple[Path, ...] | None = None) -> dict[str, Path]:
    """Every session that a name finds from here."""
    found: dict[str, Path] = {}
    for place in _places(here or Path.cwd(), also):
        with contextlib.suppress(OSError):
            for path in sorted(place.iterdir()):
                if not path.name.startswith((".", "_")) and _plays(path):
                    found.setdefault(path.name if path.is_dir() else path.stem, path)
    return found


def _offered(name: str, here: Path, also: tuple[Path, ...] | None) -> str:
    """The nearest name, as a sentence; of a path, the nearest in its folder."""
    asked = Path(name)
    there = names(here, also) if asked.parent == Path() else names(here / asked.parent, ())
    said = {stem: str(asked.parent / path.name) if path.suffix == ".py" else str(asked.parent / stem) for stem, path in there.items()}
    close = difflib.get_close_matches(asked.name, said, 1, 0.5) or difflib.get_close_matches(asked.stem, said, 1, 0.5)
    if close:
        return f"Nearest: {said[close[0]]}."
    return f"There is: {', '.join(sorted(said.values())[:12])}." if said else "antiphon new NAME makes one."


# --- what a crash cut short ------------------------------------------------------------


@dataclass(frozen=True)
class Evening:
    """A take that nobody ended: what it played last, where it was, and how its knobs stood."""

    take: Path
    score: Score
    knobs: Mapping[int | str, float] = field(default_factory=dict)
    frame: int = 0
    rate: int = 48000
    bar: int = 1
    beat: float = 1.0
    when: float = 0.0  # seconds since 1970: when it was cut short

    @property
    def seconds(self) -> float:
        """How long it had played."""
        return self.frame / self.rate

    @property
    def said(self) -> str:
        """One line for whoever may want it back."""
        count = len(self.score.places)
        clock = f"{int(self.seconds) // 60}:{int(self.seconds) % 60:02}"
        what = f"{count} place{'s' * (count != 1)}" if count else "an empty stage"
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.when))
        return f"the evening of {when} was cut short at {clock}, bar {self.bar}: {what}"


def last_evening(takes: Path, but: Path | str | None = None) -> Evening | None:
    """What the newest take played last, when nobody ended it; None when it ended as it should. ``but``: the take that begins now.

    Takes in which nothing was ever played do not count. Whoever ended well after a crash has left the crash behind.
    """
    for take in _newest_first(takes):
        if but is not None and take == Path(but):
            continue
        book = take / "journal.jsonl"
        if _played(book):
            return None if _ended(book) else evening_of(take)
    return None


def last_good(takes: Path, but: Path | str | None = None) -> Evening | None:
    """The newest take's last state with anything in it, however that take ended: what to play when a script cannot be read."""
    for take in _newest_first(takes):
        if (but is None or take != Path(but)) and _played(take / "journal.jsonl"):
            found = evening_of(take)
            if found.score.places:
                return found
    return None


def evening_of(take: Path) -> Evening:
    """The end of a take, from its journal: the last accepted score, its knobs, its bar."""
    from live.bars import Bars
    from live.journal import last_known

    book = take / "journal.jsonl"
    past, bars = last_known(book), Bars.of_journal(book)
    frame = max(past.frame, 0)
    clock = bars.at(frame)
    bar, beat = clock.spot(frame)
    return Evening(
        take,
        past.score,
        {past.names.get(knob, knob): value for knob, value in past.knobs.items()},
        frame,
        clock.rate,
        bar,
        beat,
        book.stat().st_mtime,
    )


def _newest_first(takes: Path) -> Iterator[Path]:
    """Folders with a journal, the one written last first."""
    found = []
    with contextlib.suppress(OSError):
        for take in takes.iterdir():
            with contextlib.suppress(OSError):
                found.append(((take / "journal.jsonl").stat().st_mtime_ns, take.name, take))
    return (take for *_, take in sorted(found, reverse=True))


def _played(book: Path) -> bool:
    """Whether anything was ever accepted in it."""
    from live.journal import read

    return any(line.get("what") in ("plan", "state") for line in read(book))


def _ended(book: Path) -> bool:
    """Whether its last whole line is its end."""
    from live.journal import read

    last = ""
    with book.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - (1 << 16), 0))
        tail = file.read()
    if b'"what":"end"' not in tail:
        return False
    for line in read(book):
        last = line.get("what", "")
    return last == "end"
