"""The last seconds of a place, or of everything, as they went out: what scope() and spectrum() draw.

They are taken from the recording, so nothing extra runs while nobody looks.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from live.mistakes import Mistake, nearest
from live.values import is_number, what_is

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from live.score import Score
    from live.stage import Stage

LONGEST = 600.0  # seconds that are held in hand at once


def lately(stage: Stage, name: str, seconds: float) -> NDArray[np.float32]:
    """(channels, frames): the last ``seconds`` of a place as it was sent out; with no name, of the whole mix."""
    from live.tape.keep import last_take
    from live.tape.stretch import MIX, PLACE, TapeError

    if not is_number(seconds) or not math.isfinite(seconds) or not 0 < seconds <= LONGEST:
        shown = f"{seconds:g}" if is_number(seconds) else what_is(seconds)
        raise Mistake(f"A picture shows up to {LONGEST:g} seconds; this is {shown}.", near="Write: scope(seconds=0.1)", word="seconds")
    names = sent(stage.score, name) if name else {"mix"}
    if not stage.rig.record:
        raise Mistake("Nothing is recorded here, so there is nothing to draw.")
    try:
        with tempfile.TemporaryDirectory(prefix="antiphon-") as temp:
            take = last_take(float(seconds), Path(stage.rig.take), stage.folder, Path(temp))
            return take.sound({(PLACE if name else MIX, one.encode()) for one in names})
    except TapeError:
        raise Mistake("Nothing is recorded yet.", near="Try again in a second.") from None
    except OSError as why:
        raise Mistake(f"The recording cannot be read: {why.strerror or why}.") from None


def sent(score: Score, name: str) -> set[str]:
    """The names under which a place goes out: its own, or those of its folds; a Mistake when others only hear it."""
    ways = ways_out(score, name)
    if not ways:
        through = sorted(
            other.partition("/")[0] for other, node in score.places.items() if name in node.ins and not other.startswith("out.")
        )
        if through:
            raise Mistake(f"{name} is not sent out by itself: {through[0]} hears it.", near=f"Write: scope({through[0]})", word=name)
        if name not in score.places:
            raise Mistake(f"{name} does not sound yet.", near=nearest(name, {send.place for send in score.sends}), word=name)
        raise Mistake(f"{name} is not sent out: nothing hears it.", near=f"Write: out.stage = {name}", word=name)
    return ways


def ways_out(score: Score, name: str) -> set[str]:
    """The places that are sent out for ``name``."""
    folds = {other for other, node in score.places.items() if node.kind == "fold" and other.startswith("out.") and node.ins == (name,)}
    return {send.place for send in score.sends} & ({name} | folds)
