"""Keys, pads, wheels, pedals and knobs by name: what may be said, what it becomes, and how it is typed back."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as some

from live.control.ways import ways
from live.core.lanes import WITHOUT_FOOT
from live.fingers import Keys, key, key_number, knob, named_key, parted, played, said
from live.frames import unpacked
from live.mistakes import Mistake
from live.paging import paged, script
from live.score import Drive
from live.typed import typed
from live.values import Named
from tests.live.pages import RAIN, page_of, score, slip

# --- knobs by name -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("knob(21)", "knob:21"), ('knob("cutoff")', "knob:cutoff"), ('knob(3, device="nano")', "knob:nano/3"), ("pad(36)", "knob:pad 36"),
        ('pad("c2", device="mpd")', "knob:mpd/pad 36"), ("pedal()", "knob:pedal"), ('pressure(device="keys")', "knob:keys/pressure"),
        ("key().gate", "knob:key gate"), ('key("c3", "c5", channel=2).velocity', "knob:key 48-72 ch2 velocity"),
        ('key(device="nano").timbre', "knob:nano/key timbre"), ('knob("🎛 rot")', "knob:🎛 rot"),
    ],
)  # fmt: skip
def test_a_hand_is_a_knob_with_a_name(text: str, source: str) -> None:
    found = score(f"x = tone(width=1 * {text})\n").places["x"].controls["width"]
    assert found == Drive(source)


def test_two_names_never_share_a_knob() -> None:
    names = [f"name {k}" for k in range(600)]
    assert len({knob(name).source for name in names}) == 600


def test_the_bender_rests_in_the_middle_and_goes_both_ways() -> None:
    assert score("x = tone(freq=200 + 20 * bend())\n").places["x"].controls["freq"] == Drive("knob:bend", 40, 180)
    assert score("x = tone(freq=200 + 20 * key().bend)\n").places["x"].controls["freq"] == Drive("knob:key bend", 40, 180)


@pytest.mark.parametrize("number", [0, 21, 69, 127])
def test_a_keys_pitch_is_in_tune(number: int) -> None:
    place = score("x = tone(freq=key().pitch)\n").places["x/curve"]
    x = number / 127
    hertz = place.controls["low"] * (place.controls["high"] / place.controls["low"]) ** x
    assert place.controls["x"] == Drive("knob:key")
    assert math.isclose(hertz, 440 * 2 ** ((number - 69) / 12), rel_tol=1e-12)


def test_a_pad_asks_a_question() -> None:
    assert score(f"{RAIN}x = when(pad(36) > 0.5, rain, noise())\n").places["x"].kind == "crossfade"


def test_a_keys_number_crosses_to_the_desk_and_back() -> None:
    page = page_of("x = pluck(hits=key('c3', device='nano'))\ny = tone(gain=knob('near', 0.25))\nout.stage = x\n")
    assert script(unpacked(pickle.dumps(page))) == script(page)
    assert page.knobs == {"near": 0.25}


# --- what strikes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("key()", ("keys", 0, 127, "", 0)), ('key("c3")', ("keys", 48, 127, "", 0)), ('key("c3", "b3", channel=10)', ("keys", 48, 59, "", 10)),
        ('key(high=60, device="nano")', ("keys", 0, 60, "nano", 0)), ("pad(36)", ("keys", 36, 36, "", 0)), ('pad(36, "mpd")', ("keys", 36, 36, "mpd", 0)),
        ("key(sustain=False)", ("keys", 0, 127, "", 0, 0, -1.0)), ("key(bend=12)", ("keys", 0, 127, "", 0, 1, 12.0)),
        ('key("c2", "c2", sustain=True)', ("keys", 36, 36, "", 0, 1, 0.0)), ("key(sustain=True)", ("keys", 0, 127, "", 0)),
        ("key(36, 36, sustain=False, bend=0)", ("keys", 36, 36, "", 0)),
    ],
)  # fmt: skip
def test_keys_and_pads_strike_a_place(text: str, hits: tuple[object, ...]) -> None:
    assert score(f"x = pluck(hits={text})\n").places["x"].settings == {"hits": hits}
    assert score(f"x = pluck({text})\n").places["x"].settings == {"hits": hits} or text.startswith("pad")


def test_a_struck_clip_is_a_place_of_its_own() -> None:
    found = score('out.stage = clip("rain on tin", hits=pad(36)) + clip("rain on tin", hits=pad(37))\n')
    assert len(found.places) == 2


def test_the_page_says_it_as_it_is_typed() -> None:
    lines = [
        'a = pluck(hits=key("c3", "c5", device="nano", channel=2))', "b = clip(\"rain on tin\", hits=pad(36), gate=True)",
        "c = tone(freq=key().pitch, gain=2 * key().velocity)", "d = filter(b, cutoff=200 * bend() + 1000, q=knob(3, device=\"nano\").log(1, 9))",
        'e = tone(freq=220, gain=1 * knob("bend"), width=1 * pad(36, device="mpd"))',
        'f = tone(freq=key(sustain=False).pitch, gain=1 * key("c3", sustain=False).gate)', "g = tone(hits=key(sustain=False, bend=0.5))",
    ]  # fmt: skip
    text = "\n".join([*lines, "out.stage = a + b"]) + "\n"
    assert [line for line in script(page_of(text)).splitlines() if line[:3] in [f"{one} =" for one in "abcdefg"]] == lines


hands = some.one_of(
    some.builds(
        lambda name: f"knob({typed(name)})", some.text("abc xyzé🎛/.'\"\\", min_size=1, max_size=12).filter(lambda n: n.strip() == n)
    ),
    some.builds(
        lambda k, d: f"knob({k}, device={typed(d)})",
        some.integers(0, 127),
        some.text("nano é/", min_size=1, max_size=12).filter(lambda d: d.strip() == d),
    ),
    some.builds(lambda k: f"pad({k})", some.integers(0, 127)),
    some.sampled_from(
        [
            "bend()",
            "pedal()",
            'pressure("nano")',
            "key().gate",
            'key("c3").bend',
            "key(0, 0, channel=1).timbre",
            "key().pitch",
            "key(sustain=False).pitch",
            "key(60, 60, sustain=True).gate",
            "key(60, 60).gate",
            "key(sustain=False).velocity",
        ]
    ),
)


@given(hands, some.floats(-4, 4, allow_subnormal=False).map(lambda x: round(x, 4)), some.floats(-4, 4).map(lambda x: round(x, 3)))
def test_whatever_a_hand_does_is_typed_back_as_the_same_score(hand: str, scale: float, offset: float) -> None:
    text = f"x = filter(noise(), q={scale!r} * {hand} + {offset!r}, cutoff={hand})\nout.stage = x\n"
    first = score(text)
    assert score(script(page_of(text))) == first
    assert score(script(paged(first))) == first


@given(
    some.integers(0, 127), some.integers(0, 127), some.sampled_from(["", "nano", "a/b", 'q"']), some.integers(0, 16),
    some.sampled_from([None, True, False]), some.sampled_from([None, 0.0, 2.0, 12.5, 96.0]),
)  # fmt: skip
def test_keys_are_typed_back_as_the_same_keys(a: int, b: int, device: str, channel: int, sustain: bool | None, bend: float | None) -> None:
    keys = Keys(min(a, b), max(a, b), device, channel, sustain, bend)
    text = f"x = pluck(hits={played(keys)})\n"
    found = score(text).places["x"].settings["hits"]
    assert found == keys.hits
    assert found[:5] == ("keys", keys.low, keys.high, device, channel)
    assert played(Keys.of(found)) == played(Keys.of(keys.hits))
    assert Keys.of(found).hits == found
    assert played(keys, pads=False).startswith("key(")


@given(some.integers(0, 127))
def test_every_key_has_a_name_and_back(number: int) -> None:
    assert key_number(named_key(number)) == number


def test_a_named_knob_says_which_device() -> None:
    assert parted("a/b/21") == ("a/b", "21")
    assert said("a/b/21") == 'knob(21, device="a/b")'
    assert said("a/b/200") == 'knob("a/b/200")'
    assert said("worn.texture") == 'knob("worn.texture")'
    assert said("key") == 'knob("key")'
    assert isinstance(knob("near").source, Named)


# --- what may not be said ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says", "near"),
    [
        ('knob("21")', "A name is more than digits", "Write: knob(21)"), ('knob("")', "not empty", 'knob("cutoff")'), ('knob("  ")', "not empty", ""),
        (f'knob("{"a" * 61}")', "too long", "At most 60 bytes"), ('knob("a\\nb")', "no name", "cutoff"), (r'knob("\ud800")', "no name", ""),
        ("knob(512)", "0 to 511", "knob(21)"), ("knob(-1)", "0 to 511", ""), ("knob(2.5)", "0 to 511", ""), ("knob(200, device='nano')", "0 to 127", ""),
        ('knob("a", device="nano")', "go by number", 'knob(21, device="nano")'), ("knob(3, device=7)", "a part of its name", 'device="nano"'),
        ('key("h9")', "'h9' is no key", "c3, f#4, 36"), ('key("c99")', "'c99' is no key", ""), ('key("c-3")', "c-3 is outside", "Nearest: c-1"), ('key("a9")', "outside", "Nearest: g9"),
        ("pad(200)", "Pads go from 0 to 127; 200 is outside", "Nearest: pad(127)"), ("pad(None)", "A pad goes by", "36"), ("key(1.5)", "A key goes by", ""),
        ('key("c5", "c3")', "above c5 and below c3", 'key("c3", "c5")'), ("key(channel=17)", "from 1 to 16", "key()"), ("key(channel=0)", "from 1 to 16", ""),
        ("key(sustain=1)", "sustain is True or False", "key(sustain=False)"), ("key(bend=97)", "0 to 96", ""), ("key(bend='far')", "bend", ""),
        ("key().loudness", "Keys have no 'loudness'", "pitch"), ("2 * key()", "no number by themselves", "key().pitch"), ("key() > 0.5", "no number", "key().gate"),
        ("tone(freq=key())", "freq is a number", "freq=key().pitch"), ("tone(gain=key())", "gain is a number", "gain=key().velocity"),
        ("pluck(hits=knob(3))", "hits is a rhythm or keys; knob(3) only moves", "pad(36)"), ("pluck(hits=2 * pad(36))", "only moves", "pad(36)"),
        ("pluck(hits=3)", "hits is a rhythm; this is 3", "key()"), ("noise(hits=key())", "has no control 'hits'", ""), ("filter(noise(), hits=pad(3))", "no control", ""),
        ('pluck(hits=key(device="  "))', "a part of its name", ""), ('bend("9")', "a part of its name", ""), ("when(key(), 1, 2)", "when asks about", ""),
    ],
)  # fmt: skip
def test_a_slip_says_what_to_write(text: str, says: str, near: str) -> None:
    mistake = slip(f"x = {text}\nout.stage = noise()\n")
    assert says in mistake.what
    assert near in mistake.near
    assert "\n" not in mistake.what + mistake.near


def test_keys_of_a_range_or_a_channel_have_knobs_of_their_own() -> None:
    devices = ["nano", "", "keystep", *[""] * 5]
    found = ways(
        devices,
        [(600, key("c3", "c4", channel=2).called("gate")), (601, key(device="key").called()), (602, key().called("bend"))],
        [],
        dict.get,
    )
    cells = {way.name: (way.slot, way.knob, way.cells) for way in found}
    assert cells["nano: key 48-60 ch2 gate"] == (0, 600, tuple((1, 128 + k, 0) for k in range(48, 61)))
    assert [len(cells[name][2]) for name in ("keystep: key/key", "nano: key bend")] == [16 * 128, 16]
    assert len(found) == 5
    dry = ways(devices, [(600, key("c3", "c4", sustain=False).called("gate")), (601, key().called("gate"))], [], dict.get)
    assert {(way.name, way.param) for way in dry if way.slot == 0} == {("nano: key 48-60 dry gate", WITHOUT_FOOT), ("nano: key gate", 0)}
    assert not ways(devices, [(600, "key ch17 gate"), (601, "key loud")], [], dict.get)


def test_keys_are_neither_true_nor_counted() -> None:
    with pytest.raises(Mistake, match="neither true nor false"):
        bool(key())
