"""Freeze: what is held stays, and nothing clicks."""

from __future__ import annotations

import numpy as np

from engines.face import Block, Format, Ramps
from engines.freeze import Freeze
from tests.contract import Contract

RATE = 48000


class TestFreeze(Contract):
    """All the promises of the face."""

    engine = Freeze


def frozen(sound: Block, at: int, hold: float = 1.0, **stand: float) -> Block:
    """A sound that is taken hold of at one frame."""
    engine, fmt = Freeze(), Format(RATE, sound.shape[0], 256)
    state, made, last = engine.start(fmt), [], {"hold": 0.0, "blur": 0.0, "mix": 1.0} | stand
    for done in range(0, sound.shape[1], 256):
        now = last | {"hold": hold if done >= at else 0.0}
        made.append(engine.step(state, sound[:, done : done + 256], Ramps(last, now, done)))
        last = now
    return np.concatenate(made, axis=1)


def tone(seconds: float, hz: float = 440.0) -> Block:
    """A plain sine at half of full scale."""
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)[None]


def level(sound: Block) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(sound**2)))


def test_a_held_tone_goes_on_when_its_source_stops() -> None:
    sound = tone(3.0)
    sound[:, RATE:] = 0
    held = frozen(sound, at=RATE - 4800)[:, RATE + 4800 :]
    assert abs(20 * np.log10(level(held) / (0.5 / np.sqrt(2)))) < 1.5


def test_a_held_tone_keeps_its_pitch_to_a_few_cents() -> None:
    sound = tone(4.0, 443.7)
    sound[:, RATE:] = 0
    held = frozen(sound, at=RATE - 4800)[0, 2 * RATE : 2 * RATE + 65536]
    spectrum = np.abs(np.fft.rfft(held * np.hanning(held.size), 8 * held.size))
    cents = 1200 * np.log2(np.argmax(spectrum) * RATE / (8 * held.size) / 443.7)
    assert abs(cents) < 5


def test_taking_hold_does_not_click() -> None:
    sound = tone(2.0)
    held = frozen(sound, at=RATE // 2)
    assert np.abs(np.diff(held)).max() < 3 * np.abs(np.diff(sound)).max()


def test_letting_go_gives_the_live_sound_back_bit_for_bit() -> None:
    engine, fmt = Freeze(), Format(RATE, 1, 256)
    state, sound = engine.start(fmt), tone(1.0)
    stand = {"hold": 1.0, "blur": 0.3, "mix": 1.0}
    for done in range(0, RATE // 2, 256):
        engine.step(state, sound[:, done : done + 256], Ramps(stand, stand, done))
    free = stand | {"hold": 0.0}
    assert np.array_equal(engine.step(state, sound[:, :256], Ramps(free, free, 0)), sound[:, :256])


def test_blur_turns_a_tone_into_a_cloud() -> None:
    sound = tone(3.0)
    sound[:, RATE:] = 0
    widths = []
    for blur in (0.0, 1.0):
        held = frozen(sound, at=RATE - 4800, blur=blur)[0, RATE + 4800 : RATE + 4800 + 65536]
        power = np.abs(np.fft.rfft(held * np.hanning(held.size))) ** 2
        hz = np.arange(power.size) * RATE / held.size
        centre = (hz * power).sum() / power.sum()
        widths.append(float(np.sqrt((power * (hz - centre) ** 2).sum() / power.sum())))
    assert widths[1] > 3 * widths[0]


def test_half_a_hold_lets_go_slowly() -> None:
    sound = tone(2.0)
    sound[:, RATE:] = 0
    smeared = frozen(sound, at=0, hold=0.8)
    early, late = level(smeared[:, RATE + 2400 : RATE + 7200]), level(smeared[:, RATE + 72 * 512 : RATE + 80 * 512])
    assert early > 0.05
    assert late < 0.2 * early
