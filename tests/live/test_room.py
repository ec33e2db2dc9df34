"""The room: outputs and inputs by name, on whatever is really there."""

from __future__ import annotations

import pickle

import pytest

from live import room
from live.cli import Sorry
from live.room import Room, find_rig, room_of

CLUB = """
device = "USB"
block = 128
channels = 8
[outputs]
stage = [1, 2]
rear = [3, 4]
ring = [1, 2, 3, 4, 5, 6, 7, 8]
sub = 5
[inputs]
guitar = 1
piano = [2, 3]
"""


def club(tmp_path, text=CLUB, name="club.toml"):
    """The rig as read, and what was said about it."""
    (tmp_path / name).write_text(text)
    said: list[str] = []
    return Room.read(tmp_path / name, said.append), said


def test_a_rig_names_outputs_and_inputs_from_one_and_the_room_counts_from_zero(tmp_path):
    found, said = club(tmp_path)
    assert said == []
    assert found.outputs == {"stage": (0, 1), "rear": (2, 3), "ring": tuple(range(8)), "sub": (4,)}
    assert (found.inputs, found.wide) == ({"guitar": 0, "piano": 1}, {"guitar": 1, "piano": 2})
    assert (found.outs, found.ins) == (8, 3)
    assert found.wishes == {"device": "USB", "block": 128, "channels": 8}


def test_the_same_rig_may_be_written_as_a_table_or_without_one(tmp_path):
    whole, _ = club(tmp_path)
    assert (
        club(tmp_path, "[rig]\n" + CLUB.replace("[outputs]", "[rig.outputs]").replace("[inputs]", "[rig.inputs]"))[0].outputs
        == whole.outputs
    )
    short, said = club(tmp_path, "stage = [1, 2]\nrear = [3, 4]\n")
    assert (said, short.outputs) == ([], {"stage": (0, 1), "rear": (2, 3)})


@pytest.mark.parametrize(
    ("outs", "stage", "rear", "ring"),
    [(1, (0,), (0,), (0,)), (2, (0, 1), (0, 1), (0, 1)), (4, (0, 1), (2, 3), (0, 1, 2, 3)), (8, (0, 1), (4, 5), tuple(range(8)))],
)
def test_without_a_rig_stage_is_in_front_rear_behind_and_ring_all_around(outs, stage, rear, ring):
    assert Room.usual(outs).outputs == {"stage": stage, "rear": rear, "ring": ring}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "stage = [1, 3]",
            "stage = [1, 3] has a gap, or a channel twice; a place goes to neighbouring outputs, upwards. Nearest: stage = [1, 2].",
        ),
        ("stage = [2, 1]", "stage = [2, 1] goes down; a place goes to neighbouring outputs, upwards. Nearest: stage = [1, 2]."),
        ("stage = [4, 4]", "Nearest: stage = [4]."),
        ("stage = [0, 1]", "outputs count from 1 to 64. Nearest: stage = [1, 2]."),
        ("stage = [64, 65]", "outputs count from 1 to 64. Nearest: stage = [64]."),
        ("stage = []", "stage = [] names no channels: write stage = [1, 2], counted from 1."),
        ('stage = "front"', 'stage = "front" names no channels'),
        ("stage = [true]", "names no channels"),
        ('"my stage" = [1, 2]', "Nearest: my_stage."),
    ],
)
def test_channels_that_cannot_be_meant_are_refused_with_the_nearest_that_can(tmp_path, line, said):
    with pytest.raises(Sorry) as slip:
        club(tmp_path, f"[outputs]\n{line}\n")
    assert said in str(slip.value)
    assert str(tmp_path / "club.toml") in str(slip.value)


def test_a_key_a_rig_does_not_know_is_one_line_with_the_nearest(tmp_path):
    found, said = club(tmp_path, 'devise = "USB"\nblock = 100\n[outputs]\nstage = [1, 2]\n')
    assert [line.rpartition("club.toml: ")[2] for line in said] == [
        "a rig has no 'devise'. Nearest: device. Ignored.",
        "block is 100 but takes one of 64, 128, 256, 512, 1024. Ignored.",
    ]
    assert found.wishes == {"channels": 2}  # as many as are named


@pytest.mark.parametrize("text", ["stage = = 3", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_one_line(tmp_path, text):
    (tmp_path / "club.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Sorry, match="club.toml is no rig: it is not TOML"):
        Room.read(tmp_path / "club.toml", print)


def test_channels_beyond_the_device_are_folded_to_what_is_there_in_one_line_each(tmp_path):
    found, _ = club(tmp_path)
    said: list[str] = []
    quad = found.fitted(4, 1, said.append)
    assert quad.outputs == {"stage": (0, 1), "rear": (2, 3), "ring": (0, 1, 2, 3), "sub": (0,)}
    assert (quad.outs, quad.ins, quad.inputs) == (4, 1, {"guitar": 0})
    assert said == [
        "ring is outputs 1-8, but there are 4 outputs: it is heard on 1-4.",
        "sub is output 5, but there are 4 outputs: it is heard on 1.",
        "piano is inputs 2-3, but there is 1 input: nothing can listen to it.",
    ]
    assert found.fitted(2, 8, said.append).outputs["rear"] == (0, 1)
    assert found.fitted(1, 8, said.append).outputs == {"stage": (0,), "rear": (0,), "ring": (0,), "sub": (0,)}


def test_a_rig_that_fits_is_silent_and_lacking_names_are_as_usual(tmp_path):
    said: list[str] = []
    found = club(tmp_path, "[outputs]\nstage = [3, 4]\n")[0]
    assert found.fitted(8, 2, said.append).outputs == {"stage": (2, 3), "rear": (4, 5), "ring": tuple(range(8))}
    assert found.fitted(4, 2, said.append).outputs["rear"] == (2, 3)
    assert said == []


def test_a_name_the_rig_lacks_is_refused_with_the_nearest(tmp_path):
    found, _ = club(tmp_path)
    assert found.output("stage") == (0, 1)
    with pytest.raises(Sorry, match=r"there is no output 'staeg' in .*club.toml. Nearest: stage\."):
        found.output("staeg")
    with pytest.raises(Sorry, match=r"Nearest: guitar\."):
        found.input("gitar")
    with pytest.raises(Sorry, match=r"No rig names an input; mic\(1\) to mic\(2\) are there\."):
        Room.usual(2, 2).input("guitar")


def test_a_rig_is_found_by_path_in_the_session_and_among_your_own(tmp_path, monkeypatch):
    mine, home = tmp_path / "mine", tmp_path / "dusk"
    monkeypatch.setattr(room, "user_folder", lambda: mine)
    for path in (tmp_path / "barn.toml", home / "rigs" / "club.toml", mine / "rigs" / "church.toml", mine / "rigs" / "club.toml"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    assert find_rig(str(tmp_path / "barn.toml")) == find_rig(str(tmp_path / "barn")) == tmp_path / "barn.toml"
    assert find_rig("club", home) == home / "rigs" / "club.toml"
    assert find_rig("club") == mine / "rigs" / "club.toml"
    with pytest.raises(Sorry, match=r"There is no rig 'chruch'. Nearest: church\."):
        find_rig("chruch", home)


def asked(tmp_path, flags=None, env=None, session="", user=""):
    """Settings and room from every layer, and what was said."""
    (tmp_path / "session.toml").write_text(session)
    (tmp_path / "user.toml").write_text(user)
    said: list[str] = []
    return *room_of(flags or {}, tmp_path, said.append, env or {}, tmp_path / "user.toml"), said


def test_the_rig_speaks_louder_than_the_session_and_softer_than_a_flag(tmp_path):
    (tmp_path / "club.toml").write_text(CLUB)
    settings, found, said = asked(tmp_path, {"rig": "club"}, session='device = "mine"\nblock = 64\nrate = 44100\n')
    assert (settings.device, settings.block, settings.rate, settings.channels) == ("USB", 128, 44100, 8)
    assert (found.outs, said) == (8, [])
    assert asked(tmp_path, {"rig": "club", "device": "null"})[0].device == "null"
    assert asked(tmp_path, {}, {"ANTIPHON_RIG": "club", "ANTIPHON_BLOCK": "64"})[0].block == 64


def test_a_sessions_own_rig_speaks_before_yours_and_yours_only_below_the_session(tmp_path):
    (tmp_path / "club.toml").write_text(CLUB)
    table = "[rig]\nblock = 64\noutputs = { stage = [5, 6] }\n"
    settings, found, _ = asked(tmp_path, session=table, user='rig = "club"')
    assert (found.outputs, settings.block) == ({"stage": (4, 5)}, 64)
    settings, found, _ = asked(tmp_path, session="block = 512", user=table)
    assert (found.outputs, settings.block) == ({"stage": (4, 5)}, 512)
    assert asked(tmp_path, {"rig": "club"}, session=table)[1].outs == 8


def test_no_rig_at_all_is_a_room_without_names(tmp_path):
    settings, found, said = asked(tmp_path)
    assert (found.outputs, found.wishes, found.where, said, settings.rig) == ({}, {}, "", [], "")
    assert asked(tmp_path, session="rig = 3")[2] == ["rig is 3, but a rig is a name in quotes or a table. Ignored."]


def test_a_room_travels_as_plain_data_and_knows_where_the_sounds_lie(tmp_path):
    found = asked(tmp_path)[1]
    assert found.folders == (str(tmp_path),)
    assert pickle.loads(pickle.dumps(found)) == found
