"""What may be said, and what is answered when it may not: sounds, latents, numbers that move, rhythms, loudspeakers."""

from __future__ import annotations

from pathlib import Path

import pytest

from live import words
from live.mistakes import Mistake
from live.plan import compare, told
from live.room import Room
from live.score import Drive, Score
from tests.live.pages import QUAD, RAIN, page_of, score, slip

HEAD = f"{RAIN}dusk = noise()\nglass = latent(rain)\nhalo = latent(dusk)\n"


def steps(text: str) -> str:
    return told(compare(Score(), score(text)))


# --- one operator, one meaning ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("rain + dusk", "mix"), ("2 * rain", "gain"), ("rain * 2", "gain"), ("rain / 2", "gain"), ("rain * knob(1)", "gain"), ("knob(1) * rain", "gain"),
        ("(knob(1) > 0.5) * rain", "gain"), ("rain * (knob(1) > 0.5)", "gain"), ("sum([rain, dusk])", "mix"), ("glass + halo", "mix"),
        ("glass - halo", "mix"), ("glass * 0.5", "gain"), ("knob(1) * glass", "gain"), ("-glass", "gain"), ("glass / 2", "gain"), ("-2 * glass", "gain"),
        ("when(knob(1) > 0.5, rain, dusk)", "crossfade"), ("when(knob(1), glass, halo)", "crossfade"), ("when(True, rain, dusk)", "clip"),
        ("when(knob(1) > 0.5, rain, dusk) * 0.5", "gain"),
    ],
)  # fmt: skip
def test_what_may_be_said_of_sounds_and_latents(text: str, kind: str) -> None:
    assert score(f"{HEAD}x = {text}\n").places["rain" if kind == "clip" else "x"].kind == kind


@pytest.mark.parametrize(
    ("text", "says", "near"),
    [
        ("rain - dusk", "Sound minus sound is only phase", "Write: latent(rain) - latent(dusk)"),
        ("-rain", "A sound has no minus", "latent(a) - latent(b)"),
        ("-1 * rain", "A sound has no minus", "latent(a) - latent(b)"),
        ("17 * rain", "17 times is more than 16", "Nearest: 16"),
        ("rain / 0", "not by 0", "0.5 * rain"),
        ("rain * dusk", "not by another sound", "rain * follow(dusk)"),
        ('rain * "loud"', "this is a text", ""),
        ("rain + 1", "1 is none", "2 * rain"),
        ("rain + glass", "cannot be mixed as they are", "Write: latent(rain) + glass"),
        ("glass + rain", "Latents are added to latents", "Write: glass + latent(rain)"),
        ("glass - rain", "Only a latent can be taken out", "Write: glass - latent(rain)"),
        ("rain - glass", "Sound minus sound", "latent(a) - latent(b)"),
        ("glass - 1", "Only a latent can be taken out of a latent", ""),
        ("glass * halo", "not by another sound", ""),
        ("rain >> filter", ">> is not used here", "Write: worn = filter(rain)"),
        ("clip >> filter", ">> is not used here", "Write: worn = filter(clip(...))"),
        ("filter >> rain", ">> is not used here", "Write: worn = "),
        ("rain if knob(1) > 0.5 else dusk", "if asks once", "Write: when("),
        ("rain if knob(1) else dusk", "neither true nor false", "when(knob(21) > 0.5, a, b)"),
        ("knob(1) == 1", "hardly ever exactly another", "Ask: knob(1) > 1"),
        ("int(knob(1))", "knob(1) moves", "rate=knob(21)"),
        ("knob(1) / knob(2)", "divided by a plain number", ""),
        ("knob(1) + rain", "+ needs two numbers; this is a sound", ""),
        ("list(rain)", "A sound cannot be counted through", "[a, b]"),
        ("rain[0]", "has no parts", "rain.rate"),
        ("rain(2)", "rain is a place, not a word", "more = "),
        ("rain.rat", "rain has no control 'rat'", "Nearest: rate"),
        ("when(3, rain, dusk)", "when asks about something that moves", "when(knob(21) > 0.5, a, b)"),
        ("when(knob(1) > 0.5, rain, 3)", "between two of a kind, not a sound and 3", ""),
        ("when(knob(1) > 0.5, rain, glass)", "between two of a kind, not a sound and a latent", ""),
        ("knob(1).log(0, 10)", "above 0", "lin(0, 1)"),
    ],
)  # fmt: skip
def test_what_may_not_be_said_is_answered_with_the_line_to_type(text: str, says: str, near: str) -> None:
    found = slip(f"{HEAD}x = {text}\n")
    assert says in found.what
    assert near in found.near


# --- words and their arguments ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says", "near"),
    [
        ("filter(rain, cutof=300)", "filter has no control 'cutof'", "Nearest: cutoff (from 20 to 20000 Hz, rests at 1000)."),
        ("filter(rain, 30000)", "30000 is outside", "Nearest: 20000."),
        ("filter(rain, cutoff=float('nan'))", "cutoff is a number", ""),
        ("filter(rain, cutoff=dusk)", "cutoff is a number, not a sound", "cutoff=follow("),
        ('filter(rain, cutoff="loud")', "'loud' is no note", "c3, f#4"),
        ("filter()", "filter needs a sound to work on", "Write: filter(rain, ...)"),
        ("filter(rain, dusk)", "filter hears 1 sound.", "a + b"),
        ("noise(rain)", "noise hears no sound", ""),
        ("filter(clip)", "clip is a word; to hear it, call it", "Write: clip()"),
        ("filter(rain, 300, 1, 2)", "no use for so many numbers", "filter(sound, cutoff"),
        ('filter(rain, "lp", "hp")', "no use for the text 'hp'", ""),
        ("filter(rain, {})", "filter has no use for a dict", ""),
        ("filter(rain, mode=3)", "mode is a text", ""),
        ("filter(rain, mode=knob(1))", "mode is built in: it cannot move", "cutoff, q"),
        ("clip('rain on tim')", "There is no sound 'rain on tim'", "rain on tin"),
        ("clip(3)", "clip needs a sound file", 'clip("rain on tin")'),
        ("clip(file=3)", "goes by its name", 'clip("rain on tin")'),
        ("filter(rain, hits=every(1))", "has no control 'hits'", ""),
        ('tone(hits="x-q")', "q", ""),
        ("tone(hits=3)", "hits is a rhythm; this is 3", 'seq("x-o- xx-o")'),
        ("seq(3)", "reads steps from a text", 'seq("x-o- xx-o")'),
        ('seq("x", every=0)', "every goes from", "Nearest: 0.015625."),
        ('seq("x", swing=2)', "swing goes from 0 to 1; this is 2.", "Nearest: 1."),
        ("euclid(9, 8)", "not more hits than steps", "euclid(3, 8)"),
        ('clip("rain on tin", hits=every(1), notes="c3")', "clip has no pitch", "seconds into the sound"),
        ("delay(rain, mix=beats(1))", "mix is no time", "from 0 to 1"),
        ("beats(-1)", "beats goes from 0", "Nearest: 0."),
        ("mic(0)", "counted from 1", "mic(1)"),
        ("mic(3)", "This rig has 2 inputs; 3 is not there", "Nearest: mic(2)."),
        ('mic("piano")', "no input 'piano' in this rig", "mic(1)"),
        ("knob(-1)", "0 to 511", "knob(21)"),
        ("knob(2000)", "0 to 511", "knob(21)"),
        ("tempo(0)", "tempo goes from 1 to 999; this is 0.", "Nearest: 1."),
        ("least(rain, 1)", "least compares numbers; this is a sound", ""),
        ("effect(3)", "effect makes a treatment of a function", "@effect"),
        ("compressor(rain, side=3)", "compressor has no control 'side'", ""),
        ("unheard(3)", "There is no 'unheard'", ""),
    ],
)
def test_a_wrong_argument_is_named_with_the_nearest_legal_one(text: str, says: str, near: str) -> None:
    found = slip(f"{HEAD}x = {text}\n")
    assert says in found.what
    assert near in found.near


def test_numbers_without_a_name_go_to_the_controls_in_their_order() -> None:
    node = score(f"{RAIN}x = filter(rain, 300, 2)\n").places["x"]
    assert dict(node.controls) == {"cutoff": 300, "q": 2}


@pytest.mark.parametrize(
    ("text", "controls"),
    [("lfo(2)", {"rate": 2}), ("lfo(200, 2000)", {"low": 200, "high": 2000}), ("lfo(200, 2000, 3)", {"low": 200, "high": 2000, "rate": 3})],
)
def test_an_lfo_takes_its_speed_or_its_range_or_both(text: str, controls: dict[str, float]) -> None:
    assert dict(score(f"x = {text}\n").places["x"].controls) == controls


def test_several_sounds_in_a_list_are_mixed_where_one_is_wanted() -> None:
    assert score(f"{RAIN}dusk = noise()\nx = filter([rain, dusk])\n").places["x/mix"].ins == ("rain", "dusk")


def test_a_pitch_can_be_a_note() -> None:
    assert score('x = tone("a4")\n').places["x"].controls["freq"] == 440
    assert score('x = tone("bb3")\n').places["x"].controls["freq"] == pytest.approx(233.082)
    assert score('x = pluck(hits=every(1), notes="c4 f#4")\n').places["x"].settings["notes"] == pytest.approx((261.626, 369.994))


def test_a_rhythm_is_the_steps_as_they_are_typed() -> None:
    assert score('x = tone(hits=seq("x-o-  xx-o", every=1/2, swing=.3))\n').places["x"].settings == {
        "hits": "x-o- xx-o", "every": 0.5, "swing": 0.3, "turn": 0.0,
    }  # fmt: skip
    assert score("x = tone(hits=euclid(3, 8))\n").places["x"].settings["hits"].replace(" ", "") == "x--x--x-"
    assert score("x = tone(hits=every(2))\n").places["x"].settings["every"] == 2


# --- knobs ---------------------------------------------------------------------------------


def test_a_knob_travels_the_whole_range_of_a_control() -> None:
    assert score(f"{RAIN}rain2 = clip('rain on tin', rate=knob(1))\n").places["rain2"].controls["rate"] == Drive("knob:1", 16, -8)


def test_a_knob_travels_in_equal_ratios_where_ears_hear_so() -> None:
    found = score(f"{RAIN}x = filter(rain, cutoff=knob(1))\n")
    assert found.places["x"].controls["cutoff"] == Drive("x/curve")
    assert dict(found.places["x/curve"].controls) == {"x": Drive("knob:1"), "low": 20, "high": 20000}
    assert found.places["x/curve"].settings["log"] is True


@pytest.mark.parametrize(
    ("text", "drive"),
    [
        ("knob(1) * 1", Drive("knob:1")), ("2 * knob(1)", Drive("knob:1", 2)), ("knob(1) + 0.5", Drive("knob:1", 1, 0.5)), ("1 - knob(1)", Drive("knob:1", -1, 1)),
        ("knob(1) / 4", Drive("knob:1", 0.25)), ("2 * (knob(1) - 0.5)", Drive("knob:1", 2, -1)), ("knob(1).lin(0.2, 0.7)", Drive("knob:1", 0.5, 0.2)),
        ("0.5 * knob(1).lin(1, 3)", Drive("knob:1", 1, 0.5)),
    ],
)  # fmt: skip
def test_in_arithmetic_a_knob_is_the_number_it_is(text: str, drive: Drive) -> None:
    found = score(f"x = tone(gain={text})\n").places["x"].controls["gain"]
    assert isinstance(found, Drive)
    assert (found.source, found.scale, found.offset) == (drive.source, pytest.approx(drive.scale), pytest.approx(drive.offset))


def test_a_knob_with_a_name_is_the_same_knob_each_time() -> None:
    found = score('x = tone(gain=1 * knob("near"), width=knob("near"), freq=1 * knob("far"))\n').places["x"].controls
    assert found["gain"].source == found["width"].source != found["freq"].source


def test_a_level_follows_a_knob_as_it_is() -> None:
    assert score(f"{RAIN}out.stage = knob(3) * rain\n").sends[0].gain == Drive("knob:3")


def test_two_numbers_that_move_add_and_multiply() -> None:
    found = score("x = tone(gain=knob(1) + knob(2), width=knob(1) * lfo(2))\n")
    assert found.places["x/add"].controls["b"] == Drive("knob:2")
    assert found.places["x/times"].controls["b"] == Drive("x/lfo")


def test_what_can_be_asked_of_numbers_that_move() -> None:
    text = "x = tone(gain=when((knob(1) > 0.2) & (knob(2) < 0.4) | ~(knob(3) > 0.5), knob(4), 0.1))\n"
    kinds = [node.kind for node in score(text).places.values()]
    assert sorted(kinds) == ["choose", "least", "most", "tone"]
    assert score("x = tone(gain=least(knob(1), 0.5), width=least(0.2, 0.4))\n").places["x"].controls["width"] == 0.2


# --- latents, and the sounds they are heard as -------------------------------------------------


def test_one_decoder_is_enough_for_one_latent() -> None:
    found = score(f"{RAIN}glass = latent(rain)\na = filter(glass)\nb = delay(glass)\nout.stage = glass\n")
    assert [name for name, node in found.places.items() if node.kind == "unlatent"] == ["unlatent(glass)"]
    assert found.places["a"].ins == found.places["b"].ins == ("unlatent(glass)",)


def test_a_sound_file_is_encoded_once_for_all_who_use_it() -> None:
    found = score('a = latent(clip("rain on tin")) - 0.5 * latent(mic(1))\nb = 2 * latent(clip("rain on tin"))\n')
    assert sorted(name for name, node in found.places.items() if node.kind == "latent") == ["latent(1)", "latent(rain on tin)"]
    assert [name for name, node in found.places.items() if node.kind == "clip"] == ["clip(rain on tin)"]


def test_microphones_and_sound_files_are_shared_and_struck_ones_are_not() -> None:
    found = score(
        "a = filter(mic(1))\nb = filter(mic(1))\nc = filter(mic(2))\nd = filter(clip('wood knocks', hits=every(1)))\ne = filter(clip('wood knocks', hits=every(1)))\n"
    )
    assert found.places["a"].ins == found.places["b"].ins == ("mic(1)",) != found.places["c"].ins
    assert found.places["d"].ins == ("d/clip",)
    assert found.places["e"].ins == ("e/clip",)


def test_what_is_struck_otherwise_or_turned_otherwise_is_not_shared() -> None:
    found = score("a = filter(clip('rain on tin'))\nb = filter(clip('rain on tin', rate=0.5))\n")
    assert found.places["a"].ins != found.places["b"].ins


# --- tempo ---------------------------------------------------------------------------------


def test_a_time_in_beats_follows_the_tempo() -> None:
    for bpm, seconds in ((120, 0.375), (60, 0.75)):
        found = score(f"tempo({bpm}, 3)\n{RAIN}x = delay(rain, time=beats(3/4))\n")
        assert found.places["x"].controls["time"] == pytest.approx(seconds)
        assert (found.tempo, found.bar) == (bpm, 3)


def test_without_a_tempo_the_one_that_sounds_goes_on() -> None:
    assert score(RAIN, Score(tempo=77, bar=5)).tempo == 77
    assert score(f"{RAIN}x = delay(rain, time=beats(1))\n", Score(tempo=60)).places["x"].controls["time"] == 1


# --- several at once ---------------------------------------------------------------------------


def test_lists_and_dicts_of_places_have_names_each() -> None:
    found = score(
        "drops = [tone(f) for f in (200, 300)]\nkit = {'low': tone(50), 36: noise()}\ndeep = [[noise()], (tone(1000),)]\nout.stage = drops\n"
    )
    assert {"drops.1", "drops.2", "kit.low", "kit.36", "deep.1.1", "deep.2.1"} <= set(found.places)
    assert len(found.sends) == 2


def test_a_place_in_a_list_and_by_a_name_of_its_own_is_one() -> None:
    found = score(f"{RAIN}some = [rain, noise()]\nout.stage = sum(some)\n")
    assert set(found.places) == {"rain", "some.2", "out.stage/some.2"}


def test_an_lfo_with_a_name_moves_several_and_is_one() -> None:
    found = score("w = lfo(2)\na = tone(gain=w)\nb = tone(gain=1 - 0.5 * w)\n")
    assert found.places["a"].controls["gain"] == Drive("w", 2)
    assert found.places["b"].controls["gain"] == Drive("w", -0.5, 1)
    assert set(found.places) == {"w", "a", "b"}


# --- loudspeakers --------------------------------------------------------------------------


def test_what_goes_out_is_the_sum_of_its_terms_each_with_its_level() -> None:
    found = score("a = noise(channels=2)\nb = noise(channels=2)\nout.stage = a + 0.5 * (b + 0.5 * a)\n")
    assert [(send.place, send.gain) for send in found.sends] == [("a", 1.25), ("b", 0.5)]


def test_a_level_and_a_hand_on_one_place_add_up() -> None:
    found = score("a = noise(channels=2)\nout.stage = knob(1) * a + 0.5 * a\n")
    assert [send.gain for send in found.sends] == [Drive("knob:1", 1, 0.5)]


def test_two_hands_on_one_place_have_a_fader_each() -> None:
    found = score("a = noise(channels=2)\nout.stage = knob(1) * a + knob(2) * a + knob(2) * a\n")
    assert [(send.place, send.gain) for send in found.sends] == [("a", Drive("knob:1")), ("out.stage/gain", 1)]
    assert found.places["out.stage/gain"].controls["gain"] == Drive("knob:2", 2)


def test_more_can_be_added_to_an_output() -> None:
    assert steps("a = noise(channels=2)\nb = noise(channels=2)\nout.stage = a\nout.stage += 0.5 * b\n") == steps(
        "a = noise(channels=2)\nb = noise(channels=2)\nout.stage = a + 0.5 * b\n"
    )
    assert len(score("a = noise(channels=2)\nout.stage += a\n").sends) == 1


def test_a_place_as_wide_as_the_output_goes_out_as_it_is_and_another_is_folded() -> None:
    found = score("a = noise(channels=2)\nb = noise()\nc = pan(b)\nout.stage = a + b + c\n")
    assert [send.place for send in found.sends] == ["a", "c", "out.stage/b"]
    assert dict(found.places["out.stage/b"].settings) == {"channels": 2}


def test_outputs_go_by_name_or_by_number() -> None:
    found = score("a = noise(channels=2)\nb = noise()\nout.rear = a\nout[1] = b\nout[2, 3] = a\n", room=QUAD)
    assert [(send.place, send.first, send.width) for send in found.sends] == [("a", 1, 2), ("a", 2, 2), ("b", 0, 1)]


def test_a_session_plays_in_any_room() -> None:
    text = "a = noise(channels=2)\nout.ring = a\n"
    assert [send.place for send in score(text).sends] == ["a"]
    assert [send.place for send in score(text, room=QUAD).sends] == ["out.ring/a"]


@pytest.mark.parametrize(
    ("text", "says", "near"),
    [
        ("out.stge = rain", "This rig has no output 'stge'", "Nearest: stage."),
        ("out.stage = clip", "clip is a word", "Write: out.stage = clip(...)"),
        ("out.stage = 3", "Only sounds go to the loudspeakers; this is 3", "out.stage = rain"),
        ("out.stage = knob(1)", "Only sounds go to the loudspeakers; this is a moving number", "out.stage = rain"),
        ("out[0] = rain", "counted from 1", "out[3, 4]"),
        ("out[5] = rain", "This rig has 4 loudspeakers; 5 is not there", "Nearest: out[4]."),
        ("out[1, 3] = rain", "stand side by side", "Nearest: out[1, 2]."),
        ("filter = rain", "filter is a word of the language", "filter1 = ..."),
        ("rain.rate = 0.5", "Controls are turned at the prompt", "rain = clip(..., rate=0.5)"),
    ],
)
def test_what_cannot_go_out(text: str, says: str, near: str) -> None:
    found = slip(f"{RAIN}{text}\n", QUAD)
    assert says in found.what
    assert near in found.near


def test_nothing_is_no_sound_and_takes_an_output_back() -> None:
    for nothing in ("0", "None", "[]"):
        assert score(f"{RAIN}out.stage = rain\nout.stage = {nothing}\n").sends == ()


def test_a_page_is_plain_and_travels(tmp_path) -> None:
    import pickle

    page = page_of(f"{HEAD}x = filter(rain, cutoff=knob(1) + lfo(2))\nout.stage = knob(2) * x\nout.rear = glass\nbeat = seq('x-')\n")
    from live.naming import score_of

    assert score_of(pickle.loads(pickle.dumps(page))) == score_of(page)


def test_a_mic_goes_by_the_name_the_rig_gives_it() -> None:
    room = Room(2, {"stage": (0, 1)}, 4, {"guitar": 2})
    assert score('x = mic("guitar")\n', room=room).places["x"].settings["first"] == 2
    with pytest.raises(Mistake, match="no input 'gitar'") as slipped:
        score('x = mic("gitar")\n', room=room)
    assert slipped.value.near == "Nearest: guitar."


def test_no_file_of_this_folder_takes_a_word_s_name_away():
    """``from live import *`` would give the module instead of the word."""
    files = {path.stem for path in Path(words.__file__).parent.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not files & set(words.nouns())
