"""What is heard of a partner: straight on to the bit, tails that end, recordings that end where they end."""

from __future__ import annotations

import numpy as np

from agents.voice import RELEASE, Piece, Track, Voice
from tests.agents.sounds import noise

RATE = 48000


class Tape:
    """Two recordings side by side in one long sound."""

    rate, channels = RATE, 1

    def __init__(self, sound: np.ndarray) -> None:
        self.piece = Piece(np.atleast_2d(sound))

    def read(self, start: int, end: int) -> np.ndarray:
        return self.piece.read(start, end)


def test_straight_on_is_the_very_recording() -> None:
    sound = noise(2.0)
    voice = Voice(RATE, 1)
    _, fade = voice.go(Piece(sound[None]), 1000, RATE)
    heard = np.concatenate([voice.play(n) for n in (100, 256, 1, 4096, 7)], axis=1)
    assert np.array_equal(heard[0, fade:], sound[1000 + fade : 1000 + heard.shape[1]])


def test_a_jump_leaves_a_tail_that_ends_with_the_crossing() -> None:
    a, b = noise(2.0, 1), noise(2.0, 2)
    voice = Voice(RATE, 1)
    voice.go(Piece(a[None]), 0, RATE)
    voice.play(5000)
    moved, frames = voice.go(Piece(b[None]), 3000, RATE)
    heard = voice.play(frames + 500)
    assert np.array_equal(heard[0, frames:], b[3000 + moved + frames : 3000 + moved + frames + 500])
    assert not voice.tails


def test_it_falls_silent_without_a_click_and_stays_silent() -> None:
    sound = (0.5 * np.sin(np.arange(RATE) * 0.03)).astype(np.float32)
    voice = Voice(RATE, 1)
    voice.go(Piece(sound[None]), 0, RATE)
    before = voice.play(4801)
    voice.stop()
    after = voice.play(RATE // 2)
    both = np.concatenate([before, after], axis=1)
    assert np.abs(np.diff(both)).max() <= 1.05 * np.abs(np.diff(sound)).max()
    assert not after[:, round(RELEASE * RATE) :].any()


def test_jumps_faster_than_the_crossing_do_not_pile_up() -> None:
    voice, sound = Voice(RATE, 1), noise(4.0)[None]
    for k in range(200):
        voice.go(Piece(sound), 500 * k, RATE)
        assert np.abs(voice.play(64)).max() < 1.5
    assert len(voice.tails) <= 8


def test_beyond_a_recording_is_silence_and_not_the_next_one() -> None:
    tape = Tape(np.concatenate([np.full(1000, 0.5), np.full(1000, -0.5)]).astype(np.float32))
    first, second = Track(tape, 0, 1000), Track(tape, 1000, 2000)
    assert not first.read(1000, 1500).any()
    assert not second.read(0, 1000).any()
    assert first.read(0, 1000).min() >= 0


def test_a_recording_that_stops_in_the_middle_of_a_sound_is_faded_and_one_that_ends_softly_is_left_alone() -> None:
    loud = Tape(np.full(2000, 0.5, np.float32))
    end = Track(loud, 0, 2000).read(1500, 2000)
    assert abs(end[0, -1]) < 0.01
    soft = np.full(2000, 0.5, np.float32) * np.minimum(np.arange(2000)[::-1] / 1000, 1)
    assert np.array_equal(Track(Tape(soft.astype(np.float32)), 0, 2000).read(1500, 2000)[0], soft[1500:].astype(np.float32))
