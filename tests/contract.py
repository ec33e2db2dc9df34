"""What every engine promises, as tests: subclass ``Contract``, name the engine, and all of it is checked.

class TestWow(Contract):
    engine = Wow
"""

from __future__ import annotations

import copy
import itertools
import pickle
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from engines.face import Block, Engine, Format, Ramps
from live.core import layout as at
from live.core.ringfile import make_ring
from live.hosted import Hosted

FULL = 4.0  # times full scale: louder than that is no answer to a full-scale sound
QUIET = 1e-6
SECONDS = 0.5


def hum(fmt: Format, seconds: float = SECONDS) -> Block:
    """Something to hear: three partials, a breath of noise, and a start in the middle of nowhere."""
    time_ = np.arange(round(seconds * fmt.rate)) / fmt.rate
    tones = sum(np.sin(2 * np.pi * f * time_ + f) / k for k, f in enumerate((110.0, 331.0, 997.0), 1))
    noise = np.random.default_rng(7).standard_normal((fmt.channels, time_.size))
    return (0.25 * tones + 0.05 * noise).astype(np.float32)


class Contract:
    """The promises. ``engine`` is the class; ``loose`` how far two ways of cutting time may differ, ``full`` how loud it may be."""

    engine: ClassVar[type[Engine]]
    settings: ClassVar[Mapping[str, Any]] = {}
    loose: ClassVar[float] = 1e-6
    full: ClassVar[float] = FULL
    __test__ = False

    def __init_subclass__(cls) -> None:
        cls.__test__ = True

    # --- tools -----------------------------------------------------------------
    def made(self) -> Engine:
        """The engine, loaded."""
        engine = self.engine(**self.settings)
        engine.load()
        return engine

    def fmt(self, rate: int = 48000, channels: int = 1, seed: int = 3) -> Format:
        """How sound is cut for it."""
        return Format(rate, channels, self.engine.chunk or 256, seed)

    def play(
        self,
        engine: Engine,
        fmt: Format,
        sound: Block,
        stand: Mapping[str, float] | None = None,
        cuts: tuple[int, ...] = (),
        state: Any = None,
    ) -> Block:
        """Step through a sound with standing controls. ``cuts``: frames of each step, gone round."""
        state = engine.start(fmt) if state is None else state
        stand = {name: c.rest for name, c in self.engine.controls().items()} | dict(stand or {})
        cuts = (fmt.chunk,) if self.engine.chunk or not cuts else cuts
        heard = sound if self.engine.inlets else sound[:0]
        made, done, lengths = [], 0, itertools.cycle(cuts)
        total = sound.shape[1] // fmt.chunk * fmt.chunk if self.engine.chunk else sound.shape[1]
        while done < total:
            n = min(next(lengths), total - done)
            made.append(np.array(engine.step(state, heard[:, done : done + n].copy(), Ramps(stand, stand, done, 2.0 * done / fmt.rate))))
            assert made[-1].shape == (fmt.channels, n), f"a step of {n} frames gave {made[-1].shape}, not ({fmt.channels}, {n})"
            done += n
        return np.concatenate(made, axis=1)

    def corners(self) -> list[dict[str, float]]:
        """Every corner of the controls, or 32 of them by chance where there are more."""
        controls = self.engine.controls()
        every = itertools.product(*((c.low, c.high) for c in controls.values()))
        some = list(itertools.islice(every, 65))
        if len(some) > 64:
            chance = np.random.default_rng(1)
            some = [tuple(chance.choice((c.low, c.high)) for c in controls.values()) for _ in range(32)]
        return [dict(zip(controls, (float(v) for v in corner), strict=True)) for corner in some]

    # --- promises ----------------------------------------------------------------
    def test_it_says_in_one_line_what_one_would_hear(self) -> None:
        said = (self.engine.__doc__ or "").strip().split("\n")[0]
        assert said, f"{self.engine.__name__} has no docstring: its first line is the help at the prompt"
        assert len(said) < 100

    def test_every_control_rests_within_its_range(self) -> None:
        for name, control in self.engine.controls().items():
            assert control.low < control.high, f"{name} goes from {control.low} to {control.high}"
            assert control.low <= control.rest <= control.high, f"{name} rests at {control.rest}, outside {control.low} to {control.high}"
            assert control.curve == "linear" or control.low > 0, f"{name}: a log curve starts above 0"

    def test_every_corner_is_finite_and_bounded(self) -> None:
        fmt, engine = self.fmt(), self.made()
        for corner in self.corners():
            sound = self.play(engine, fmt, hum(fmt), corner)
            assert np.isfinite(sound).all(), f"not a number at {corner}"
            assert np.abs(sound).max() <= self.full, f"{np.abs(sound).max():.1f} times full scale at {corner}"

    def test_moving_every_control_stays_bounded(self) -> None:
        fmt, engine = self.fmt(), self.made()
        controls, chance = self.engine.controls(), np.random.default_rng(5)
        state, sound, last = engine.start(fmt), hum(fmt), {name: c.rest for name, c in controls.items()}
        for done in range(0, sound.shape[1] - fmt.chunk + 1, fmt.chunk):
            to = {name: float(chance.choice((c.low, c.high))) for name, c in controls.items()}
            heard = sound[:, done : done + fmt.chunk] if self.engine.inlets else sound[:0, done : done + fmt.chunk]
            made = engine.step(state, heard, Ramps(last, to, done, 2.0 * done / fmt.rate))
            assert np.isfinite(made).all(), f"not a number on the way to {to}"
            assert np.abs(made).max() <= self.full, f"{np.abs(made).max():.1f} times full scale on the way to {to}"
            last = to

    def test_the_length_of_a_step_does_not_matter(self) -> None:
        if self.engine.chunk:
            pytest.skip(f"{self.engine.__name__} always works {self.engine.chunk} frames at a time")
        fmt, engine = self.fmt(channels=2), self.made()
        sound = hum(fmt)
        whole = self.play(engine, fmt, sound, cuts=(sound.shape[1],))
        for cuts in ((256,), (64,), (1, 63, 7, 441)):
            apart = np.abs(self.play(engine, fmt, sound, cuts=cuts) - whole).max()
            assert apart <= self.loose, f"steps of {cuts} differ from one long step by {apart:.2g}"

    def test_what_comes_later_never_changes_what_was(self) -> None:
        fmt, engine = self.fmt(), self.made()
        sound = hum(fmt)
        half = sound.shape[1] // 2 // fmt.chunk * fmt.chunk
        other = sound.copy()
        other[:, half:] *= -0.3
        apart = np.abs(self.play(engine, fmt, sound)[:, :half] - self.play(engine, fmt, other)[:, :half]).max()
        assert apart == 0, f"the first half changed by {apart:.2g} with the second"

    def test_streaming_equals_offline(self, tmp_path: Any) -> None:
        """Through a ring, with the clock going in blocks of any size, it sounds as in one go, ``ahead`` later."""
        fmt, engine = self.fmt(channels=2), self.made()
        sound = hum(fmt)
        ahead = max(2 * fmt.chunk + 512, 1024)
        ring = make_ring(tmp_path / "ring-contract.map", 2, 2 if self.engine.inlets else 0, rate=fmt.rate, ahead=ahead, frames=4 * ahead)
        stand = [c.rest for c in self.engine.controls().values()]
        ring.controls[: len(stand)] = stand
        ring.past[:, : len(stand)] = stand
        ring.head[at.R_FROM] = 0
        hosted = Hosted(engine, ring, seed=fmt.seed)
        t, played = 0, []
        for n in itertools.cycle((64, 256, 32, 480)):
            n = min(n, sound.shape[1] - t)
            if n == 0:
                break
            spots = np.arange(t, t + n) % ring.out.shape[1]
            if self.engine.inlets:
                ring.heard[:, spots] = sound[:, t : t + n]
            hosted.step_until(t + n)
            assert hosted.written >= t + n, f"nothing ready at frame {t + n}"
            played.append(ring.out[:, spots].copy())
            t += n
            ring.head[[at.R_HEARD, at.R_CLOCK]] = t
        wait = np.zeros((2, ahead), np.float32)
        direct = self.play(engine, fmt, np.concatenate([wait, sound], axis=1))
        streamed = np.concatenate(played, axis=1)
        apart = np.abs(streamed - direct[:, : streamed.shape[1]]).max()
        assert apart <= self.loose, f"through a ring it differs by {apart:.2g}"
        ring.unlink()

    @pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
    def test_every_sample_rate_sounds(self, rate: int) -> None:
        fmt = self.fmt(rate)
        sound = self.play(self.made(), fmt, hum(fmt, 0.3))
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= self.full
        assert np.abs(sound).max() > QUIET or not self.engine.inlets, f"silent at {rate}"

    def test_it_answers_after_exactly_the_declared_latency(self) -> None:
        if not self.engine.inlets:
            pytest.skip("a generator answers nothing")
        fmt, engine = self.fmt(), self.made()
        noise = (0.2 * np.random.default_rng(11).standard_normal((1, fmt.rate))).astype(np.float32)
        sound = self.play(engine, fmt, noise, self.engine.neutral)
        size = 1 << (2 * sound.shape[1]).bit_length()
        match = np.fft.irfft(np.fft.rfft(sound[0], size) * np.conj(np.fft.rfft(noise[0, : sound.shape[1]], size)))
        found = int(np.argmax(np.abs(match[: sound.shape[1]])))
        assert found == engine.latency, f"it answers after {found} frames, and declares {engine.latency}"

    def test_silence_in_gives_silence_out(self) -> None:
        if not self.engine.inlets:
            pytest.skip("a generator sounds by itself")
        fmt, engine = self.fmt(), self.made()
        for corner in [{}, *self.corners()]:
            loudest = np.abs(self.play(engine, fmt, fmt.silence(seconds=0.3), corner)).max()
            assert loudest <= QUIET, f"{loudest:.2g} out of nothing at {corner or 'rest'}"

    def test_neutral_leaves_the_sound_alone(self) -> None:
        if self.engine.neutral is None or not self.engine.inlets:
            pytest.skip(f"{self.engine.__name__} declares no neutral settings")
        fmt, engine = self.fmt(channels=2), self.made()
        sound, late = hum(fmt), engine.latency
        for corner in self.corners():
            left = self.play(engine, fmt, sound, corner | dict(self.engine.neutral))
            alone = np.concatenate([fmt.silence(frames=late), sound], axis=1)[:, : left.shape[1]]
            assert np.array_equal(left, alone), f"neutral changes the sound by {np.abs(left - alone).max():.2g} at {corner}"

    def test_the_same_seed_gives_the_same_sound(self) -> None:
        fmt = self.fmt()
        sound, corners = hum(fmt), self.corners()
        for corner in [{}, corners[0], corners[-1]]:
            once, again = (self.play(self.made(), fmt, sound, corner) for _ in range(2))
            assert np.array_equal(once, again), f"two runs with seed {fmt.seed} differ by {np.abs(once - again).max():.2g}"

    @pytest.mark.parametrize("carry", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))], ids=["copied", "pickled"])
    def test_its_state_survives_a_reload(self, carry: Callable[[Any], Any]) -> None:
        fmt, engine = self.fmt(), self.made()
        sound = hum(fmt)
        half = sound.shape[1] // 2 // fmt.chunk * fmt.chunk
        stand = self.corners()[-1]
        state = engine.start(fmt)
        self.play(engine, fmt, sound[:, :half], stand, state=state)
        carried = carry(state)
        went_on = self.play(engine, fmt, sound[:, half:], stand, state=state)
        came_back = self.play(self.made(), fmt, sound[:, half:], stand, state=carried)
        assert np.array_equal(went_on, came_back), "the reloaded state sounds different"

    def test_its_cost_stays_within_its_budget(self) -> None:
        fmt, engine = self.fmt(), self.made()
        sound = hum(fmt, 1.0)
        self.play(engine, fmt, sound[:, : 4 * fmt.chunk])
        costs = []
        for _ in range(3):
            began = time.process_time()
            self.play(engine, fmt, sound, self.corners()[-1])
            costs.append(time.process_time() - began)
        assert min(costs) <= self.engine.budget, f"one second took {min(costs):.2f} s; the budget is {self.engine.budget:.2f}"
