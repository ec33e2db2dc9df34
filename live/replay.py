"""A played take again: its journal read back into cues, and rendered by the same core.

Plans, notes and knobs land at the frames they landed at. What the inputs heard is played from the take's own
recording where it has one; without it an input is silent.
"""

from __future__ import annotations

from pathlib import Path

from live.cli import Sorry
from live.cue import Cue
from live.journal import plan_from, read


def journal_of(take: str) -> Path:
    """The journal a name means: the file itself, or the one in a take's folder."""
    path = Path(take).expanduser()
    if path.is_dir():
        path = path / "journal.jsonl"
    if not path.is_file():
        raise Sorry(f"There is no journal at {path}, so there is nothing to replay.")
    return path


def cues_of(journal: Path) -> tuple[dict[str, int], list[Cue], int]:
    """How it began (rate, ins, outs, seed), what was played, and the last frame anything is known of."""
    begin: dict[str, int] = {}
    cues: list[Cue] = []
    last = 0
    for line in read(journal):
        try:
            what, frame = line["what"], int(line["frame"])
            last = max(last, frame)
            match what:
                case "begin" if not begin:
                    begin = {key: int(line[key]) for key in ("rate", "ins", "outs", "seed")}
                case "plan":
                    cues.append(Cue(frame, plan_from(line["steps"]), float(line["fade"])))
                case "event":
                    cues.append(Cue(frame, (str(line["name"]), int(line["kind"]), tuple(float(n) for n in line["numbers"]))))
                case "knob":
                    cues.append(Cue(frame, (int(line["knob"]), float(line["value"]))))
        except (KeyError, TypeError, ValueError, LookupError) as trouble:
            raise Sorry(f"{journal} has a line that is no line of a journal ({type(trouble).__name__}: {trouble}).") from None
    if not begin:
        raise Sorry(f"{journal} does not say how it began, so it is no journal of a take (or an empty one).")
    return begin, cues, last
