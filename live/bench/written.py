"""Treatments written while it sounds: from the last key to the sound, what the others hear of it, and what becomes of bad ones."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from live.bench.report import Report, median
from live.bench.room import Watched, playing
from live.score import Node, Score, Send
from live.stage import Refused, Stage
from live.tape import keep

FREQ, RATE = 441.0, 48000
COUNT = 20
GOOD = """
def worn(x, state=1, drive=Control(1, 0, 10)):
    state[0] += {share} * (x * drive - state[0])
    return math.tanh(state[0])
"""
NAN = """
def sours(x, state=1):
    state[0] += 1.0
    return x if state[0] < 24000.0 else math.log(-1.0) * {share}
"""
SLOW = """
def tires(x, state=2):
    state[0] += 1.0
    if state[0] > 24000.0:
        for k in range(900):
            state[1] = math.sin(state[1] + {share})
    return x
"""
REFUSED = {
    "does not compile": "def odd(x): return x + text",
    "not a number": "def odd(x): return math.log(-1.0 - x * x)",
    "no end": "def odd(x, state=1):\n    while state[0] >= 0.0:\n        state[0] += 1.0\n    return x",
    "too slow": "def odd(x, state=1):\n    for k in range(20000):\n        state[0] = math.sin(state[0] + x)\n    return state[0]",
}


def score() -> Score:
    """A sine on output 1 through what is written, the same sine untouched on output 2."""
    places = {"pure": Node("tone", controls={"freq": FREQ, "gain": 0.2}), "worn": Node("gain", ("pure",))}
    return Score(places, (Send("worn", 0, 1), Send("pure", 1, 1)))


def fresh(text: str, k: int) -> str:
    """The same text with a number nobody has compiled yet."""
    return text.format(share=0.3 + 0.01 * k + time.time() % 1 / 1000)


def play(stage: Stage, word: str) -> None:
    """The treatment takes the place of the one before."""
    places = {**stage.score.places, "worn": Node(word, ("pure",))}
    stage.play(stage.score.with_(places=places))


def bend(sound: np.ndarray) -> float:
    """How far a sine is from being one, at worst, as a share of its level: a gap or a click shows, a true sine is 0."""
    x = sound.astype(np.float64)
    rest = x[2:] + x[:-2] - 2 * np.cos(2 * np.pi * FREQ / RATE) * x[1:-1]
    return float(np.abs(rest).max() / max(np.abs(x).max(), 1e-9))


def run(report: Report) -> None:
    """On null, and at 1024 frames on a JACK server of our own."""
    _on(report, "null", device="null")
    with contextlib.ExitStack() as stack:
        try:
            from live.bench.machine import Jackd

            stack.enter_context(Jackd(1024, name="antiphon-written"))
        except (ImportError, OSError, RuntimeError) as why:
            report.skip("treatments written on JACK at 1024", str(why))
        else:
            _on(report, "JACK at 1024", device="jack", client="antiphon-written")


def _on(report: Report, where: str, **rig: object) -> None:
    with playing(score(), ins=0, **rig) as stage:
        play(stage, stage.write(fresh(GOOD, 0)))  # the room warms up
        began, took, files = time.monotonic(), [], [Path(stage.score.places["worn"].kind.partition(":")[2])]
        with Watched(stage) as watched:
            for k in range(1, COUNT + 1):
                start = time.monotonic()
                word = stage.write(fresh(GOOD, k))
                play(stage, word)
                took.append(time.monotonic() - start)
                files.append(Path(word.partition(":")[2]))
        what = f"{COUNT} treatments written on {where}"
        report.add(f"{what}: from text to sound", median(took), 1.0, unit="s", note=f"slowest {max(took):.2f} s")
        report.add(
            f"{what}: blocks lost", watched.lost, 0, unit="blocks", note=f"{watched.seconds:.0f} s, latest block {watched.late_ms:.1f} ms"
        )
        time.sleep(0.3)
        with tempfile.TemporaryDirectory() as out:
            take = keep(time.monotonic() - began, out, stage.folder)
            sound = soundfile.read(take.folder / "mix.wav", dtype="float32")[0].T
        report.add(f"{what}: holes in the take", len(take.holes), 0, unit="holes", note=f"{take.seconds:.1f} s")
        report.add(
            f"{what}: the untouched sine",
            bend(sound[1]),
            1e-5,
            unit="of level",
            note="worst departure from a sine; a lost frame would be about 0.06",
        )
        report.add(f"{what}: the treated sine", bend(sound[0]), 0.05, unit="of level", note=f"saturated, {COUNT} crossfades")
        for why, text in REFUSED.items():
            try:
                stage.write(text)
                said = ""
            except Refused as refusal:
                said = str(refusal)
            report.add(f"{where}: a treatment refused ({why})", float(bool(said)), 1, met=bool(said) and "\n" not in said, note=said)
        for why, text in (("not a number", NAN), ("too slow", SLOW)):
            files.append(_goes_bad(report, stage, where, why, fresh(text, 0)))
        for file in files:
            file.unlink(missing_ok=True)


def _goes_bad(report: Report, stage: Stage, where: str, why: str, text: str) -> Path:
    """It passes its rehearsal and turns bad after half a second: bypassed, by name."""
    heard = len(stage.read())
    word = stage.write(text)
    with Watched(stage) as watched:
        play(stage, word)
        until = time.monotonic() + 3.0
        while not (news := [n for n in stage.read()[heard:] if n.startswith("worn")]) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.3)
    meters = {m.name: m for m in stage.meters()}
    sounds = meters["worn"].peak > 0.1 and meters["pure"].peak > 0.1
    met = bool(news) and sounds and why in meters["worn"].bad and not watched.lost
    note = f"{news[0] if news else 'no news'} | the dry sound goes on: {sounds}, blocks lost: {watched.lost}"
    report.add(f"{where}: one that turns bad later ({why})", float(met), 1, met=met, note=note)
    play(stage, "gain")
    return Path(word.partition(":")[2])
