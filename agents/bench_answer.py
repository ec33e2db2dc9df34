"""How the partner as a whole sounds and keeps time: one JSON line for each promise.

    python -m agents.bench_answer [--quick] [--relation FILE|none|duo]

No stage: the engine is stepped block by block over a sound, as a worker does
it. Times are CPU time of this thread. Materials are the bundled sounds and
some made from nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.answer import Answer, Partner, Played
from agents.bench_choose import told
from agents.choose import Memory
from agents.reasons import REACH
from agents.stretch import ready
from agents.voice import Piece, Voice
from engines.face import Block, Format, Ramps

RATE, CHUNK, AHEAD = 48000, 256, 2880
SOUNDS = Path(__file__).parent.parent / "sounds"
Sound = NDArray[np.float32]
Check = dict[str, Any]


# --- playing it, without a stage ---------------------------------------------------------------


@dataclass
class Performance:
    """What a partner did over a sound."""

    sound: Sound
    partner: Partner
    did: list[Played] = field(default_factory=list)
    shown: list[Mapping[str, Any]] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)  # seconds of CPU of every step that decided something


def rested(**stand: float) -> dict[str, float]:
    """Every control untouched, but for these."""
    return {name: control.rest for name, control in Answer.controls().items()} | stand


def play(
    settings: Mapping[str, Any],
    heard: NDArray[Any],
    stand: Mapping[str, float] | Callable[[float], Mapping[str, float]] | None = None,
    *,
    bpm: float = 120.0,
    seed: int = 3,
    channels: int = 1,
    ahead: int = AHEAD,
    partner: Partner | None = None,
    engine: Answer | None = None,
) -> Performance:
    """One partner over a sound, as a worker steps it. ``stand``: the controls, or what they are at a second."""
    if engine is None:
        engine = Answer(**settings)
        engine.load()
    shown: list[Mapping[str, Any]] = []
    engine.show = shown.append  # type: ignore[method-assign]
    partner = engine.start(Format(RATE, channels, CHUNK, seed, ahead)) if partner is None else partner
    heard = np.atleast_2d(np.asarray(heard, np.float32))
    late = np.concatenate([np.zeros((channels, ahead), np.float32), np.broadcast_to(heard[:1], (channels, heard.shape[1]))], axis=1)
    blocks: list[Block] = []
    did: list[Played] = []
    costs: list[float] = []
    for frame in range(0, heard.shape[1] // CHUNK * CHUNK, CHUNK):
        now = stand(frame / RATE) if callable(stand) else stand or {}
        at = rested(**now)
        began, before = thread_time(), partner.last
        blocks.append(engine.step(partner, late[:, frame : frame + CHUNK], Ramps(at, at, frame, frame / RATE * bpm / 60, bpm)))
        if partner.last is not before and partner.last is not None:
            costs.append(thread_time() - began)
            did.append(partner.last)
    return Performance(np.concatenate(blocks, axis=1), partner, did, shown, costs)


def bundled(name: str) -> Sound:
    """A bundled sound, mono."""
    import soundfile

    sound, rate = soundfile.read(str(SOUNDS / f"{name}.flac"), dtype="float32", always_2d=True)
    assert rate == RATE
    return np.ascontiguousarray(sound.mean(axis=1))


def saved(folder: Path, name: str, sound: NDArray[Any]) -> str:
    """A sound as a file, its path."""
    import soundfile

    soundfile.write(str(folder / f"{name}.wav"), np.asarray(sound, np.float32), RATE, subtype="FLOAT")
    return str(folder / f"{name}.wav")


def chord(root: float, seconds: float, third: int = 4) -> Sound:
    """Three notes, held."""
    t = np.arange(round(seconds * RATE)) / RATE
    notes = [root, root * 2 ** (third / 12), root * 2 ** (7 / 12)]
    wave = sum(np.sin(2 * np.pi * f * k * t) / k for f in notes for k in (1, 2, 3))
    return (0.1 * wave * np.minimum(1, np.minimum(t, t[-1] - t) / 0.01)).astype(np.float32)


def chords(degrees: Sequence[int], seconds: float = 0.5) -> Sound:
    """One chord after the other: semitones above a C, minor where above 100."""
    return np.concatenate([chord(130.81 * 2 ** (d % 100 / 12), seconds, 3 if d >= 100 else 4) for d in degrees])


def made_from_nothing() -> dict[str, Sound]:
    """Noise, a tone, a struck string, a drum, a chord."""
    t, chance = np.arange(3 * RATE) / RATE, np.random.default_rng(9)
    beats = np.exp(-((t % 0.25) * 40))
    return {
        "noise": (0.1 * chance.standard_normal(t.size)).astype(np.float32),
        "tone": (0.2 * sum(np.sin(2 * np.pi * 196 * k * t) / k for k in range(1, 8))).astype(np.float32),
        "drum": (0.4 * beats * chance.standard_normal(t.size)).astype(np.float32),
        "chords": chords([0, 5, 7, 109, 2, 104]),
        "low sine": (0.3 * np.sin(2 * np.pi * 55 * t)).astype(np.float32),
    }


# --- sound -----------------------------------------------------------------------------------------


def identity(
    names: Sequence[str] = ("kalimba phrase", "wood knocks", "brass swell", "glass", "low bell", "rain on tin"),
) -> Iterator[Check]:
    """The memory's own labels asked of it, in its own tempo: the memory, bit for bit."""
    worst, frames, jumps = 0.0, 0, 0
    for name in names:
        own = bundled(name)
        settings = {"memory": str(SOUNDS / f"{name}.flac"), "relation": "none", "cut": "grid", "tempo": 120.0, "rule": "memory"}
        made = play(settings, np.zeros(own.size + 2 * RATE), {"insist": 1, "follow": 0, "dare": 0})
        begins = made.did[0].frame
        span = int(made.partner.memory.spans[-1, 1]) - 2 * RATE // 100  # its end is faded where it stops in the middle of a sound
        fade = made.did[0].crossing
        memory = made.partner.memory.read(fade, span)
        worst = max(worst, float(np.abs(made.sound[:, begins + fade : begins + span] - memory).max()))
        frames += span
        jumps += sum(not one.on for one in made.did[1 : len(made.partner.memory)])
    yield told(f"identity: {len(names)} memories in their own order, greatest difference", worst, 0)
    yield told("identity: jumps in them", jumps, 0)


def local_step(sound: Sound, around: int, reach: int = RATE // 50) -> float:
    """The greatest step from frame to frame within 20 ms."""
    part = sound[:, max(around - reach, 0) : around + reach]
    return float(np.abs(np.diff(part, axis=1)).max(initial=0.0))


@dataclass(frozen=True)
class Join:
    """One join measured."""

    step: float  # times the material's own greatest
    dip: float  # dB against both sides' power as the gains carry it
    alike: bool


def join(voice: Voice, old: Sound, new: Sound, i: int, j: int, room: int) -> Join | None:
    """From frame i of one sound to frame j of another; None where both are as good as silent."""
    voice.head, voice.tails = None, []
    voice.go(Piece(old), i - RATE // 4, room)
    voice.play(RATE // 4)
    at = voice.head.at
    moved, frames = voice.go(Piece(new), j, room)
    after = voice.play(max(2 * frames, RATE // 20))
    if not frames:
        return None
    before = old[:, at - RATE // 50 : at]
    steps = np.abs(np.diff(np.concatenate([before[:, -1:], after], axis=1), axis=1))[:, : frames + 1].max()
    own = max(local_step(old, at), local_step(old, at + frames), local_step(new, j + moved), local_step(new, j + moved + frames))
    if own < 1e-4:
        return None
    a, b = old[:, at : at + frames].astype(np.float64), new[:, j + moved : j + moved + frames].astype(np.float64)
    alike = float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-20))
    angle = (np.arange(frames) + 0.5) / frames * (np.pi / 2)
    ideal = (np.cos(angle) ** 2 * a**2).sum() + (np.sin(angle) ** 2 * b**2).sum()
    real = (after[:, :frames].astype(np.float64) ** 2).sum()
    return Join(float(steps / own), 10 * float(np.log10((real + 1e-12) / (ideal + 1e-12))), alike > 0.5)


def joined(count: int, sounds: Mapping[str, Sound], seed: int = 1) -> list[Join]:
    """So many joins at places by chance, within and between the sounds."""
    chance, names, found = np.random.default_rng(seed), list(sounds), []
    voice = Voice(RATE, 1)
    while len(found) < count:
        a, b = (np.atleast_2d(sounds[names[int(chance.integers(len(names)))]]) for _ in range(2))
        if chance.random() < 0.5:
            b = a
        i, j = (int(chance.integers(RATE // 3, x.shape[1] - RATE // 3)) for x in (a, b))
        one = join(voice, a, b, i, j, RATE // 8)
        if one is not None:
            found.append(one)
    return found


def joins(count: int = 1000) -> Iterator[Check]:
    """Joins by chance, on every material: no click, no hole."""
    sounds = {name: bundled(name) for name in ("kalimba phrase", "brass swell", "rain on tin", "breath", "glass", "low bell", "room hum")}
    made = joined(count, sounds | made_from_nothing())
    yield told(f"{count} random joins: greatest step, times the material's own", max(one.step for one in made), 3, 2)
    for alike, limit in ((False, 1.0), (True, 0.5)):
        dips = [one.dip for one in made if one.alike == alike]
        kind = "correlated" if alike else "uncorrelated"
        yield told(f"{len(dips)} {kind} joins: mean departure of energy, dB", abs(float(np.mean(dips))), limit, 2)
        yield told(f"{len(dips)} {kind} joins: dip of the worst in twenty, dB", max(-float(np.percentile(dips, 5)), 0), limit, 2)


def stretches() -> Iterator[Check]:
    """Longer, shorter, higher, lower."""
    length, jitter, cents = 0, 0.0, 0.0
    chance = np.random.default_rng(0)
    ticks = np.zeros((1, 4 * RATE), np.float32)
    for k in range(1, 15):
        ticks[0, k * RATE // 4 :][:120] += (chance.standard_normal(120) * np.exp(-np.arange(120) / 25)).astype(np.float32)
    for ratio in (0.8, 0.9, 1.1, 1.25):
        piece = ready(Still(ticks), RATE // 2, 3 * RATE, ratio, 0.0)
        wide = piece.spot(3 * RATE) - piece.spot(RATE // 2)
        length = max(length, abs(wide - round(2.5 * RATE * ratio)))
        late = [heard_at(piece.sound[0], piece.spot(k * RATE // 4)) for k in range(3, 11)]
        jitter = max(jitter, float(np.abs(np.array(late) - np.median(late)).max()) / RATE * 1000)
    for low in (110.0, 220.0, 330.0, 660.0):
        t = np.arange(2 * RATE) / RATE
        tone = (0.2 * sum(np.sin(2 * np.pi * low * k * t) / k for k in range(1, 7))).astype(np.float32)[None]
        for semitones in range(-6, 7):
            piece = ready(Still(tone), RATE // 8, 2 * RATE - RATE // 8, 1.0, semitones)
            wanted = low * 2 ** (semitones / 12)
            cents = max(cents, abs(1200 * np.log2(pitch(piece.sound[0], wanted) / wanted)))
    yield told("stretch 0.8 to 1.25: error of duration, frames", length, 0)
    yield told("stretch 0.8 to 1.25: jitter of clicks, ms", jitter, 0.5, 3)
    yield told("transposition -6 to 6, 110 to 660 Hz: error, cents", cents, 7, 2)


@dataclass(frozen=True)
class Still:
    """A sound as a memory is read."""

    sound: Sound
    rate: int = RATE

    def read(self, start: int, end: int) -> Sound:
        """Silence outside."""
        return Piece(self.sound).read(start, end)


def heard_at(sound: Sound, around: int) -> int:
    """How many frames after ``around`` half of the energy of 50 ms is over."""
    near = sound[around - 1200 : around + 1200].astype(np.float64) ** 2
    return int(np.searchsorted(np.cumsum(near), near.sum() / 2)) - 1200


def pitch(sound: Sound, near: float) -> float:
    """The frequency of the partial nearest to ``near``, in Hz."""
    part = sound[sound.size // 4 : 3 * sound.size // 4].astype(np.float64)
    size = 1 << 19
    power = np.abs(np.fft.rfft(part * np.hanning(part.size), size))
    low, high = int(near * 0.96 * size / RATE), int(near * 1.04 * size / RATE)
    k = low + int(np.argmax(power[low:high]))
    a, b, c = np.log(power[k - 1 : k + 2])
    return (k + 0.5 * (a - c) / (a - 2 * b + c)) * RATE / size


def onsets(folder: Path) -> Iterator[Check]:
    """After a rest it begins at the very frame of the grid, whatever the tempo."""
    memory = saved(folder, "hiss", made_from_nothing()["noise"])
    worst, count = 0.0, 0
    for bpm in (60.0, 97.0, 120.0, 133.7):
        made = play({"memory": memory, "relation": "none", "cut": "grid"}, np.zeros(12 * RATE), {"density": 0.5, "follow": 0}, bpm=bpm)
        per, sound = 30 * RATE / bpm, np.abs(made.sound[0])
        for before, one in zip(made.did, made.did[1:], strict=False):
            if one.event is not None and before.event is None and one.frame + 64 < sound.size:
                quiet = one.frame - 512
                begins = quiet + int(np.argmax(sound[quiet : one.frame + 64] > 0))
                worst, count = max(worst, abs(begins - round(begins / per) * per)), count + 1
    yield told(f"{count} onsets after a rest at four tempos: error, frames", worst, 1, 2)


def in_time(folder: Path) -> Iterator[Check]:
    """A memory in another tempo, and transposed: stretched segments that follow one another have no seam."""
    worst, dips, straight, made_ = 0.0, [], 0, 0
    sounds = {"chords": chords([0, 5, 7, 109, 2, 104, 0, 7], 60 / 110), "noise": made_from_nothing()["noise"]}
    for name, own in sounds.items():
        settings = {"memory": saved(folder, f"at110 {name}", own), "relation": "none", "cut": "grid", "tempo": 110.0, "rule": "memory"}
        made = play(settings, np.zeros(6 * RATE), {"insist": 1, "follow": 0, "dare": 0})
        steps = np.abs(np.diff(made.sound[0]))
        for before, one in zip(made.did, made.did[1:], strict=False):
            if one.event is None or before.event is None or not one.on or one.frame + RATE // 10 > made.sound.shape[1]:
                continue
            made_ += 1
            straight += one.crossing == 0
            here = slice(one.frame - 4, one.frame + max(one.crossing, 8))
            around = np.r_[steps[one.frame - RATE // 20 : one.frame - 4], steps[one.frame + max(one.crossing, 8) : one.frame + RATE // 10]]
            worst = max(worst, float(steps[here].max() / (around.max() + 1e-4)))
            dips.append(one.crossing)
    yield told(f"{made_} stretched segments that follow one another: greatest step, times the material's own", worst, 3, 2)
    yield told("of them, joined with a crossing (not read straight on), share", 1 - straight / max(made_, 1), 0.5, 2)


def running(seconds: float = 40.0) -> Iterator[Check]:
    """How long it plays on without a jump, next to what the labels it wanted would allow."""
    lead = np.tile(bundled("kalimba phrase"), 9)[: round(seconds * RATE)]
    for dare in (0.0, 0.3, 0.6):
        runs, best = [], []
        for name in ("low bell", "brass swell", "kalimba phrase", "rain on tin"):
            settings = {"memory": str(SOUNDS / f"{name}.flac"), "relation": "none", "cut": "grid", "tempo": 120.0, "classes": 61}
            made = play(settings, lead, {"dare": dare})
            jumps = 1 + sum(not one.on for one in made.did[1:])
            labels = [one.label for one in made.did if one.event is not None]
            tiles = Memory(made.partner.memory.labels.tolist()).follow(labels) or []
            least = 1 + sum(a is None or b is None or b.index != a.index + 1 for a, b in zip(tiles, tiles[1:], strict=False))
            runs.append(len(labels) * 0.25 / jumps)
            best.append(len(labels) * 0.25 / least)
        figure, most = float(np.mean(runs)), float(np.mean(best))
        line = told(f"mean playing on at dare {dare:g}, s (with the same labels at best {most:.2f} s)", figure, 1.5, 2)
        yield line | {"met": figure >= 1.5 if most >= 1.5 else None}


# --- live ------------------------------------------------------------------------------------------


def quick_enough(relation: str, seconds: float = 30.0) -> Iterator[Check]:
    """From the end of a segment to the decided label, with four partners in one thread."""
    lead = np.tile(bundled("kalimba phrase"), 1 + int(seconds // 5))[: round(seconds * RATE)]
    engines, partners = [], []
    for k, name in enumerate(("brass swell", "low bell", "kalimba phrase", "rain on tin")):
        engine = Answer(memory=str(SOUNDS / f"{name}.flac"), relation=relation, classes=0 if relation != "none" else 61)
        engine.load()
        engine.show = lambda what: json.dumps(what)  # type: ignore[method-assign,assignment,return-value]
        engines.append(engine)
        partners.append(engine.start(Format(RATE, 1, CHUNK, k, AHEAD)))
    at, decided, steps = rested(), [], []
    for frame in range(0, lead.size // CHUNK * CHUNK, CHUNK):
        ramps, sound = Ramps(at, at, frame, frame / RATE * 2, 120.0), lead[None, frame : frame + CHUNK]
        began, before = thread_time(), [partner.last for partner in partners]
        for engine, partner in zip(engines, partners, strict=True):
            engine.step(partner, sound, ramps)
        steps.append((thread_time() - began) * 1e3)
        if any(partner.last is not one for partner, one in zip(partners, before, strict=True)):
            decided.append(steps[-1])
    cuts = quantiles(decided, n=100)
    yield told(f"heard segment to label, four partners in one thread ({relation}): p50 ms", cuts[49], 10)
    yield told(f"heard segment to label, four partners in one thread ({relation}): p99 ms", cuts[98], 10)
    yield told(f"a block of four partners at its longest ({relation}): p99.9 ms", quantiles(steps, n=1000)[998], 20)
    yield told(f"everything four partners do, share of a core ({relation})", sum(steps) / 1e3 / seconds, 1.0, 3)


def reaction(folder: Path, relation: str, trials: int = 100) -> Iterator[Check]:
    """A chord changes: the very next segment it plays is of the kind that is heard now, or at least of another than it would have been."""
    degrees = [0, 2, 4, 5, 7, 9, 11, 100, 102, 104, 105, 107, 109]
    chance = np.random.default_rng(4)
    order = [int(d) for d in chance.permutation(degrees * 3)]
    settings = {"memory": saved(folder, "many chords", chords(order)), "relation": relation, "cut": "grid", "tempo": 120.0}
    settings |= {"pace": "beat"} | ({"classes": 61} if relation == "none" else {})
    engine = Answer(**settings)
    engine.load()
    for name, stand in (("default settings", {}), ("follow 1, relate 0", {"follow": 1.0, "relate": 0.0})):
        changed = matched = 0
        for k in range(trials):
            a, b = chance.choice(len(degrees), 2, replace=False)
            first, other = degrees[int(a)], degrees[int(b)]
            same = play(settings, chords([first] * 6), stand, seed=k, engine=engine)
            new = play(settings, chords([first] * 3 + [other] * 3), stand, seed=k, engine=engine)
            late = AHEAD + new.partner.lead
            spot = next(i for i, one in enumerate(new.did) if one.frame >= 3 * RATE // 2 + RATE // 2 and one.frame - late > 3 * RATE // 2)
            changed += new.did[spot].label == new.did[spot].heard or new.did[spot].label != same.did[spot].label
            matched += new.did[spot].label == new.did[spot].heard
        yield told(
            f"reaction, {name} ({relation}): of {trials} changes of harmony not answered within a segment", trials - changed, trials // 10
        )
        yield told(f"reaction, {name} ({relation}): of {trials}, answered with the very harmony heard", matched, trials) | {"met": None}


def learning(minutes: float = 30.0) -> Iterator[Check]:
    """It learns four segments a second, and stays as quick."""
    engine = Answer(memory=str(SOUNDS / "kalimba phrase.flac"), relation="none", classes=61, learn=True)
    engine.load()
    own = bundled("kalimba phrase")[: 5 * RATE]
    costs: list[float] = []
    engine.show = lambda what: None  # type: ignore[method-assign,assignment]
    partner = engine.start(Format(RATE, 1, CHUNK, 0, AHEAD))
    at, first = rested(), len(partner.memory)
    for frame in range(0, round(minutes * 60 * RATE) // CHUNK * CHUNK, CHUNK):
        spot = np.arange(frame, frame + CHUNK) % own.size
        began, count = thread_time(), len(partner.memory)
        engine.step(partner, own[None, spot], Ramps(at, at, frame, frame / RATE * 2, 120.0))
        if len(partner.memory) != count:
            costs.append((thread_time() - began) * 1e3)
    late = costs[-240:]
    grown = len(partner.memory) - first
    yield told(f"{minutes:g} minutes of learning, {grown} segments: last minute's decisions, p99 ms", quantiles(late, n=100)[98], 10)
    yield told("  against its first minute's, times, p50", np.median(late) / np.median(costs[:240]), 3, 2)


def again(relation: str) -> Iterator[Check]:
    """The same seed, the same sound; another seed, another."""
    lead = np.tile(bundled("kalimba phrase"), 3)
    settings = {"memory": str(SOUNDS / "low bell.flac"), "relation": relation, "transpose": 6} | (
        {"classes": 61} if relation == "none" else {}
    )
    one, two, other = (play(settings, lead, {"dare": 0.6}, seed=seed).sound for seed in (5, 5, 6))
    yield told(f"two renders of one seed ({relation}): greatest difference", float(np.abs(one - two).max()), 0)
    yield told(f"two renders of two seeds are the same ({relation})", float(np.array_equal(one, other)), 0)


# --- what it says ------------------------------------------------------------------------------------


def truthful(relation: str) -> Iterator[Check]:
    """What ``why`` names is what is heard: the sound and the named place, over every segment."""
    lead, good, count = np.tile(bundled("kalimba phrase"), 4), 0, 0
    for name, more in (
        ("kalimba phrase", {}),
        ("brass swell", {}),
        ("low bell", {"transpose": 5}),
        ("rain on tin", {"tempo": 112.0, "cut": "grid"}),
    ):
        settings = {"memory": str(SOUNDS / f"{name}.flac"), "relation": relation, **more} | ({"classes": 61} if relation == "none" else {})
        made = play(settings, lead, {"dare": 0.6})
        claims = {one["frame"]: one for what in made.shown for one in what["now"] if "segment" in one}
        memory = made.partner.memory
        for one, after in zip(made.did, made.did[1:], strict=False):
            if one.event is None or one.frame not in claims or after.frame > made.sound.shape[1]:
                continue
            heard = made.sound[:, one.frame + one.crossing : after.frame]
            place = round(claims[one.frame]["second"] * RATE)
            source = int(memory.source[one.event.index])
            likeness = like(heard, memory, int(memory.shelf.edges[source]) + place, one)
            if likeness is not None:
                good, count = good + (likeness > 0.9), count + 1
    line = told(
        f"why() against the sound, {count} segments ({relation}): share with a correlation above 0.9", good / max(count, 1), 0.95, 3
    )
    yield line | {"met": bool(good >= 0.95 * count)}


def like(heard: Sound, memory: Any, place: int, one: Played) -> float | None:
    """How much what is heard is a place of the memory, within 30 ms: 1 is itself; None where there is nothing to hear.

    As it was recorded: the correlation of the waves. Stretched or transposed (no two stretches have the same waves): that
    of loudness by time and third of an octave, with the place made as long and as high anew.
    """
    reach = RATE * 3 // 100
    a = heard.mean(axis=0).astype(np.float64)
    if a.size < 2400 or np.sqrt((a**2).mean()) < 1e-4:
        return None
    if one.ratio == 1.0 and (one.event is None or not one.event.transpose):
        first = place + one.crossing
        b = memory.read(first - reach, first + a.size + reach).mean(axis=0).astype(np.float64)
        size = 1 << int(np.ceil(np.log2(b.size + a.size)))
        match = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)[: b.size - a.size + 1]
        power = np.concatenate([[0.0], np.cumsum(b**2)])
        return float((match / np.sqrt(np.maximum((power[a.size :] - power[: -a.size]) * (a @ a), 1e-20))).max())
    end = place + round((one.crossing + a.size + reach) / one.ratio)
    piece = ready(memory, place, end, one.ratio, one.event.transpose if one.event else 0)
    first, mine, best = piece.spot(place) + one.crossing, loudness(a), -1.0
    for moved in range(-reach, reach + 1, RATE // 200):
        best = max(best, float(np.corrcoef(mine, loudness(piece.read(first + moved, first + moved + a.size).mean(axis=0)))[0, 1]))
    return best


def loudness(sound: NDArray[Any]) -> NDArray[np.float64]:
    """dB by 20 ms and third of an octave, as one row; 60 dB under the loudest is the floor."""
    size = 2048
    views = np.lib.stride_tricks.sliding_window_view(sound, size)[:: size // 2]
    power = np.abs(np.fft.rfft(views * np.hanning(size), axis=1)) ** 2
    edges = np.unique(np.round(100 * 2 ** (np.arange(23) / 3) * size / RATE).astype(int))
    bands = np.add.reduceat(power, edges[edges < power.shape[1]], axis=1)
    level = 10 * np.log10(bands + 1e-12)
    return np.maximum(level, level.max() - 60).ravel()


def foretold(relation: str) -> Iterator[Check]:
    """What it will play is shown a segment ahead, and every change of it is declared."""
    lead = np.tile(bundled("kalimba phrase"), 6)
    settings = {"memory": str(SOUNDS / "kalimba phrase.flac"), "relation": relation} | ({"classes": 61} if relation == "none" else {})
    silently, kept, count = 0, 0, 0
    for dare in (0.0, 0.3, 0.6, 1.0):
        made = play(settings, lead, {"dare": dare, "density": 0.9})
        for before, now, one in zip(made.shown, made.shown[1:], made.did[1:], strict=False):
            planned = [None if e is None else e["segment"] for e in before["plan"]]
            came = [None if one.event is None else one.event.index, *(None if e is None else e["segment"] for e in now["plan"])]
            changed = sum(a != b for a, b in zip(planned, came, strict=False))
            silently += changed > now["rewritten"]
            kept += planned[:1] == came[:1]
            count += 1
    yield told(f"changes of the plan that are not declared, {count} decisions", silently, 0)
    yield told("of what was planned for the next segment, kept, share", kept / count, 0, 3) | {"met": None}


def explained() -> Iterator[Check]:
    """Every reason, counted again from what was played before."""
    lead, wrong, count = np.tile(bundled("kalimba phrase"), 12), 0, 0
    for name in ("kalimba phrase", "low bell", "rain on tin"):
        made = play({"memory": str(SOUNDS / f"{name}.flac"), "relation": "none", "classes": 61}, lead, {"dare": 0.7, "density": 0.9})
        labels, played, used = made.partner.memory.labels.tolist(), [], {}
        last = None
        for one in made.did:
            event = one.event
            if event is not None and event is last and one.on:
                continue
            last = event
            if event is None:
                played.append(None)
                continue
            past = 0
            while past < min(REACH, len(played), event.index) and played[-1 - past] == labels[event.index - 1 - past]:
                past += 1
            wrong += event.why.past != past
            wrong += event.why.uses != used.get(event.index, 0)
            used[event.index] = used.get(event.index, 0) + 1
            played.append(labels[event.index])
            count += 2
    line = told(f"{count} reasons counted again: share that agrees", 1 - wrong / count, 0.999, 4)
    yield line | {"met": bool(wrong <= 0.001 * count)}


def checks(relation: str = "none", quick: bool = False) -> Iterator[Check]:
    """Every promise, one after the other."""
    with TemporaryDirectory() as room:
        folder = Path(room)
        yield from identity()
        yield from joins(200 if quick else 1000)
        yield from stretches()
        yield from onsets(folder)
        yield from in_time(folder)
        yield from running(15.0 if quick else 40.0)
        yield from quick_enough(relation, 10.0 if quick else 30.0)
        yield from reaction(folder, relation, 10 if quick else 100)
        yield from again(relation)
        yield from truthful(relation)
        yield from foretold(relation)
        yield from explained()
        yield from learning(1.5 if quick else 30.0)


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m agents.bench_answer", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer of each")
    parser.add_argument("--relation", default="none", help="duo, none, or a file (default none)")
    asked, met = parser.parse_args(argv), True
    for check in checks(asked.relation, asked.quick):
        sys.stdout.write(json.dumps(check) + "\n")
        sys.stdout.flush()
        met = met and check["met"] is not False
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
