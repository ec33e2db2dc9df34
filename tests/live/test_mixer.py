"""Levels, mutes, solos, sends and hands: all of them without a click; the tape's tracks add up to the mix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from live.core import layout as at
from live.core.memory import Map
from live.score import Drive, Node, Score, Send
from tests.live.ear import RATE, core, edits, heard, highs, louder, tone, trouble

AB = heard({"a": tone(440), "b": tone(550)})


def test_a_muted_place_is_silent_and_comes_back_as_it_would_be() -> None:
    sound = edits((AB, 64), (AB.with_(muted=frozenset("a")), 9600), (AB, 24000))
    plain = edits((AB, 64), (AB, 24000))
    assert not sound[0, 12000:24000].any()
    assert np.array_equal(sound[:, -12000:], plain[:, -12000:])
    assert np.array_equal(sound[1], plain[1])


def test_solo_silences_all_others_and_lets_them_back() -> None:
    sound = edits((AB, 64), (AB.with_(soloed=frozenset("a")), 9600), (AB, 24000))
    plain = edits((AB, 64), (AB, 24000))
    assert not sound[1, 12000:24000].any()
    assert np.array_equal(sound[0], plain[0])
    assert np.array_equal(sound[:, -12000:], plain[:, -12000:])


def test_what_a_soloed_place_hears_is_still_heard_through_it() -> None:
    score = heard({"a": tone(440), "c": louder("a")})
    sound = edits((score, 64), (score.with_(soloed=frozenset("c")), 9600))
    assert not sound[0, -9600:].any()
    assert np.abs(sound[1, -9600:]).max() > 0.05


def test_a_place_made_muted_is_never_heard() -> None:
    assert not edits((AB.with_(muted=frozenset("ab")), 64)).any()


def test_mute_and_solo_do_not_click() -> None:
    for quiet in (AB.with_(muted=frozenset("a")), AB.with_(soloed=frozenset("b"))):
        sound = edits((AB, 64), (quiet, 9600), (AB, 14403))[0]
        assert highs(sound[4800:28800]) < -80


def test_a_place_goes_to_several_outputs_each_at_its_level() -> None:
    places = {"a": tone(440)}
    sound = edits((Score(places, (Send("a", 0, 1), Send("a", 1, 2, 0.25))), 64), channels=4)[:, 9600:]
    assert np.array_equal(sound[1], sound[2])
    assert np.allclose(sound[1], 0.25 * sound[0])
    assert not sound[3].any()


def test_channels_wrap_around_an_output_that_is_wider() -> None:
    places = {"a": Node("pan", ("s",), {"at": -1.0}), "s": tone(440)}
    sound = edits((Score(places, (Send("a", 0, 4),)), 64), channels=4)[:, 9600:]
    assert np.array_equal(sound[0], sound[2])
    assert np.array_equal(sound[1], sound[3])


def test_a_knob_drives_a_level_without_zipper() -> None:
    one = core(1)
    one.play(heard({"a": tone(440)}, Send("a", 0, 1, Drive("knob:7", 0.8, 0.1))))
    one.run(9600)
    parts = []
    for value in (1.0, 0.2, 0.9, 0.0):
        one.stand.knobs[7] = value
        parts.append(one.run(4800))
    sound = np.concatenate(parts, axis=1)[0]
    assert highs(sound) < -70
    assert np.abs(sound[4000:4800]).max() == pytest.approx(0.2 * 0.9, rel=0.01)
    assert np.abs(sound[-800:]).max() == pytest.approx(0.2 * 0.1, rel=0.01)


def test_a_knob_drives_a_control_within_its_range() -> None:
    one = core(1)
    one.play(heard({"a": tone(440, Drive("knob:1", 99.0))}, Send("a", 0, 1, 0.3)))
    one.stand.knobs[1] = 1.0
    assert np.abs(one.run(RATE)).max() == pytest.approx(2.0 * 0.3, rel=0.01)


def test_a_knob_stands_from_a_newcomers_first_frame() -> None:
    one = core(1)
    one.stand.knobs[1] = 0.5
    one.run(9600)
    one.play(heard({"a": tone(440, Drive("knob:1", 0.4))}, Send("a", 0, 1)), fade=0)
    given = core(1)
    given.run(9600)
    given.play(heard({"a": tone(440, 0.2)}, Send("a", 0, 1)), fade=0)
    assert np.array_equal(one.run(9600), given.run(9600))


LFO = Node("lfo", (), {"rate": 3.0, "low": 0.1, "high": 0.3})
SLOW = Node("lfo", (), {"rate": 0.5, "low": 0.05, "high": 0.2}, {"shape": "triangle"})
CONTROLS = {
    "another control": heard({"l": SLOW, "a": tone(440, Drive("l"))}, Send("a", 0, 1)),
    "another kind of control": heard({"l": Node("scale", (), {"b": 0.05}), "a": tone(440, Drive("l"))}, Send("a", 0, 1)),
    "a number": heard({"l": LFO, "a": tone(440, 0.05)}, Send("a", 0, 1)),
    "a number, and the control gone": heard({"a": tone(440, 0.05)}, Send("a", 0, 1)),
    "another scale": heard({"l": LFO, "a": tone(440, Drive("l", 0.3))}, Send("a", 0, 1)),
    "a knob": heard({"l": LFO, "a": tone(440, Drive("knob:2", 1.0, 0.1))}, Send("a", 0, 1)),
    "through another control": heard(
        {"l": LFO, "m": Node("scale", (), {"x": Drive("l"), "a": 0.5}), "a": tone(440, Drive("m"))}, Send("a", 0, 1)
    ),
    "the level too": heard({"l": LFO, "a": tone(440, Drive("l"))}, Send("a", 0, 1, Drive("l"))),
    "a sound of the control's name": heard({"l": tone(550, 0.1), "a": tone(440, 0.1)}, Send("a", 0, 1), Send("l", 0, 1)),
    "all gone": Score(),
}


@pytest.mark.parametrize("to", CONTROLS)
def test_what_follows_a_control_does_not_jump_when_the_control_changes(to: str) -> None:
    before = heard({"l": LFO, "a": tone(440, Drive("l"))}, Send("a", 0, 1))
    for first, second in ((before, CONTROLS[to]), (CONTROLS[to], before)):
        one = core(1)
        sound = edits((first, 64), (second, 9617), (first, 10703), (second, 12100), core=one)[0]
        assert highs(sound[4800:28800]) < -75
    taken = {name: count for name, count in one.conductor.taken.items() if name != "slots"}
    other = core(1)
    edits((second, 64), core=other)
    assert taken == {name: count for name, count in other.conductor.taken.items() if name != "slots"}


# --- the tape ------------------------------------------------------------------


def stems(tape: Map, channels: int, frames: int) -> np.ndarray:
    """What the tape's groups say the mix was before the limiter."""
    total = np.zeros((channels, frames))
    for start, entry in enumerate(tape.tracks):
        name = entry["name"].decode()
        if not entry["tracks"] or name in ("mix", "gain") or name.startswith("in/"):
            continue
        since = max(int(entry["since"]), 0)
        until = frames if entry["until"] < 0 else int(entry["until"])
        for k in range(int(entry["width"])):
            total[int(entry["first"]) + k, since:until] += tape.ring[start + k % int(entry["tracks"]), since:until]
    return total


def rehearse(tape: Map, seed: int, *, channels: int = 4, tracks: int = 40) -> tuple[np.ndarray, object]:
    """Two seconds of comings and goings, loud enough for the limiter."""
    chance = np.random.default_rng(seed)
    one = core(channels, tape=tape)
    names = "abcdefg"
    while one.frame < 2 * RATE:
        places: dict[str, Node] = {"t": tone(110, 0.5)}
        for name in names:
            if chance.random() < 0.6:
                places[name] = [tone(float(chance.uniform(100, 900)), 0.5), Node("pan", ("t",)), Node("noise", settings={"channels": 3})][
                    chance.integers(3)
                ]
        sends = [
            Send(n, int(chance.integers(0, 3)), int(chance.integers(1, 3)), float(chance.uniform(0, 1)))
            for n in places
            if chance.random() < 0.8
        ]
        now = one.frame // 64 * 64
        one.play(Score(places, tuple(sends)), frame=now + int(chance.integers(1, 64)), fade=float(chance.uniform(0, 0.1)))
        one.run(int(chance.integers(64, 6000)))
    return tape.ring, one


@pytest.mark.parametrize(("seed", "tracks"), [(1, 120), (2, 120), (3, 14)])
def test_stems_times_gain_are_the_mix_while_plans_come_and_go(tmp_path: Path, seed: int, tracks: int) -> None:
    tape = Map(tmp_path / "tape.map", at.tape(tracks), create=True)
    _, one = rehearse(tape, seed)
    frames, look = one.frame, int(tape.head[at.P_LOOKAHEAD])
    mix, gain = tape.ring[:4, :frames], tape.ring[4, :frames].astype(float)
    delayed = np.zeros((4, frames))
    delayed[:, look:] = stems(tape, 4, frames)[:, :-look]
    wrong = delayed * gain - mix
    assert gain.min() < 0.9
    assert 10 * np.log10((wrong**2).sum() / (mix.astype(float) ** 2).sum()) < -120
    assert tape.head[at.P_WRITTEN] == frames


def test_tracks_are_taken_given_back_and_rest_before_they_are_taken_again(tmp_path: Path) -> None:
    tape = Map(tmp_path / "tape.map", at.tape(30), create=True)
    one = core(2, tape=tape)
    one.play(AB)
    one.run(4800)
    assert one.conductor.taken["tracks"] == 2
    used = {int(spot) for spot in np.flatnonzero(tape.tracks["name"] == b"a")}
    one.play(Score())
    one.run(9600)
    assert one.conductor.taken["tracks"] == 0
    assert (tape.tracks["until"][sorted(used)] > 4800).all()
    one.play(AB)
    one.run(4800)
    assert {int(spot) for spot in np.flatnonzero((tape.tracks["name"] == b"a") & (tape.tracks["until"] < 0))}.isdisjoint(used)


def test_a_stem_begins_at_the_very_frame_of_its_landing(tmp_path: Path) -> None:
    tape = Map(tmp_path / "tape.map", at.tape(30), create=True)
    one = core(2, tape=tape, block=1024)
    one.play(heard({"c": trouble("click")}), frame=3003, fade=0)
    one.run(8192)
    spot = int(np.flatnonzero(tape.tracks["name"] == b"c")[0])
    assert int(tape.tracks["since"][spot]) == 3003
    assert np.flatnonzero(tape.ring[spot])[0] == 3003


def test_what_finds_no_track_is_recorded_with_the_rest(tmp_path: Path) -> None:
    tape = Map(tmp_path / "tape.map", at.tape(8), create=True)
    one = core(2, tape=tape)
    one.play(heard({f"p{k}": tone(200 + 50 * k, 0.05) for k in range(9)}, *[Send(f"p{k}", k % 2, 1) for k in range(9)]))
    one.run(9600)
    rest = int(np.flatnonzero(tape.tracks["name"] == b"rest")[0])
    assert tape.ring[rest : rest + 2, 4800:9600].any(axis=1).all()
