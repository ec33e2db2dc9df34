"""What is offered while typing, and the signature of what the cursor is in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.face import Control
from live.screen import hints
from live.screen.colouring import coloured
from live.screen.hints import Known, offers, signature
from live.screen.reading import spot, word_at
from live.vocabulary import Word, vocabulary

FILTER = Word(
    "filter", "lets through what lies below", ("sound",),
    {"cutoff": Control(1000, 20, 20000, "Hz", moves="brightness"), "q": Control(0.7, 0.3, 40)}, {"mode": "lp"},
)  # fmt: skip
CAK = next(word for name, word in vocabulary().items() if name == "cak")
CLIP = Word("clip", "a sound from a file", (), {"rate": Control(1, -4, 4)}, {"file": "", "loop": True}, events=True)


def fade(place, seconds=2.0):
    """Cross over more slowly."""


KNOWN = Known(
    names={
        "filter": 1, "clip": 1, "fade": fade, "count": 3,
        "worn": SimpleNamespace(kind="cak"), "rain": SimpleNamespace(kind="clip", controls={"rate": 0.5}), "dusk": SimpleNamespace(kind="filter"),
    },
    vocabulary={"filter": FILTER, "clip": CLIP, "cak": CAK}, places=["rain", "dusk", "dusk/lfo"],
    files=lambda: ["rain on tin", "wood knocks"], devices=lambda: ["jack", "null"], kernels=lambda: ["published", "rust"],
)  # fmt: skip


def offered(before: str) -> list[str]:
    return [offer.text for offer in offers(before, KNOWN)]


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("ra", ["rain", "raise", "range"]),
        ("x = fil", ["filter"]),
        ("fa", ["fade"]),
        ("dusk.", ["cutoff", "q"]),
        ("dusk.cu", ["cutoff"]),
        ("filter(rain, cu", ["cutoff="]),
        ("filter(rain, cutoff=20, ", ["q=", "mode="]),
        ("filter(rain,\n    cu", ["cutoff="]),
        ("fade(rain, se", ["seconds="]),
        ('clip("', ["rain on tin", "wood knocks"]),
        ('clip("wood kn', ["wood knocks"]),
        ("clip('kno", ["wood knocks"]),
        ('mix = clip("rain on tin") + clip("w', ["wood knocks"]),
        ('devices("', ["jack", "null"]),
        ('device = "nu', ["null"]),
        ('look("dusk/', ["dusk/lfo"]),
        ("clip('x', hi", ["hits="]),
    ],
)
def test_what_is_likely_comes_first(before, first):
    assert offered(before)[: len(first)] == first


@pytest.mark.parametrize("before", ["# ra", 'x = "a # b" # ra', 'filter("ra', "nothing.", "rain", "rain.rate"])
def test_nothing_is_offered_where_nothing_fits(before):
    assert [o for o in offered(before) if o not in ("raise", "range")] == []


def test_kernels_are_offered_by_their_names_and_never_as_eleven_numbers():
    assert offered('cak(rain, kernel="') == ["published", "rust"]
    assert offered('cak(rain, kernel="publ') == ["published"]
    assert offered('cak(rain, kernel=("published", "ru') == ["rust"]
    assert offered('worn.kernel = "ru') == ["rust"]
    assert "kernel" in offered("worn.k")
    assert "kernel=" in offered("cak(rain, k")
    assert not {"above_after", "texture2"} & {*offered("worn."), *offered("cak(rain, ")}
    assert "above_after" not in str(signature("cak(rain, ", KNOWN))
    assert 'kernel="published"' in str(signature("cak(rain, ", KNOWN))


def test_what_has_been_given_is_not_offered_again():
    assert "cutoff=" not in offered("filter(rain, cutoff=20, ")
    assert "q=" not in offered("filter(rain, q=")


def test_beside_a_control_stand_its_range_its_rest_and_where_it_stands():
    beside = {o.text: o.beside for o in offers("filter(rain, ", KNOWN)}
    assert beside["cutoff="] == "20..20000 Hz, rests at 1000, moves brightness"
    assert offers("rain.", KNOWN)[0].beside == "now .5, -4..4, rests at 1"


@pytest.mark.parametrize(
    ("before", "here"),
    [
        ("filter(", "sound"),
        ("filter(rain, cutoff=", "cutoff 20..20000 Hz =1000"),
        ("filter(rain, cutoff=lfo(200, 2000), q=", "q .3..40 =.7"),
        ("filter(clip('a, b'), mode='", "mode='lp'"),
        ("fade(rain, ", "seconds=2.0"),
        ("filter(rain, cu", "cutoff 20..20000 Hz =1000"),
    ],
)
def test_the_signature_marks_what_is_being_typed(before, here):
    found = signature(before, KNOWN)
    assert found is not None
    assert found.parts[found.here] == here


def test_the_signature_reads_like_the_line_one_types():
    assert str(signature("filter(", KNOWN)) == "filter(sound, cutoff 20..20000 Hz =1000, q .3..40 =.7, mode='lp')"
    assert str(signature("fade", KNOWN)) == "fade(place, seconds=2.0)"
    assert signature("fa", KNOWN, "de(rain)").word == "fade"


def test_a_control_after_a_dot_says_its_range():
    assert "20..20000 Hz" in signature("dusk.cutoff = 3", KNOWN).says
    assert signature("rain.rate", KNOWN).says.startswith("now .5, -4..4")


@pytest.mark.parametrize("before", ["", "x = 3", "# filter(", "unknown(", "count(", "((", ")))", "'", '"""', "a.b.c.d(", "\\"])
def test_there_may_be_nothing_to_say(before):
    assert signature(before, KNOWN) is None
    offers(before, KNOWN)


@pytest.mark.parametrize("columns", [20, 40, 79, 139])
@pytest.mark.parametrize("before", ["filter(", "filter(rain, mode=", "dusk.cutoff", "clip("])
def test_a_signature_fits_its_line_and_keeps_what_is_being_typed(before, columns):
    found = signature(before, KNOWN)
    line = hints.fitted(found, columns)
    assert sum(len(text) for _, text in line) <= columns
    if found.here >= 0 and columns > 39:
        assert ("hint.here", found.parts[found.here]) in line


def test_a_word_without_an_honest_signature_does_no_harm():
    class Refuses:
        def __getattr__(self, name):
            raise RuntimeError(name)

    known = Known({"odd": Refuses(), "built": print, "kind": int})
    for before in ("odd.", "odd(", "built(", "kind(", "odd"):
        signature(before, known)
        offers(before, known)


def test_where_the_cursor_stands_is_read_from_unfinished_code():
    assert spot("a = 1\nfilter(rain, cutoff=").call.keyword == "cutoff"
    assert spot("filter([1, 2, (3, 4)], ").call.argument == 1
    assert spot("filter(rain)\ndu").call is None
    assert spot('clip("it\\"s').typed == 'it\\"s'
    assert spot("x == y").target == ""
    assert spot("rain.rate = ").target == "rain.rate"


def test_the_word_under_the_cursor_is_found_from_either_end():
    for cursor in (7, 9, 13):
        assert word_at("dusk = filter(rain)", cursor) == "filter"
    assert word_at("   ", 1) == ""


@pytest.mark.parametrize("text", ["x = 'open", 'a = """two\nlines', "f(", "def f(:\n  '", "a\n  b\n c", "ü = 1 # ä", "\t\x00", "x = 1\\"])
def test_colours_never_change_a_letter(text):
    assert "\n".join("".join(part for _, part in line) for line in coloured(text, {}, (), ())) == text


def test_places_words_and_texts_have_looks_of_their_own():
    line = {part: look for look, part in coloured("dusk = filter(rain, 'lp')", {"filter": 1}, {"filter"}, {"dusk", "rain"})[0]}
    assert (line["dusk"], line["filter"], line["'lp'"]) == ("code.place", "code.word", "code.string")


PIECES = [
    "rain",
    "dusk",
    ".",
    "(",
    ")",
    "[",
    "{",
    "'",
    '"',
    '"""',
    ",",
    "=",
    "\n",
    "    ",
    "filter",
    "clip",
    "#",
    "\\",
    "é",
    "日本",
    "1",
    ";",
    "\t",
    " ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_half_typed_hints_and_colours_keep_their_calm(text):
    offers(text, KNOWN)
    found = signature(text, KNOWN)
    assert found is None or sum(len(part) for _, part in hints.fitted(found, 60)) <= 60
    assert "\n".join("".join(part for _, part in line) for line in coloured(text, KNOWN.names, KNOWN.vocabulary, KNOWN.places)) == text


def test_a_control_told_in_a_call_is_no_verb_of_the_same_name():
    names = {"fade": fade, "rain": SimpleNamespace(kind="clip")}
    line = coloured("fade(rain, fade=2, x=rain.fade)", names, (), ())[0]
    assert [(look, part) for look, part in line if part in ("fade", "rain")] == [
        ("code.verb", "fade"), ("code.place", "rain"), ("code.name", "fade"), ("code.place", "rain"), ("code.name", "fade"),
    ]  # fmt: skip
