"""A duo on paper: what was heard, in labels, where in its memory the partner went, and what came out; and the sound of it.

    python -m agents.drawn show LEAD.wav --memory BRASS... [--seconds 24] [--tempo 96] [--dare 0.3] [--out partner.png] [--sound duo.wav]

Four strips over the same time::

    heard     its spectrum
    labels    the kinds it was heard as (a colour each), and those that were answered
    places    up: where in the memory; a line goes straight on, a step is a jump
    answer    its spectrum
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.answer import Answer, Partner, Played
from agents.portrait import colours
from engines.face import Format, Ramps
from engines.nets import cak_picture as drawing

WIDE, TALL, STRIP, GAP = 1200, 150, 22, 6
Sound = NDArray[np.float32]


def played(
    lead: Sound, rate: int, tempo: float = 96.0, seed: int = 0, settings: dict[str, Any] | None = None, **stand: float
) -> tuple[Sound, Partner]:
    """The partner's answer to a whole sound, (channels, frames), and all it remembers of it."""
    engine = Answer(**(settings or {}))
    engine.load()
    fmt = Format(rate, len(lead), Answer.chunk, seed, round(Answer.ahead * rate))
    partner, chunk = engine.start(fmt), Answer.chunk
    at = {name: control.rest for name, control in Answer.controls().items()} | stand
    waits = np.concatenate([np.zeros((len(lead), fmt.ahead), np.float32), lead], axis=1)
    partner.done = type(partner.done)(maxlen=None)
    made = []
    for frame in range(0, lead.shape[1] - chunk + 1, chunk):
        made.append(engine.step(partner, waits[:, frame : frame + chunk], Ramps(at, at, frame, frame * tempo / 60 / rate, tempo)))
    return np.concatenate(made, axis=1), partner


def picture(lead: Sound, made: Sound, partner: Partner, rate: int) -> NDArray[np.uint8]:
    """The four strips: (rows, columns, 3)."""
    frames = made.shape[1]
    events = sorted(partner.done, key=lambda one: one.frame)
    line = drawing.sheet(GAP, WIDE)
    strips = [
        drawing.spectrogram(lead[:, :frames].mean(axis=0), rate, TALL, WIDE),
        line,
        kinds(partner, events, frames, heard=True),
        kinds(partner, events, frames, heard=False),
        line,
        places(partner, events, frames),
        line,
        drawing.spectrogram(made.mean(axis=0), rate, TALL, WIDE),
    ]
    return np.concatenate(strips, axis=0)


def kinds(partner: Partner, events: list[Played], frames: int, *, heard: bool) -> NDArray[np.uint8]:
    """A colour for each label, over time."""
    table, strip = colours(partner.memory), drawing.sheet(STRIP, WIDE)
    for one, then in zip(events, [*[e.frame for e in events[1:]], frames], strict=True):
        label = one.heard if heard else one.label
        if label >= 0:
            strip[2:-2, one.frame * WIDE // frames : max(then, one.frame) * WIDE // frames - 1] = table[label]
    return strip


def places(partner: Partner, events: list[Played], frames: int) -> NDArray[np.uint8]:
    """Where in the memory it reads: silence leaves a hole."""
    canvas, whole = drawing.sheet(TALL, WIDE), max(int(partner.memory.spans[-1, 1]) if len(partner.memory) else 1, 1)
    for edge in partner.memory.spans[:, 0].tolist():
        canvas[TALL - 1 - edge * (TALL - 1) // whole] = (28, 30, 40)
    for one, then in zip(events, [*[e.frame for e in events[1:]], frames], strict=True):
        if one.event is None:
            continue
        for x in range(one.frame * WIDE // frames, min(then * WIDE // frames, WIDE)):
            now = one.at + round((x * frames / WIDE - one.frame) / one.ratio)
            y = TALL - 1 - min(max(now, 0), whole) * (TALL - 3) // whole
            canvas[max(y - 2, 0) : y + 1, x] = drawing.WARM if not one.on else (240, 214, 120)
    return canvas


def parser() -> argparse.ArgumentParser:
    """All that can be asked for."""
    whole = argparse.ArgumentParser(prog="antiphon show partner", description="A duo on paper, and its sound.")
    asks = whole.add_subparsers(dest="ask", required=True)
    show = asks.add_parser("show")
    show.add_argument("lead", type=Path, help="a recording of who plays first")
    show.add_argument("--memory", type=Path, nargs="+", required=True, help="what the partner remembers: files, folders")
    show.add_argument("--relation", default="duo")
    show.add_argument("--seconds", type=float, default=24.0)
    show.add_argument("--tempo", type=float, default=96.0)
    show.add_argument("--seed", type=int, default=0)
    for name in ("dare", "density", "space", "follow", "relate", "wait"):
        show.add_argument(f"--{name}", type=float, default=Answer.controls()[name].rest)
    show.add_argument("--out", type=Path, default=Path("partner.png"))
    show.add_argument("--sound", type=Path, help="the duo as a sound file, the player left, the partner right")
    return whole


def main(argv: list[str] | None = None) -> int:
    """The command line: 0, or 2 and one line."""
    import soundfile

    a = parser().parse_args(argv)
    try:
        lead, rate = soundfile.read(a.lead, frames=-1, dtype="float32", always_2d=True)
        lead = (
            np.resize(lead.mean(axis=1), round(a.seconds * rate))
            if a.seconds * rate > len(lead)
            else lead[: round(a.seconds * rate)].mean(axis=1)
        )
        settings = {"memory": "|".join(str(one.resolve()) for one in a.memory), "relation": a.relation}
        stand = {name: float(getattr(a, name)) for name in ("dare", "density", "space", "follow", "relate", "wait")}
        made, partner = played(lead[None].astype(np.float32), rate, a.tempo, a.seed, settings, **stand)
        drawing.save(picture(lead[None], made, partner, rate), a.out)
        sys.stdout.write(f"{a.out}: {len(partner.done)} answers from {len(partner.memory)} segments\n")
        if a.sound:
            soundfile.write(a.sound, np.stack([0.6 * lead[: made.shape[1]], made[0]], axis=1), rate)
    except (OSError, ValueError, soundfile.LibsndfileError) as slip:
        sys.stderr.write(f"{slip}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
