"""Keys in the core's own time: struck at the very sample, let go with the key, deaf to what is not meant for the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from live.bounce import bounce
from live.core.check import Refusal
from live.core.midi import FOOT, LET_GO, STRUCK
from live.core.offline import Offline
from live.plan import compare
from live.replay import played as played_again
from live.score import Drive, Node, Score, Send
from live.studio import Studio

RATE = 48000
LATE = 64  # frames the limiter holds everything back
ALL = ("keys", 0, 127, "", 0)


def waiting(kind: str, hits: Any = ALL, block: int = 256, **more: Any) -> Offline:
    """A core with one place that waits for keys; a little time has passed."""
    controls = more.pop("controls", {})
    core = Offline(RATE, 1, block=block)
    core.play(Score({"x": Node(kind, controls=controls, settings={"hits": hits, **more})}, (Send("x", 0, 1),)))
    core.run(1000)
    return core


def tone(hits: Any = ALL) -> Offline:
    return waiting("tone", hits, controls={"attack": 0.001, "release": 0.001})


def hertz(sound: NDArray[np.float32]) -> float:
    """The pitch of a plain tone; 0 when it is still."""
    if np.abs(sound).max() < 1e-4:
        return 0.0
    spectrum = np.abs(np.fft.rfft(sound[0] * np.hanning(sound.shape[1]), 1 << 18))
    return float(np.argmax(spectrum)) * RATE / (1 << 18)


def on(core: Offline, key: int, velocity: float = 1.0, slot: int = 0, channel: int = 0) -> None:
    core.stand.strike(int(STRUCK), key, velocity, slot, channel)


def off(core: Offline, key: int, slot: int = 0, channel: int = 0) -> None:
    core.stand.strike(int(LET_GO), key, 0.0, slot, channel)


def foot(core: Offline, down: bool, slot: int = 0, channel: int = 0) -> None:
    core.stand.strike(FOOT, 0, float(down), slot, channel)


def message(core: Offline, *data: int, slot: int = 0, frame: int = 0) -> None:
    """A message as hands send it."""
    at, heard = core.stand.hands["heard_at"], core.stand.hands["heard"]
    row = np.zeros((), heard.dtype)
    row["frame"], row["slot"], row["size"], row["bytes"][: len(data)] = frame, slot, len(data), data
    heard[int(at[0]) % len(heard)] = row
    at[0] += 1


# --- struck --------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [64, 256, 1000])
def test_a_key_is_heard_at_its_very_sample(tick: str, block: int) -> None:
    core = waiting("clip", file=tick, block=block)
    found = []
    for k in range(5):
        frame = core.frame + 100 + 37 * k
        core.run(frame - core.frame)
        on(core, 36, 0.25 + k / 8)
        sound = core.run(4000)[0]
        found.append([(int(i), round(float(sound[i]), 4)) for i in np.flatnonzero(sound)])
    assert found == [[(LATE, round((0.25 + k / 8) / 2, 4))] for k in range(5)]


def test_bytes_from_a_controller_play_it(tick: str) -> None:
    core = waiting("clip", ("keys", 36, 36, "", 0), file=tick)
    message(core, 0x99, 36, 127)
    message(core, 0x99, 37, 127)
    sound = core.run(4000)[0]
    assert [round(float(sound[i]), 4) for i in np.flatnonzero(sound)] == [0.5]


def test_a_keys_pitch_and_velocity_are_the_tones() -> None:
    core = tone()
    on(core, 69, 0.5)
    sound = core.run(24000)
    assert hertz(sound) == pytest.approx(440, abs=0.2)
    assert float(np.abs(sound[:, 1000:]).max()) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("hits", "heard"),
    [
        (("keys", 48, 59, "", 0), [48, 59]), (("keys", 0, 127, "", 10), [61]), (("keys", 60, 60, "", 0), [60]), (("keys", 0, 127, "mpd", 0), [62]),
        (("keys", 0, 127, "nobody", 0), []),
    ],
)  # fmt: skip
def test_a_place_hears_only_its_own_keys(tick: str, hits: Any, heard: list[int]) -> None:
    core = waiting("clip", hits, file=tick)
    for k, name in enumerate(core.stand.asked):
        core.stand.asked_slots[k] = 0b100 if name == b"mpd" else 0
    found = []
    for key, slot, channel in ((47, 0, 0), (48, 0, 0), (59, 1, 3), (60, 0, 0), (61, 0, 9), (62, 2, 0)):
        on(core, key, 1.0, slot, channel)
        if np.abs(core.run(13000)).max() > 0.1:
            found.append(key)
        off(core, key, slot, channel)
    assert found == heard


def test_two_places_may_ask_for_the_same_device() -> None:
    core = Offline(RATE, 2)
    node = Node("pluck", settings={"hits": ("keys", 0, 127, "nano", 0)})
    core.play(Score({"a": node, "b": node}, (Send("a", 0, 1), Send("b", 1, 1))))
    assert [name for name in core.stand.asked if name] == [b"nano"]


@pytest.mark.parametrize("kind", ["pluck", "grains"])
def test_whatever_takes_events_is_played(kind: str, steps: str) -> None:
    core = waiting(kind, **({"file": steps} if kind == "grains" else {}))
    assert np.abs(core.run(9600)).max() == 0
    on(core, 60)
    assert np.abs(core.run(9600)).max() > 0.005


def test_a_pluck_sounds_at_the_pitch_of_the_key() -> None:
    core = waiting("pluck")
    on(core, 57)
    partial = hertz(core.run(48000)) / 220
    assert partial == pytest.approx(round(partial), abs=0.002)


def test_an_env_follows_the_velocity_and_is_let_go_with_the_last_key() -> None:
    core = Offline(RATE, 1)
    env = Node("env", settings={"hits": ALL}, controls={"attack": 0.001, "release": 0.01, "sustain": 1.0, "decay": 0.0})
    core.play(Score({"e": env, "n": Node("tone")}, (Send("n", 0, 1, 0.0),)))
    core.run(1000)
    slot = core.conductor.places["e"].strip.slot

    def stands() -> float:
        core.run(2400)
        return float(core.stand.ctl[1, slot])

    assert stands() == 0
    on(core, 60, 0.25)
    assert stands() == pytest.approx(0.25)
    on(core, 64, 0.5)
    assert stands() == pytest.approx(0.5)
    off(core, 64)
    assert stands() == pytest.approx(0.5)
    off(core, 60)
    assert stands() == pytest.approx(0.0, abs=1e-6)


# --- held and let go -----------------------------------------------------------------------------


def test_a_tone_goes_back_to_the_key_that_is_still_held() -> None:
    core = tone()
    heard = []
    for act, key in ((on, 69), (on, 81), (on, 57), (off, 81), (off, 57), (off, 69)):
        act(core, key)
        core.run(960)
        heard.append(round(hertz(core.run(9600))))
    assert heard == [440, 880, 220, 220, 440, 0]


@given(some.lists(some.tuples(some.booleans(), some.integers(60, 71)), max_size=20))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_tone_plays_the_newest_held_key_whatever_is_played(moves: list[tuple[bool, int]]) -> None:
    core, held = tone(), []
    for down, key in moves:
        (on if down else off)(core, key)
        held = [*(k for k in held if k != key), *([key] if down else [])]
    core.run(960)
    heard = hertz(core.run(9600))
    assert heard == pytest.approx(440 * 2 ** ((held[-1] - 69) / 12) if held else 0, abs=0.5)


def test_a_clip_plays_on_when_the_pad_is_let_go_unless_it_is_told_otherwise(steps: str) -> None:
    levels = []
    for gate in (False, True):
        core = waiting("clip", file=steps, gate=gate)
        on(core, 36)
        core.run(2000)
        off(core, 36)
        core.run(1000)
        levels.append(float(np.abs(core.run(2000)).max()))
    assert levels[0] > 0.005
    assert levels[1] == 0


def test_another_pad_let_go_does_not_stop_a_gated_clip(steps: str) -> None:
    core = waiting("clip", file=steps, gate=True)
    on(core, 36)
    core.run(500)
    on(core, 38)
    off(core, 36)
    core.run(1000)
    assert np.abs(core.run(1000)).max() > 0.005


def test_a_pluck_rings_on_and_with_a_gate_only_the_string_let_go_is_damped() -> None:
    still = []
    for gate in (False, True):
        core = waiting("pluck", gate=gate)
        on(core, 57)
        on(core, 64)
        core.run(4800)
        off(core, 64)
        core.run(14400)
        spectrum = np.abs(np.fft.rfft(core.run(48000)[0] * np.hanning(48000)))
        still.append((bool(spectrum[215:225].max() > 1), bool(spectrum[325:335].max() > 1)))
    assert still == [(True, True), (True, False)]


@pytest.mark.parametrize("kind", ["tone", "pluck"])
def test_all_notes_off_lets_everything_go(kind: str) -> None:
    core = waiting(kind, controls={"release": 0.001} if kind == "tone" else {"decay": 30})
    for key in (60, 64, 67):
        on(core, key)
    core.run(2400)
    off(core, -1)
    core.run(9600)
    assert np.abs(core.run(2400)).max() < 1e-3


def test_all_notes_off_of_another_channel_is_none_of_its_business() -> None:
    core = tone()
    on(core, 69, 1.0, 0, 1)
    core.run(960)
    off(core, -1, 0, 2)
    core.run(960)
    assert np.abs(core.run(960)).max() > 0.5


def test_more_keys_than_fingers_are_no_trouble() -> None:
    core = tone()
    for key in range(40, 80):
        on(core, key)
    for key in range(79, 60, -1):
        off(core, key)
    core.run(960)
    assert hertz(core.run(9600)) in (0.0, pytest.approx(440 * 2 ** ((60 - 69) / 12), abs=0.5))


def test_a_storm_of_keys_loses_none_that_fits() -> None:
    core = tone()
    for k in range(20000):
        (on if k % 2 else off)(core, k % 128)
    off(core, -1)
    core.run(960)
    assert np.abs(core.run(960)).max() == 0


# --- held by the foot -----------------------------------------------------------------------------


def test_the_foot_holds_a_tone_until_it_comes_up() -> None:
    core, heard = tone(), []
    for step in ((on, 69), (foot, True), (off, 69), (on, 81), (off, 81), (foot, False), (foot, True), (on, 57), (foot, False), (off, 57)):
        step[0](core, step[1])
        core.run(960)
        heard.append(round(hertz(core.run(9600))))
    assert heard == [440, 440, 440, 880, 880, 0, 0, 220, 220, 0]


def test_when_the_foot_comes_up_the_key_that_is_still_held_sounds_again() -> None:
    core = tone()
    on(core, 69)
    foot(core, True)
    on(core, 81)
    off(core, 81)
    core.run(960)
    assert hertz(core.run(9600)) == pytest.approx(880, abs=0.5)
    foot(core, False)
    core.run(960)
    assert hertz(core.run(9600)) == pytest.approx(440, abs=0.5)


@given(some.lists(some.tuples(some.sampled_from(("on", "off", "foot")), some.integers(60, 66)), max_size=24))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_tone_plays_the_newest_that_hand_or_foot_holds(moves: list[tuple[str, int]]) -> None:
    core, fingers, held, down = tone(), set[int](), list[int](), False
    for move, key in moves:
        if move == "on":
            on(core, key)
            fingers.add(key)
            held = [*(k for k in held if k != key), key]
        elif move == "off":
            off(core, key)
            fingers.discard(key)
            held = held if down else [k for k in held if k != key]
        else:
            down = not down
            foot(core, down)
            held = held if down else [k for k in held if k in fingers]
        core.run(7)
    core.run(960)
    heard = hertz(core.run(9600))
    assert heard == pytest.approx(440 * 2 ** ((held[-1] - 69) / 12) if held else 0, abs=0.5)


@pytest.mark.parametrize(
    ("hits", "holds"), [(ALL, True), ((*ALL, 0, -1.0), False), (("keys", 36, 36, "", 0), False), (("keys", 36, 36, "", 0, 1, 0.0), True)]
)
def test_the_foot_holds_a_gated_clip_but_no_pad_nor_what_is_told_otherwise(steps: str, hits: Any, holds: bool) -> None:
    core = waiting("clip", hits, file=steps, gate=True)
    foot(core, True)
    on(core, 36)
    core.run(1000)
    off(core, 36)
    core.run(1000)
    assert (np.abs(core.run(1000)).max() > 0.005) == holds
    foot(core, False)
    core.run(1000)
    assert np.abs(core.run(1000)).max() == 0


def test_the_foot_holds_the_strings_of_a_gated_pluck_and_lets_each_go_that_no_finger_holds() -> None:
    core = waiting("pluck", gate=True)
    foot(core, True)
    for key in (57, 64):
        on(core, key)
    core.run(2400)
    off(core, 64)
    core.run(14400)
    loud = []
    for _ in range(2):
        spectrum = np.abs(np.fft.rfft(core.run(48000)[0] * np.hanning(48000)))
        loud.append((bool(spectrum[215:225].max() > 1), bool(spectrum[325:335].max() > 1)))
        foot(core, False)
        core.run(14400)
    assert loud == [(True, True), (True, False)]


def test_the_foot_holds_an_env() -> None:
    core = Offline(RATE, 1)
    env = Node("env", settings={"hits": ALL}, controls={"attack": 0.001, "release": 0.01, "sustain": 1.0, "decay": 0.0})
    core.play(Score({"e": env, "n": Node("tone")}, (Send("n", 0, 1, 0.0),)))
    core.run(1000)
    slot, stands = core.conductor.places["e"].strip.slot, []
    for step in ((on, 60), (foot, True), (off, 60), (foot, False)):
        step[0](core, step[1])
        core.run(2400)
        stands.append(round(float(core.stand.ctl[1, slot]), 6))
    assert stands == [1, 1, 1, 0]


def test_another_channels_foot_holds_nothing_here() -> None:
    core = tone()
    foot(core, True, 0, 1)
    foot(core, True, 1, 0)
    on(core, 69)
    off(core, 69)
    core.run(960)
    assert np.abs(core.run(960)).max() == 0


def test_a_newcomer_finds_pedal_and_wheel_where_they_are() -> None:
    core = Offline(RATE, 1)
    message(core, 0xB0, 64, 127)
    message(core, 0xE0, 127, 127)
    core.run(1000)
    core.play(Score({"x": Node("tone", controls={"attack": 0.001, "release": 0.001}, settings={"hits": ALL})}, (Send("x", 0, 1),)))
    core.run(1000)
    message(core, 0x90, 67, 100)
    message(core, 0x80, 67, 0)
    core.run(960)
    assert hertz(core.run(9600)) == pytest.approx(440, abs=0.5)


@pytest.mark.parametrize("block", [64, 100, 256])
def test_the_pedal_lets_go_at_its_very_sample(steps: str, block: int) -> None:
    core = waiting("clip", file=steps, gate=True, block=block)
    ends = []
    for _ in range(3):
        frame = core.frame
        for at, *data in ((5, 0xB0, 64, 127), (6, 0x90, 36, 127), (9, 0x80, 36, 0), (1777, 0xB0, 64, 0)):
            core.run(frame + at - core.frame)
            message(core, *data)
        sound = core.run(2000)[0]
        ends.append(int(np.flatnonzero(np.abs(sound) < 0.0099)[0]))  # its fade begins
        core.run(2000)
    assert len(set(ends)) == 1
    assert LATE <= ends[0] < LATE + 8


@pytest.mark.parametrize("number", [120, 123])
def test_all_notes_off_lets_go_what_the_foot_holds(number: int) -> None:
    core = tone()
    for data in ((0xB0, 64, 127), (0x90, 60, 100), (0x90, 69, 100), (0x80, 69, 0)):
        message(core, *data)
    core.run(960)
    assert hertz(core.run(9600)) == pytest.approx(440, abs=0.5)
    message(core, 0xB0, number, 0)
    core.run(960)
    assert np.abs(core.run(960)).max() == 0
    message(core, 0x90, 57, 100)  # the foot is still down
    message(core, 0x80, 57, 0)
    core.run(960)
    assert hertz(core.run(9600)) == pytest.approx(220, abs=0.5)


def test_more_keys_than_are_remembered_all_go_with_the_foot() -> None:
    core = waiting("pluck", gate=True, controls={"decay": 30})
    foot(core, True)
    for key in range(30, 100):
        on(core, key)
        off(core, key)
    foot(core, False)
    core.run(24000)
    assert np.abs(core.run(2400)).max() < 1e-3


# --- bent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "up"), [(ALL, 2), ((*ALL, 1, 12.0), 12), ((*ALL, 1, 0.0), 0), ((*ALL, 1, 0.5), 0.5), (("keys", 69, 69, "", 0), 0)]
)
def test_the_wheel_bends_a_tone_while_it_sounds_and_when_it_is_struck(hits: Any, up: float) -> None:
    core, heard = tone(hits), []
    for data in ((0x90, 69, 100), (0xE0, 127, 127), (0x80, 69, 0), (0x90, 69, 100), (0xE0, 0, 0), (0xE0, 0, 64)):
        message(core, *data)
        core.run(4800)
        heard.append(hertz(core.run(9600)))
    up, down = 440 * 2 ** (up / 12), 440 * 2 ** (-up / 12)
    assert heard == [pytest.approx(hz, abs=0.5) for hz in (440, up, 0, up, down, 440)]


def test_a_controller_says_how_far_its_wheel_bends() -> None:
    core, heard = tone(), []
    message(core, 0x90, 69, 100)
    message(core, 0xE0, 127, 127)
    for semitones, cents in ((12, None), (3, 50), (0, 0)):
        for data in ((101, 0), (100, 0), (6, semitones), *([] if cents is None else [(38, cents)])):
            message(core, 0xB0, *data)
        core.run(4800)
        heard.append(hertz(core.run(9600)))
    assert heard == [pytest.approx(440 * 2 ** (n / 12), abs=0.5) for n in (12, 3.5, 0)]


def test_a_string_takes_the_wheels_pitch_when_it_is_plucked_and_is_let_go_all_the_same() -> None:
    core = waiting("pluck", (*ALL, 1, 3.0), gate=True)
    message(core, 0xE0, 127, 127)
    message(core, 0x90, 57, 100)
    partial = hertz(core.run(48000)) / (220 * 2 ** (3 / 12))
    assert partial == pytest.approx(round(partial), abs=0.002)
    message(core, 0xE0, 0, 64)
    message(core, 0x80, 57, 0)
    core.run(14400)
    assert np.abs(core.run(4800)).max() < 1e-3


def test_a_string_follows_the_wheel_while_its_key_is_held_and_rings_on_where_it_was_let_go() -> None:
    core, heard = waiting("pluck", controls={"decay": 30, "bright": 0.4}), []
    for data in ((0x90, 57, 100), (0xE0, 127, 127), (0xE0, 0, 0), (0x80, 57, 0), (0xE0, 127, 127)):
        message(core, *data)
        core.run(4800)
        spectrum = np.abs(np.fft.rfft(core.run(24000)[0] * np.hanning(24000), 1 << 18))
        low, high = (round(hz * (1 << 18) / RATE) for hz in (180, 270))
        heard.append((low + int(np.argmax(spectrum[low:high]))) * RATE / (1 << 18))
    assert heard == [pytest.approx(220 * 2 ** (n / 12), abs=0.6) for n in (0, 2, -2, -2, -2)]


def test_a_string_is_not_scratched_while_it_is_bent() -> None:
    rough = []
    for moves in (False, True):
        core = waiting("pluck", controls={"decay": 30, "bright": 0.2})
        message(core, 0x90, 57, 100)
        core.run(48000)
        if moves:
            message(core, 0xE0, 127, 127)
        rough.append(float(np.abs(np.diff(core.run(4800)[0], 4)).max()))
    assert rough[1] < 12 * rough[0]


def test_a_bend_is_no_jump() -> None:
    core = tone()
    message(core, 0x90, 33, 100)
    core.run(9600)
    message(core, 0xE0, 127, 127)
    steps = np.abs(np.diff(core.run(4800)[0], 2))
    assert steps.max() < 2 * (2 * np.pi * 62 / RATE) ** 2


def test_a_wheel_that_moves_cuts_no_time_and_is_put_down_once_a_run() -> None:
    core = tone()
    for k in range(200):
        message(core, 0xE0, k % 128, 64)
    core.run(256)
    total, rows = core.stand.keys(0)
    assert (total, rows[0][2:4]) == (1, (pytest.approx(2 * 71 / 8191), pytest.approx(71 / 8191)))


# --- notes of its own, edits -----------------------------------------------------------------------


def test_notes_are_laid_on_the_keys_from_the_lowest_up(steps: str) -> None:
    core = waiting("clip", ("keys", 48, 72, "", 0), file=steps, notes=(0.0, 0.5, 1.0))
    levels = []
    for key in (49, 48, 50, 51):
        on(core, key)
        core.run(200)
        levels.append(round(float(np.abs(core.run(100)).max()), 2))
    assert levels == [0.06, 0.01, 0.11, 0.01]


def test_a_single_pad_takes_its_notes_in_turn(steps: str) -> None:
    core = waiting("clip", ("keys", 36, 36, "", 0), file=steps, notes=(0.0, 0.5, 1.0))
    levels = []
    for _ in range(4):
        on(core, 36)
        core.run(200)
        levels.append(round(float(np.abs(core.run(100)).max()), 2))
    assert levels == [0.01, 0.06, 0.11, 0.01]


def test_the_desks_own_events_reach_it_too(tick: str) -> None:
    core = waiting("clip", file=tick)
    core.conductor.event("x", core.frame + 100, 1, [0.0, 1.0])
    assert list(np.flatnonzero(core.run(1000)[0])) == [100 + LATE]


def test_a_take_with_keys_is_played_again_sample_for_sample(tmp_path: Path, tick: str) -> None:
    studio = Studio(RATE, 1, 0, folder=tmp_path, journal=True, keep=True)
    places = {
        "hum": Node("tone", controls={"freq": 300, "gain": Drive("knob:key gate", 0.2, 0.1)}, settings={"hits": ("keys", 0, 59, "", 0)}),
        "hit": Node("clip", settings={"hits": ("keys", 60, 127, "nano", 0), "file": tick}),
    }
    studio.post(compare(Score(), Score(places, (Send("hum", 0, 1), Send("hit", 0, 1)))), fade=0.01)
    studio.run(4096)
    studio.core.asked_slots[0] = 0b10
    studio.knob("key gate", 1.0)
    keys = (0x90, 50, 90), (0x90, 62, 64), (0x90, 55, 127), (0x80, 55, 0), (0x80, 50, 0), (0x90, 47, 1), (0xB0, 123, 0)
    wheels = (0xE0, 3, 90), (0xB0, 64, 127), (0xE0, 77, 12), (0x90, 52, 80), (0x80, 52, 0), (0xE0, 1, 100), (0xB0, 64, 0), (0xE0, 0, 64)
    for k, data in enumerate((*keys, *wheels)):
        message(studio.offline, *data, slot=k % 2 if k < len(keys) else 0, frame=studio.frame + 3)
        studio.run(3000 + 77 * k)
    sound, frames = studio.sound, studio.frame
    studio.close()
    take = played_again(tmp_path / "journal.jsonl")
    bounce(take.cues, frames / RATE, tmp_path, rate=RATE, channels=1, names=take.names)
    again = soundfile.read(tmp_path / "mix.wav", dtype="float32", always_2d=True)[0].T[:, : sound.shape[1]]
    assert np.abs(sound).max() > 0.1
    assert np.array_equal(again, sound[:, : again.shape[1]])


def test_a_newcomer_does_not_hear_what_was_played_before_it(tick: str) -> None:
    core = Offline(RATE, 1)
    for _ in range(3):
        on(core, 36)
        core.run(256)
    core.play(Score({"x": Node("clip", settings={"hits": ALL, "file": tick})}, (Send("x", 0, 1),)))
    assert np.abs(core.run(2000)).max() == 0


def test_a_retuned_place_goes_on_holding_its_key() -> None:
    core = tone()
    on(core, 69)
    core.run(960)
    core.play(
        Score({"x": Node("tone", controls={"attack": 0.001, "release": 0.001, "gain": 0.5}, settings={"hits": ALL})}, (Send("x", 0, 1),))
    )
    core.run(2400)
    assert hertz(core.run(9600)) == pytest.approx(440, abs=0.5)
    off(core, 69)
    core.run(960)
    assert np.abs(core.run(960)).max() == 0


@pytest.mark.parametrize(
    ("hits", "says"),
    [
        (("keys", 60, 40, "", 0), "from 0 to 127"),
        (("keys", 0, 200, "", 0), "from 0 to 127"),
        (("keys", 0, 127, "", 17), "1 to 16"),
        (("keys",), "are no keys"),
        (("keys", 0, 127, "", 0, 1), "are no keys"),
        (("keys", 0, 127, "", 0, 1, 97.0), "0 to 96 semitones"),
        (("keys", 0, 127, "", 0, 2, 2.0), "held by a pedal or not"),
    ],
)
def test_keys_that_are_none_are_refused(hits: Any, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        waiting("pluck", hits)


def test_more_devices_than_can_be_named_are_refused() -> None:
    core = Offline(RATE, 1)
    places = {f"x{k}": Node("pluck", settings={"hits": ("keys", 0, 127, f"device {k}", 0)}) for k in range(33)}
    with pytest.raises(Refusal, match="no more than 32 devices"):
        core.play(Score(places))
