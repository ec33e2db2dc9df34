"""Maps: by name and for good. Nothing in a file is lost, nothing lands on another control, a slip is one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.control.maps import Maps
from live.control.sheets import verb_of
from live.control.which import Which

NANO = """# what I play with
device = "nanoKONTROL2"

[controls]
"cc 21" = "worn.texture"   # the rust
"cc 16" = { to = "mix", kind = "twos", takeover = "catch", range = [0.2, 0.8] }
"cc 99" = "somebody.gone"
"""


@pytest.fixture
def maps(tmp_path):
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "nano.toml").write_text(NANO)
    return Maps(tmp_path / "map", tmp_path / "own")


def path(maps: Maps) -> Path:
    assert maps.session is not None
    return maps.session / "nano.toml"


def told(maps: Maps) -> list[str]:
    return [str(one) for one in maps.all()]


def edited(maps: Maps, was: str, now: str) -> None:
    path(maps).write_text(path(maps).read_text().replace(was, now))
    maps.look()


def test_a_map_says_which_control_is_for_what(maps):
    assert maps.entries()[:2] == [
        {"kind": "", "device": "nanoKONTROL2", "control": "cc 21", "to": "worn.texture"},
        {"kind": "twos", "takeover": "catch", "range": [0.2, 0.8], "device": "nanoKONTROL2", "control": "cc 16", "to": "mix"},
    ]


def test_comments_and_unknown_names_survive_a_rewrite(maps):
    maps.bind("nanoKONTROL2", Which("cc", 22), "dusk.cutoff")
    assert path(maps).read_text() == NANO + '"cc 22" = "dusk.cutoff"\n'


def test_a_control_that_is_mapped_anew_keeps_what_else_was_said_of_it(maps):
    maps.bind("nanoKONTROL2", Which("cc", 16), "dusk.q")
    entry = next(one for one in maps.entries() if one["control"] == "cc 16")
    assert (entry["to"], entry["kind"], entry["range"]) == ("dusk.q", "twos", [0.2, 0.8])


def test_the_session_speaks_before_your_own(maps, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "n.toml").write_text('device = "nanoKONTROL2"\n[controls]\n"cc 21" = "mine"\n"cc 30" = "yours"\n')
    assert maps.look()
    found = {str(one.which): one.to for one in maps.all()}
    assert found["cc 21"] == "worn.texture"
    assert found["cc 30"] == "yours"


def test_what_a_device_is_like_is_kept_among_your_own(maps):
    maps.note_kind("nanoKONTROL2", Which("cc", 21, 1), "fourteen")
    assert maps.entries()[0]["kind"] == "fourteen"
    assert "fourteen" not in path(maps).read_text()


def test_a_kind_learned_anew_replaces_the_old_one(maps):
    maps.note_kind("nanoKONTROL2", Which("cc", 21), "twos")
    maps.note_kind("nanoKONTROL2", Which("cc", 21), "offset")
    assert maps.kind_of("nanoKONTROL2", Which("cc", 21)) == "offset"


def test_an_edited_file_is_read_again_and_one_that_is_not_is_left(maps):
    assert not maps.look()
    edited(maps, "worn.texture", "worn.mix")
    assert "nanoKONTROL2 cc 21 -> worn.mix" in told(maps)


def test_a_broken_file_keeps_the_last_good_map_and_is_not_written_into(maps):
    before = told(maps)
    edited(maps, "[controls]", "[controls")
    assert told(maps) == before
    assert len(maps.slips) == 1
    assert "map/nano.toml:" in maps.slips[0]
    broken = path(maps).read_text()
    maps.bind("nanoKONTROL2", Which("cc", 5), "echo.mix")
    assert path(maps).read_text() == broken
    assert "nanoKONTROL2 cc 5 -> echo.mix" in told(maps)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ('"cc 21" =', '"cx 21" =', "nano.toml:5: there is no control 'cx 21'. Nearest: cc 21"),
        ("takeover =", "takover =", "nano.toml:6: cc 16 has no 'takover'. Nearest: takeover"),
        ('"twos"', '"tows"', "nano.toml:6: there is no kind 'tows'. Nearest: twos"),
        ("[0.2, 0.8]", "[2, 8]", "nano.toml:6: a range is two numbers"),
        ("[controls]", "[contrls]", "nano.toml:4: there is no 'contrls' in a map. Nearest: controls"),
        ('"worn.texture"', '"quit()"', "nano.toml:5: quit() is not for hands"),
        ('"cc 21"', '"cc 200"', "nano.toml:5: cc goes to 127"),
    ],
)
def test_a_typo_is_one_line_with_its_place_and_the_nearest(maps, was, now, says):
    edited(maps, was, now)
    assert len(maps.slips) == 1
    assert says in maps.slips[0], maps.slips


def test_beside_a_typo_the_rest_holds(maps):
    edited(maps, '"cc 21" =', '"cx 21" =')
    assert told(maps) == ["nanoKONTROL2 cc 16 -> mix", "nanoKONTROL2 cc 99 -> somebody.gone"]


@pytest.mark.parametrize("file", [b"\xff\xfe\x00", b"[" * 5000, b"controls = 3", b'pages = [1]\n[controls]\n"cc 1" = 5', b""])
def test_any_file_is_survived(tmp_path, file):
    (tmp_path / "x.toml").write_bytes(file)
    assert Maps(tmp_path, None).all() == []


def test_unmap_by_what_it_moves_or_by_the_control(maps):
    assert [str(one) for one in maps.unbind("worn.texture")] == ["nanoKONTROL2 cc 21 -> worn.texture"]
    assert [str(one) for one in maps.unbind("nano cc 16")] == ["nanoKONTROL2 cc 16 -> mix"]
    assert maps.unbind("nothing") == []
    assert told(maps) == ["nanoKONTROL2 cc 99 -> somebody.gone"]
    assert path(maps).read_text().startswith("# what I play with")


def test_a_page_is_over_what_stands_on_every_page(maps):
    path(maps).write_text(NANO + '[pages.2]\n"cc 21" = "dusk.q"\n')
    maps.look()
    assert maps.turn_page("nanoKONTROL2") == 2
    assert {str(one.which): one.to for one in maps.now()}["cc 21"] == "dusk.q"
    assert maps.turn_page("nanoKONTROL2") == 1


@pytest.mark.parametrize(
    ("to", "verb"),
    [
        ("hush()", "hush"), ('scene("dawn")', "scene dawn"), ("scene dawn", "scene dawn"), ("nudge(-5)", "nudge -5"), ("worn.texture", ""),
        ("exec('x')", ""), ("scene(open('x'))", ""), ("quit()", ""), ("scene", ""), ("__import__('os')", ""),
    ],
)  # fmt: skip
def test_a_control_does_verbs_and_never_code(to, verb):
    assert verb_of(to) == verb


DEVICES = ("nano", "Twister", "pad ✨ 8")
CONTROLS = st.builds(Which, st.sampled_from(("cc", "note")), st.integers(0, 5))
NAMES = st.sampled_from(("worn.texture", "rain.rate", "dusk.cutoff", "mix", "gone.away"))
EDITS = st.one_of(
    st.tuples(st.just("bind"), st.sampled_from(DEVICES), CONTROLS, NAMES),
    st.tuples(st.just("unbind"), st.sampled_from(DEVICES), CONTROLS, NAMES),
    st.tuples(st.just("kind"), st.sampled_from(DEVICES), CONTROLS, NAMES),
    st.tuples(st.just("rename"), st.sampled_from(DEVICES), CONTROLS, NAMES),
    st.tuples(st.just("reload"), st.sampled_from(DEVICES), CONTROLS, NAMES),
)


@given(st.lists(EDITS, max_size=14))
def test_no_mapping_ever_moves(tmp_path_factory, edits):
    folder = tmp_path_factory.mktemp("maps")
    maps, meant = Maps(folder, None), {}
    for count, (what, device, which, name) in enumerate(edits):
        if what == "bind":
            maps.bind(device, which, name)
            meant[device, which] = name
        elif what == "unbind":
            maps.unbind(f"{device} {which}")
            meant.pop((device, which), None)
        elif what == "kind":
            maps.note_kind(device, which, "twos")
        elif what == "rename":
            for file in sorted(folder.glob("*.toml"))[:1]:
                file.rename(folder / f"renamed {count}.toml")
            maps.look()
        else:
            maps = Maps(folder, None)
        assert {(one.device, one.which): one.to for one in maps.all()} == meant
    assert not maps.slips
