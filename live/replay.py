"""A played take again: its journal read back into cues, and rendered by the same core.

Plans, notes, keys, knobs and the gate come at the frames they came at, and where a core was replaced its follower takes over
at the frame it took over. What the inputs heard is played from the take's own recording where it has one; without it an
input is silent.
"""

from __future__ import annotations

import contextlib
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from live.cli import Sorry
from live.cue import Again, Bent, Cue, Foot, Gate, Key, Plugged, Rubato
from live.journal import WRITTEN, plan_from, read
from live.plan import Make, Plan, Swap
from live.score import Node

if TYPE_CHECKING:
    from live.inline import Inline

CHUNK = 64
TAIL = 4.0  # seconds after the last line, when nobody closed the take


@dataclass
class Played:
    """What a journal tells: how the room was, what was done, and what cannot come out the same."""

    room: dict[str, Any]  # rate, ins, outs, seed, ceiling, lookahead
    cues: list[Cue] = field(default_factory=list)
    last: int = 0
    ended: bool = False
    notes: list[str] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)  # from this frame on, the device took so many at a time
    names: dict[int, tuple[str, float]] = field(default_factory=dict)  # of knobs that go by one, and where each stood at first
    starts: dict[tuple[int, int], int] = field(default_factory=dict)  # (seed, landing) of an engine, and the first frame it made

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.last / self.room["rate"] + (0.0 if self.ended else TAIL)

    def engines(self, now: Callable[[], int]) -> Inline:
        """What plays the engines of one core: with the cushions they had, beginning where they began."""
        from live.inline import Inline

        return Inline(lambda: self.block_at(now()), starts=self.starts)

    def block_at(self, frame: int) -> int:
        """How many frames the device took at a time."""
        return next((size for since, size in reversed(self.blocks) if since <= frame), 256)


def journal_of(take: str) -> Path:
    """The journal a name means: the file itself, or the one in a take's folder."""
    path = Path(take).expanduser()
    if path.is_dir():
        path = path / "journal.jsonl"
    if not path.is_file():
        raise Sorry(f"There is no journal at {path}, so there is nothing to replay.")
    return path


def played(journal: Path) -> Played:
    """A journal as cues; Sorry when it is none."""
    found = Played({})
    words: dict[str, str] = {}  # treatments written elsewhere: the word then, the word here
    late = slow = fell = outlived = 0
    order: list[tuple[int, Cue]] = []  # by the frame the core's Python did it at
    again: tuple[int, dict[str, Any]] | None = None
    for line in read(journal):
        try:
            what, frame = line["what"], int(line["frame"])
            found.last = max(found.last, frame)
            match what:
                case "begin" if not found.room:
                    found.room = {key: int(line[key]) for key in ("rate", "ins", "outs", "seed")}
                    found.room |= {"ceiling": float(line.get("ceiling", -1.0)), "lookahead": int(line.get("lookahead", CHUNK))}
                case "written":
                    words[line["word"]] = _rewritten(str(line["word"]), str(line["text"]))
                case "plan":
                    again = None
                    armed = min(int(line.get("armed", frame)), frame)
                    plan = _here(plan_from(line["steps"]), words)
                    order.append((armed, Cue(_even(armed, frame), plan, float(line["fade"]), frame)))
                case "event":
                    came = min(int(line.get("came", frame)), frame)
                    late += bool(line.get("late"))
                    note = (str(line["name"]), int(line["kind"]), tuple(float(n) for n in line["numbers"]))
                    order.append((came, Cue(_even(came, frame), note, lands=frame)))
                case "knob":
                    order.append((frame, Cue(frame, (int(line["knob"]), float(line["value"])), over=float(line.get("over", 0.0)))))
                case "named":
                    found.names[int(line["knob"])] = str(line["name"]), float(line["value"])
                case "plugged":
                    order.append((frame, Cue(frame, Plugged(str(line["device"]), int(line["slots"])))))
                case "note":
                    velocity, slot, channel = float(line["velocity"]), int(line["slot"]), int(line["channel"])
                    order.append((frame, Cue(frame, Key(bool(line["on"]), int(line["key"]), velocity, slot, channel))))
                case "foot":
                    order.append((frame, Cue(frame, Foot(bool(line["down"]), int(line["slot"]), int(line["channel"])))))
                case "bend":
                    bent = Bent(float(line["wheel"]), float(line["semitones"]), int(line["slot"]), int(line["channel"]))
                    order.append((frame, Cue(frame, bent)))
                case "gate":
                    order.append((frame, Cue(frame, Gate(bool(line["closed"])))))
                case "pace":
                    order.append((frame, Cue(frame, Rubato.of(line))))
                case "again":
                    again = frame, line
                    order.append((frame, Cue(frame, _again(line))))
                case "state" if again is not None:
                    order = [(f, _restored(cue, again[0], frame, line, words)) for f, cue in order]
                    again = None
                case "device":
                    found.blocks.append((frame, int(line["block"])))
                case "engine":
                    key = int(line["seed"]), int(line["from"])
                    fell += bool(line["again"])
                    outlived += key in found.starts and not line["again"]
                    found.starts.setdefault(key, int(line["start"]))
                case "bad" if line.get("why") == "too slow":
                    slow += 1
                case "end":
                    found.ended = True
        except (KeyError, TypeError, ValueError, LookupError, AttributeError) as trouble:
            raise Sorry(f"{journal} has a line that is no line of a journal ({type(trouble).__name__}: {trouble}).") from None
        found.ended = found.ended and what == "end"
    if not found.room:
        raise Sorry(f"{journal} does not say how it began, so it is no journal of a take (or an empty one).")
    found.cues = [cue for _, cue in sorted(order, key=lambda pair: pair[0])]
    if late:
        found.notes.append(f"{late} events came in while the core was making their very block: they may be off by a block")
    if fell:
        found.notes.append(f"an engine's worker was late or killed {fell} times then; here it plays on")
    if outlived:
        found.notes.append("an engine outlived its core then; here it begins anew with the next one")
    if slow:
        found.notes.append(f"{slow} treatments were taken out because they were too slow then; here they play on")
    return found


def _even(frame: int, lands: int) -> int:
    """The next chunk's first frame, so that time is cut nowhere it was not cut on stage; never after it lands."""
    return min(-(-frame // CHUNK) * CHUNK, lands)


def _again(line: Mapping[str, Any]) -> Again:
    """A core took over, with nothing to play yet."""
    knobs = {int(knob): float(value) for knob, value in line.get("knobs", {}).items()}
    return Again(int(line.get("died", line["frame"])), knobs=knobs, tempo=tuple(float(x) for x in line.get("tempo", ())))


def _restored(cue: Cue, frame: int, lands: int, line: Mapping[str, Any], words: Mapping[str, str]) -> Cue:
    """What the core that took over at ``frame`` restored."""
    from live.plan import score_from

    if not (isinstance(cue.what, Again) and cue.frame == frame):
        return cue
    score = score_from(line["score"])
    score = score.with_(places={name: _named(node, words) for name, node in score.places.items()})
    born = {name: int(since) for name, since in line["born"].items()}
    return Cue(frame, replace(cue.what, score=score, born=born), 0.01, lands)


def _rewritten(word: str, text: str) -> str:
    """A treatment of the take, written again here: the word it has on this machine."""
    from live.core import written

    stem = Path(word.removeprefix(WRITTEN)).stem.rpartition("_")[0]
    return f"{WRITTEN}{written.write(text, stem)}"


def _named(node: Node, words: Mapping[str, str]) -> Node:
    return replace(node, kind=words.get(node.kind, node.kind))


def _here(plan: Plan, words: Mapping[str, str]) -> Plan:
    """The plan with the words of this machine."""
    if not words:
        return plan
    return tuple(
        replace(step, node=_named(step.node, words)) if isinstance(step, Make | Swap)
        else step
        for step in plan
    )  # fmt: skip


# --- what the inputs heard ----------------------------------------------------------


@dataclass
class _Piece:
    """A stretch of one input on disk."""

    start: int
    frames: int
    channel: int
    file: soundfile.SoundFile


class Heard:
    """The inputs of a take, from its reels and from what was kept of it. Silent where nothing is there."""

    def __init__(self, take: Path, ins: int) -> None:
        self.ins, self.pieces = ins, []
        self.room = contextlib.ExitStack()
        if ins:
            for folder in [*self._kept(take), *self._reeled(take)]:
                self._open(folder)

    def __enter__(self) -> Heard:
        return self

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None) -> None:
        self.room.close()

    @staticmethod
    def _kept(take: Path) -> Iterator[Path]:
        """Takes that were kept, and what they hold from a core before."""
        for told in sorted(take.glob("**/take.toml")):
            yield told.parent

    def _reeled(self, take: Path) -> Iterator[Path]:
        """What the reels still hold of the inputs, laid out as files."""
        from live.tape.reels import reels
        from live.tape.stretch import INPUT, TapeError
        from live.tape.take import BIG, Take

        chains: dict[str, list[Any]] = {}
        for reel in reels(take / "reels") if (take / "reels").is_dir() else []:
            chains.setdefault(reel.label.run, []).append(reel)
        for chain in chains.values():
            with contextlib.suppress(TapeError):
                whole = Take(chain, 1e8)
                whole.outputs = [out for out in whole.outputs if out.kind == INPUT]
                folder = Path(self.room.enter_context(tempfile.TemporaryDirectory(prefix="antiphon-")))
                whole.write(folder, BIG, lambda: None, {})
                yield folder

    def _open(self, folder: Path) -> None:
        """The inputs of one folder."""
        told = tomllib.loads((folder / "take.toml").read_text("utf-8"))
        for one in told.get("input", []):
            number = str(one["name"]).rpartition("/")[2]
            if number.isdigit() and 1 <= int(number) <= self.ins and (folder / one["file"]).exists():
                file = self.room.enter_context(soundfile.SoundFile(folder / one["file"]))
                self.pieces.append(_Piece(int(told["start"]), int(told["frames"]), int(number) - 1, file))

    def __call__(self, frame: int, frames: int) -> np.ndarray:
        """(ins, frames) from that frame on."""
        out = np.zeros((self.ins, frames), np.float32)
        for piece in self.pieces:
            a, b = max(frame, piece.start), min(frame + frames, piece.start + piece.frames)
            if a < b:
                piece.file.seek(a - piece.start)
                out[piece.channel, a - frame : b - frame] = piece.file.read(b - a, dtype="float32", always_2d=True)[:, 0]
        return out

    def missing(self, frames: int, rate: int) -> str:
        """One line when the recording does not reach over the whole take."""
        covered = np.zeros(-(-frames // rate) + 1, bool)
        for piece in self.pieces:
            covered[max(piece.start, 0) // rate : (piece.start + piece.frames) // rate + 1] = True
        gone = int(np.count_nonzero(~covered[: -(-frames // rate)]))
        if not gone:
            return ""
        return f"there is no recording of the inputs for {gone} s of it: they are silent there"


def listens(cues: list[Cue]) -> bool:
    """Whether any place of the take ever listened to an input."""
    for cue in cues:
        if isinstance(cue.what, Again):
            nodes = list(cue.what.score.places.values())
        else:
            nodes = [step.node for step in cue.what if isinstance(step, Make | Swap)] if cue.is_plan else []  # type: ignore[union-attr]
        if any(node.kind == "mic" for node in nodes):
            return True
    return False
