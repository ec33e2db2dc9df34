"""A memory to look at: a table of its kinds, and a picture of them over time and beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents import descriptors

if TYPE_CHECKING:
    from agents.remembered import Remembered

NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
ASKED = 4  # segments of a kind that are listened to for its pitch, where the emphasis keeps none
GROUND = (14, 14, 18)
QUIET = (70, 70, 78)
GAP = 8


def table(memory: Remembered, most: int = 24) -> str:
    """The commonest kinds, a line each, and what is left in one more."""
    labels, spans, levels = memory.labels, memory.spans, memory.levels
    seconds = (spans[:, 1] - spans[:, 0]) / memory.rate
    kinds, counts = np.unique(labels[labels >= 0], return_counts=True)
    order = kinds[np.argsort(-counts, kind="stable")]
    lines = [repr(memory), f"{'label':>7} {'count':>6} {'seconds':>8} {'level':>6}  pitch"]
    top = int(counts.max()) if counts.size else 1
    for kind in order[:most].tolist():
        own = np.nonzero(labels == kind)[0]
        name = "silence" if kind == memory.codebook.silence else str(kind)
        bar = "#" * max(1, round(16 * own.size / top))
        line = f"{name:>7} {own.size:6d} {seconds[own].sum():8.1f} {levels[own].mean():6.1f}  {pitch(memory, own):<3} {bar}"
        lines.append(line.rstrip())
    if len(order) > most:
        rest = np.isin(labels, order[most:])
        lines.append(f"{'others':>7} {rest.sum():6d} {seconds[rest].sum():8.1f}         {len(order) - most} kinds")
    lines += [f"forgotten: {len(memory.forgotten)}  pinned: {len(memory.pinned)}"] if memory.forgotten or memory.pinned else []
    return "\n".join([*lines, *memory.notes])


def pitch(memory: Remembered, own: NDArray[np.int64]) -> str:
    """The pitch class that these segments have most of; a dash where there is none."""
    where = descriptors.blocks(memory.settings.emphasis).get("chroma") if memory.settings.emphasis in descriptors.EMPHASES else None
    if where is not None:
        rows = memory.vectors[own, where]
    else:
        rows = np.stack([descriptors.vector(memory.sound(int(i)), memory.rate, "harmony")[:12] for i in own[:ASKED]])
    mean = rows.mean(axis=0)
    return NOTES[int(mean.argmax())] if mean.max() > 0.4 else "-"


def colours(memory: Remembered) -> NDArray[np.uint8]:
    """(labels + 1, 3): neighbours in the alphabet differ in hue; silence is grey, what was forgotten (the last) is ground."""
    count = memory.codebook.size
    hue = (np.arange(count) * 0.618034) % 1.0
    wave = np.clip(np.abs((hue[:, None] * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    light = 0.75 + 0.25 * ((np.arange(count) // 5) % 2)[:, None]
    table = np.concatenate([(60 + 195 * wave * light).astype(np.uint8), np.array([GROUND], np.uint8)])
    table[memory.codebook.silence] = QUIET
    return table


def picture(memory: Remembered, width: int = 960, height: int = 360) -> NDArray[np.uint8]:
    """(height, width, 3): left the kinds over time, as high as they are loud; right every segment as a dot among its like."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = GROUND
    side = min(height, width // 2)
    timeline(memory, image[:, : width - side - GAP])
    scatter(memory, image[:, width - side :])
    return image


def timeline(memory: Remembered, image: NDArray[np.uint8]) -> None:
    """Draw the kinds over time: a column shows the segment at its middle."""
    height, width = image.shape[:2]
    spans, labels = memory.spans, memory.labels
    frames = (np.arange(width) + 0.5) * spans[-1, 1] / width
    at = np.clip(np.searchsorted(spans[:, 1], frames, side="right"), 0, len(spans) - 1)
    share = np.clip((memory.levels[at] + 60) / 60, 0.04, 1)
    rows = np.arange(height)[:, None] >= (height * (1 - share))[None]
    image[rows] = np.broadcast_to(colours(memory)[labels[at]], (height, width, 3))[rows]


def scatter(memory: Remembered, image: NDArray[np.uint8]) -> None:
    """Draw every segment where the two widest directions of its alphabet put it."""
    height, width = image.shape[:2]
    labels = memory.labels
    points = (memory.vectors[: len(labels)] - memory.codebook.mean) / memory.codebook.scale
    points = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(points.T @ points + 1e-9 * np.eye(points.shape[1]))
    flat = points @ axes[:, :-3:-1]
    reach = np.abs(flat).max(axis=0) + 1e-9
    x, y = ((0.5 + 0.46 * flat / reach) * (width, height)).astype(int).T
    dots = colours(memory)[labels]
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            image[np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)] = dots
