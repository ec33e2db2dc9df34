"""The contract can fail: engines that are broken on purpose are caught, each by the promise it breaks."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from engines.face import Block, Control, Engine, Format, Ramps
from tests.contract import Contract


class Plain(Engine):
    """Lets the sound through: the one that keeps every promise."""

    amount = Control(0.5)
    neutral = {}

    def start(self, fmt: Format) -> dict[str, Any]:
        return {"past": fmt.silence(frames=100), "chance": np.random.default_rng(fmt.seed)}

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        return sound


class Late(Plain):
    """Declares 99 frames and takes 100."""

    latency = 99

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        both = np.concatenate([state["past"], sound], axis=1)
        state["past"] = both[:, -100:]
        return both[:, : sound.shape[1]]


class Prompt(Late):
    """Declares 100 frames and takes them: the same, put right."""

    latency = 100


class Corner(Plain):
    """Is no number where its control is highest."""

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        return sound * np.float32(np.nan if at["amount"] == 1 else 1)


class Loud(Plain):
    """Grows far beyond full scale."""

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        return sound * np.float32(100 * at["amount"])


class Unseeded(Plain):
    """Throws dice of its own."""

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        return sound * np.float32(np.random.default_rng().uniform(0.5, 1))


class Humming(Plain):
    """Hums by itself."""

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        return sound + np.float32(0.01)


class Stepwise(Plain):
    """Sounds different when the steps are longer."""

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        return sound - sound.mean(axis=1, keepdims=True)


class Seer(Plain):
    """Works in chunks, and looks ahead of its latency... by way of a shared memory between runs."""

    chunk = 256
    seen: list[float] = []

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        self.seen.append(float(np.abs(sound).sum()))
        return sound * np.float32(1 / (1 + len(self.seen) % 7))


class Forgetful(Plain):
    """Keeps its state where a reload does not find it."""

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        self.count = getattr(self, "count", 0) + 1
        return sound * np.float32(1 / self.count)


class Slow(Plain):
    """Costs more than it says."""

    budget = 1e-7


class Crooked(Plain):
    """Rests outside of its range."""

    amount = Control(2.0, low=0, high=1)


class Mumbling(Plain):
    __doc__ = ""


class Fixed(Plain):
    """Breaks at any rate but its own."""

    def start(self, fmt: Format) -> dict[str, Any]:
        return super().start(fmt) | {"gain": np.float32(np.nan if fmt.rate != 48000 else 1)}

    def step(self, state: dict[str, Any], sound: Block, at: Ramps) -> Block:
        return sound * state["gain"]


def contract_of(which: type[Engine]) -> Contract:
    """The contract, asked about one engine by hand."""
    asked = Contract()
    asked.engine = which  # type: ignore[misc]
    return asked


BREACHES = [
    (Late, "test_it_answers_after_exactly_the_declared_latency", {}, "after 100 frames, and declares 99"),
    (Late, "test_neutral_leaves_the_sound_alone", {}, "neutral changes the sound"),
    (Corner, "test_every_corner_is_finite_and_bounded", {}, "not a number at {'amount': 1.0}"),
    (Corner, "test_moving_every_control_stays_bounded", {}, "not a number on the way"),
    (Loud, "test_every_corner_is_finite_and_bounded", {}, "times full scale"),
    (Unseeded, "test_the_same_seed_gives_the_same_sound", {}, "two runs with seed 3 differ"),
    (Humming, "test_silence_in_gives_silence_out", {}, "out of nothing"),
    (Humming, "test_neutral_leaves_the_sound_alone", {}, "neutral changes the sound"),
    (Stepwise, "test_the_length_of_a_step_does_not_matter", {}, "differ from one long step"),
    (Stepwise, "test_what_comes_later_never_changes_what_was", {}, None),
    (Seer, "test_what_comes_later_never_changes_what_was", {}, "changed by"),
    (Forgetful, "test_its_state_survives_a_reload", {"carry": copy.deepcopy}, "reloaded state sounds different"),
    (Slow, "test_its_cost_stays_within_its_budget", {}, "the budget is"),
    (Crooked, "test_every_control_rests_within_its_range", {}, "rests at 2.0"),
    (Mumbling, "test_it_says_in_one_line_what_one_would_hear", {}, "no docstring"),
    (Fixed, "test_every_sample_rate_sounds", {"rate": 44100}, ""),
]


@pytest.mark.parametrize(("which", "promise", "given", "says"), BREACHES, ids=[f"{b[0].__name__}-{b[1][5:]}" for b in BREACHES])
def test_a_broken_engine_is_caught(which: type[Engine], promise: str, given: dict[str, Any], says: str | None) -> None:
    check = getattr(contract_of(which), promise)
    if says is None:  # breaks another promise, not this one
        check(**given)
        return
    with pytest.raises(AssertionError, match=None) as caught:
        check(**given)
    assert says in str(caught.value)


def test_streaming_that_depends_on_the_cut_is_caught(tmp_path: Any) -> None:
    with pytest.raises(AssertionError, match="through a ring it differs"):
        contract_of(Seer).test_streaming_equals_offline(tmp_path)


class TestPlain(Contract):
    """And one that is whole keeps every promise."""

    engine = Plain


class TestPrompt(Contract):
    """So does one that is late and says so."""

    engine = Prompt
    neutral = None

    loose = 0.0


class Whistle(Engine):
    """A generator: a tone by itself, in chunks."""

    inlets = ()
    chunk = 512
    pitch = Control(440, low=50, high=5000, unit="Hz", curve="log")

    def start(self, fmt: Format) -> list[float]:
        return [fmt.rate, fmt.channels, 0.0]

    def step(self, state: list[float], sound: Block, at: Ramps) -> Block:
        frames = sound.shape[1]
        phase = state[2] + np.cumsum(at.ramp("pitch", frames).astype(float) / state[0])
        state[2] = float(phase[-1] % 1)
        return np.tile(0.3 * np.sin(2 * np.pi * phase), (int(state[1]), 1)).astype(np.float32)


class TestWhistle(Contract):
    """A generator keeps the promises that concern it."""

    engine = Whistle
