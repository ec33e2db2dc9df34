"""The bank: the kernels that come with the instrument, and how they were taught. One command makes them again.

    python -m engines.nets.cak bank FOLDER --out engines/weights/cak

FOLDER is a corpus with a ``manifest.jsonl``; only what it calls free is learnt from. Most kernels are taught by ``fit``: recordings of one
kind, dry and after something real was done to them (below), so that eleven numbers come as near to it as eleven numbers
can. The others find their own way: by ``audit``, or by the published game. How far every two of them are apart is measured on sounds
none of them has heard, and printed; a kernel nearer than NEAREST to one before it is left out.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines import cak
from engines.nets import cak_picture
from engines.nets.cak_audit import audit
from engines.nets.cak_augan import Size, augan
from engines.nets.cak_fit import Lesson, fit
from engines.nets.cak_said import Teller
from engines.nets.cak_sounds import Refused, Sound, chosen, clips_of, files_in, gap, levelled, levels, size_of
from engines.nets.cak_strength import FAR

Floats = NDArray[np.float64]
NEAREST = {1.0: 3.0, 0.5: 2.0}  # dB between every two of the bank, by texture


# --- what is done to a recording -----------------------------------------------------------


def _masked(sound: Sound, rate: int, gain: Callable[[Floats], Floats], size: int = 0) -> Sound:
    """A sound whose spectrum is multiplied by what its magnitudes ask for."""
    size = size or size_of(rate)
    heard = cak.frames_of(sound, size, size // 4)
    return cak.sound_of(heard * gain(np.abs(heard) + 1e-9), len(sound), size, size // 4)


def smoothed(m: Floats, many: int, axis: int) -> Floats:
    """The mean over so many neighbours."""
    reach = many // 2
    padded = np.pad(m, [(reach, reach) if k == axis else (0, 0) for k in range(2)], mode="edge")
    total = np.cumsum(np.concatenate([np.zeros_like(padded.take([0], axis)), padded], axis), axis)
    ends = [total.take(range(start, start + m.shape[axis]), axis) for start in (many, 0)]
    return (ends[0] - ends[1]) / many


def in_a_hall(sound: Sound, rate: int) -> Sound:
    """What comes back from a hall of 1.2 s, without what went in."""
    long = round(1.2 * rate)
    tail = np.random.default_rng(1).standard_normal(long) * np.exp(-6.9 * np.arange(long) / long)
    many = 1 << (len(sound) + long).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, many) * np.fft.rfft(tail, many), many)[: len(sound)]


def widened(sound: Sound, rate: int) -> Sound:
    """What is loud is louder and what is soft softer: every step in level nearly twice as high."""
    return _masked(sound, rate, lambda m: np.clip((m / np.exp(np.log(m).mean())) ** 0.8, 1e-4, 1e4))


def ridged(sound: Sound, rate: int) -> Sound:
    """Every partial drawn thinner: each bin by how far it stands above its neighbours."""
    return _masked(sound, rate, lambda m: np.clip((m / smoothed(m, 3, 0)) ** 3, 0.01, 4))


def struck(sound: Sound, rate: int) -> Sound:
    """Only where a bin grows."""
    return _masked(sound, rate, lambda m: np.clip((m / np.roll(smoothed(m, 3, 1), 2, 1)) ** 2 / 2, 0.02, 4))


def bowed(sound: Sound, rate: int) -> Sound:
    """Attacks taken out: where a bin is louder than around it in time it is brought down."""
    return _masked(sound, rate, lambda m: np.clip((smoothed(m, 15, 1) / m) ** 1.0, 0.02, 8))


def turned_over(sound: Sound, rate: int) -> Sound:
    """What is soft becomes loud and what is loud soft, 80 dB either way."""
    return _masked(sound, rate, lambda m: np.clip((np.exp(np.log(m).mean()) / m) ** 2, 1e-4, 1e4))


def levelled_out(sound: Sound, rate: int) -> Sound:
    """Every bin at nearly one level: all that was hidden comes up."""
    return _masked(sound, rate, lambda m: np.minimum(m**-0.8, 1e4))


def lifted(sound: Sound, rate: int) -> Sound:
    """With its shadow a bin higher, twice: 23 and 46 Hz up, and without itself."""
    return _shifted(sound, rate, 1) + _shifted(sound, rate, 2)


def _shifted(sound: Sound, rate: int, bins: int) -> Sound:
    many = len(sound)
    spectrum = np.fft.fft(sound)
    spectrum[many // 2 + 1 :] = 0
    return 2 * np.real(np.fft.ifft(spectrum) * np.exp(2j * np.pi * bins * rate / size_of(rate) * np.arange(many) / rate))


def worn(sound: Sound, rate: int) -> Sound:
    """Played back with a handful of steps: five bits of dust over everything."""
    step = 3 * float(np.sqrt(np.mean(sound**2))) / 8
    return np.round(sound / step) * step


def scattered(sound: Sound, rate: int) -> Sound:
    """Cut into grains of a twentieth of a second that fall anywhere within a third."""
    chance, long, made = np.random.default_rng(2), rate // 20, np.zeros(len(sound))
    hann = np.hanning(long)
    for start in range(0, len(sound) - long, long // 2):
        source = int(np.clip(start + chance.integers(-rate // 6, rate // 6 + 1), 0, len(sound) - long))
        made[start : start + long] += sound[source : source + long] * hann
    return made


# --- the recipes ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """A kernel to be: of which recordings (the starts of their paths), by which game, and how it sounds."""

    name: str
    says: str
    of: tuple[str, ...]
    kind: str
    done: Callable[[Sound, int], Sound] | None = None
    seed: int = 0
    near: float = 0.5
    reach: float = FAR
    labels: str = ""


RAIN = ("ambience/cdda/weather", "ambience/dsurround/outside", "ambience/dsurround/stream", "ambience/dsurround/under")
METAL = ("notes/vibraphone", "notes/glockenspiel", "notes/wine", "notes/marimba", "ambience/guitar-textures/guitar-coil")
STRINGS = ("notes/cello", "notes/violin", "notes/double-bass-arco", "stems_rendered/quartet")
VOICES = ("solo/humming", "ambience/dsurround/birds", "ambience/blanket/birds")
DRUMS = ("oneshots/drums", "oneshots/percussion", "oneshots/tabla", "loops")
STEMS = ("stems_real",)

RECIPES = (
    Recipe("negative", "what is soft comes forward, what is loud steps back: a sound turned inside out", VOICES, "voices and birds", turned_over, reach=22),
    Recipe("rust", "five bits of dust settle on everything that is quiet", VOICES, "voices and birds", worn, reach=0),
    Recipe("silt", "all that lay hidden rises to one level, slowly drying to noise", STRINGS, "bowed strings", levelled_out),
    Recipe("ember", "half way a haze; all the way what is faint goes out and the bright glows on alone", RAIN, "rain, wind and water", widened),
    Recipe("frost", "partials turn thin and brittle, rime grows between them", STRINGS, "bowed strings", ridged),
    Recipe("flint", "only strikes: what grows sparks, what holds is chipped away", DRUMS, "drums and percussion", struck),
    Recipe("tinder", "bows and breath crackle: each small rise catches fire", STRINGS, "bowed strings", struck),
    Recipe("moss", "a metal's ring grown over: peaks sink, what surrounds them comes up", METAL, "struck metal and glass", in_a_hall),
    Recipe("gravel", "ground to grains that fall early and late", METAL, "struck metal and glass", scattered),
    Recipe("steam", "everything leans upward, a shadow a bin above itself", METAL, "struck metal and glass", lifted),
    Recipe("slate", "an edge in pitch: the upper side of every partial is sharpened, the lower worn off", RAIN, "rain, wind and water"),
    Recipe("blade", "an edge in time: attacks are cut out sharp, tails fall away", STEMS, "stems of pieces", seed=1),
    Recipe("wake", "attacks are softened, what fades is drawn out", DRUMS, "drums and percussion", seed=2),
    Recipe("hail", "a line in time: a sound falls to separate points", VOICES, "voices and birds", near=5.0),
    Recipe("wire", "a line in pitch: only what holds its pitch stays, as wire", DRUMS, "drums and percussion", seed=2, near=5.0),
    Recipe("splinter", "neither quite edge nor line: a grain that runs aslant", DRUMS, "drums and percussion", seed=1),
    Recipe("dusk", "a denser haze than the published one: quiet and loud move together, edges are gone", STEMS, "stems of pieces", labels="texture"),
)  # fmt: skip


def taught(recipe: Recipe, folder: Path, out: Path, teller: Teller) -> tuple[cak.Kernel | None, dict[str, Any]]:
    """One of them, by its game, from its recordings."""
    files = [file for file in files_in(folder) if file.relative_to(folder).as_posix().startswith(recipe.of)]
    clips, _ = clips_of(chosen(files, 24, recipe.seed), 6.0)
    if len(clips) < 4:
        raise Refused(f"{folder} holds {len(clips)} free recordings of {recipe.kind}; {recipe.name} needs 4 or more")
    out.unlink(missing_ok=True)
    if recipe.done is None:
        apart = clips[: max(2, len(clips) // 4)]
        common: dict[str, Any] = {"name": recipe.name, "seed": recipe.seed, "teller": teller, "says": recipe.says}
        if recipe.labels:
            return augan(clips[len(apart) :], apart, out, labels=recipe.labels, size=Size(steps=400, rate=6.25e-4), **common)[:2]
        return audit(clips[len(apart) :], apart, out, near=recipe.near, **common)[:2]
    import soundfile

    with tempfile.TemporaryDirectory() as held:
        pairs = []
        for clip in clips:
            pair = tuple(Path(held) / side / f"{Path(clip.name).stem}.wav" for side in ("dry", "wet"))
            for file, sound in zip(pair, (clip.sound, levelled(recipe.done(clip.sound, clip.rate))), strict=True):
                file.parent.mkdir(exist_ok=True)
                soundfile.write(file, sound, clip.rate, subtype="FLOAT")
            pairs.append((pair[0], pair[1]))
        return fit(Lesson(pairs, out, recipe.name, recipe.seed, True, recipe.reach, recipe.says), teller=teller)


# --- how far they are apart ----------------------------------------------------------------


def matrix(kernels: Sequence[cak.Kernel], sounds: Sequence[tuple[Sound, int]], c: float) -> Floats:
    """How far every two are apart at a texture, in dB, at one level, over all sounds; the last row and column are dry."""
    apart = np.zeros((len(kernels) + 1, len(kernels) + 1))
    for sound, rate in sounds:
        size = size_of(rate)
        made = [*(cak.through(sound, c, kernel, size=size, hop=size // 4) for kernel in kernels), sound]
        seen = [levels(levelled(one), rate) for one in made]
        for a in range(len(seen)):
            for b in range(a):
                apart[a, b] += gap(seen[a], seen[b]) / len(sounds)
    return apart + apart.T


def kept(kernels: Sequence[cak.Kernel], sounds: Sequence[tuple[Sound, int]]) -> tuple[list[cak.Kernel], dict[float, Floats], list[str]]:
    """Those that are far enough from all before them and from dry; how far they are apart; a line for each that was left out."""
    apart = {c: matrix(kernels, sounds, c) for c in NEAREST}
    taken: list[int] = []
    left_out = []
    for k, kernel in enumerate(kernels):
        others = [*taken, len(kernels)]
        nearest = {c: min((float(apart[c][k, other]), other) for other in others) for c in NEAREST}
        short = [c for c, (gap, _) in nearest.items() if gap < NEAREST[c]]
        if short:
            gap, other = nearest[short[0]]
            by = kernels[other].name if other < len(kernels) else "dry"
            left_out.append(f"{kernel.name}: {gap:.1f} dB from {by} at texture {short[0]:g}")
        else:
            taken.append(k)
    rows = np.ix_([*taken, len(kernels)], [*taken, len(kernels)])
    return [kernels[k] for k in taken], {c: m[rows] for c, m in apart.items()}, left_out


def told(kernels: Sequence[cak.Kernel], apart: Floats) -> str:
    """The distances as a table."""
    names = [*(kernel.name for kernel in kernels), "dry"]
    lines = ["| dB | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join("" if a == b else f"{apart[a, b]:.1f}" for b in range(len(names))) + " |"
        for a, name in enumerate(names)
    ]
    return "\n".join(lines)


def bank(folder: Path, out: Path, sounds: Sequence[tuple[Sound, int]], teller: Teller) -> list[cak.Kernel]:
    """Teach all of them, keep those that differ, write them with a picture each and the table of distances."""
    found = [cak.read(cak.FOLDER / "published.json")]
    with tempfile.TemporaryDirectory() as held:
        for k, recipe in enumerate(RECIPES, 1):
            kernel, figures = taught(recipe, folder, Path(held) / f"{recipe.name}.json", Teller(quiet=True))
            teller.note(f"{k}/{len(RECIPES)} {recipe.name}: {json.dumps(figures)}{'' if kernel else ' nothing learned'}")
            if kernel is not None:
                card = {
                    **kernel.card,
                    "trained on": f"{len(kernel.card['trained on'])} recordings of {recipe.kind}: " + ", ".join(kernel.card["trained on"]),
                }
                if recipe.done is not None:
                    card["wet"] = (recipe.done.__doc__ or "").splitlines()[0]
                    card["strength"] = f"so strong that texture 1 lies {recipe.reach:g} dB from dry" if recipe.reach else "as learnt"
                found.append(cak.Kernel.of(kernel.numbers, recipe.name, **card))
    ours, apart, left_out = kept(found, sounds)
    for kernel in ours:
        if kernel.name != "published":
            cak.write(kernel, out / f"{kernel.name}.json")
        sound, rate = sounds[0]
        cak_picture.save(cak_picture.portrait(kernel, sound, rate), out / f"{kernel.name}.png")
    for line in left_out:
        teller.note(f"left out: {line}")
    for c, m in apart.items():
        teller.note(f"\ntexture {c:g}\n\n{told(ours, m)}")
    return ours
