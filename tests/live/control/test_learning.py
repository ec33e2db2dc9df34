"""What a hand moves is told from eight messages: every kind, in a hundred shuffles each; then it is bound to what was meant."""

from __future__ import annotations

import pytest

from live.control.process import PARTS
from live.control.recorded import EIGHT, MADE, stream
from live.control.telling import Telling
from live.control.which import Which
from tests.live.control.room import Room

SHUFFLES = 100
PARTS_HERE = tuple(part for part in PARTS if part[0] in ("ports", "learn", "routes"))
NUMBER = {"nrpn": 1234}


def told(kind, seed):
    """What is said of the control that was meant, and of the other one that moves meanwhile; after how many messages."""
    telling, number, other, count = Telling(), NUMBER.get(kind, 21), None, 0
    for at, data in stream(kind, seed, cc=number):
        found = telling.hear(at, data)
        count += 1
        if found is not None and found.which.number == number:
            return found, other, count
        other = found or other
    return None, other, count


@pytest.mark.parametrize("kind", MADE)
def test_a_hundred_shuffles_of_each_kind_are_told_right(kind):
    wrong = []
    for seed in range(SHUFFLES):
        found, other, _ = told(kind, seed)
        if found is None or found.kind != kind or (other is not None and other.kind != "absolute"):
            wrong.append((seed, found, other))
    assert not wrong, f"{len(wrong)} of {SHUFFLES}: {wrong[:3]}"


def test_all_eight_kinds_are_among_them():
    assert set(EIGHT) <= set(MADE)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([65, 65, 66, 65, 67, 66, 65, 65, 63, 63], "offset"),
        ([61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 73, 76, 80, 84, 88], "absolute"),
        ([1, 1, 2, 1, 1, 127, 127, 126, 127, 127], "twos"),
        ([1, 1, 2, 1, 1, 65, 65, 66, 65, 65], "sign"),
        ([110, 113, 117, 121, 124, 126, 127, 125, 121, 115, 108, 101], "absolute"),
    ],
)
def test_the_hard_ones(values, kind):
    telling, found = Telling(), None
    for count, value in enumerate(values):
        found = telling.hear(count * 0.03, bytes((0xB0, 21, value))) or found
    assert found is not None
    assert found.kind == kind


def test_an_encoder_turned_one_way_only_is_asked_to_turn_back():
    telling = Telling()
    assert all(telling.hear(k * 0.03, bytes((0xB0, 21, 1 + (k % 7 == 3)))) is None for k in range(30))
    assert telling.wants_back == Which("cc", 21, 1)
    assert [v.kind for k in range(6) if (v := telling.hear(1 + k * 0.03, bytes((0xB0, 21, 127))))][0] == "twos"


def test_what_only_trembles_is_never_taken():
    telling = Telling()
    assert all(telling.hear(k * 0.1, bytes((0xB0, 5, 63 + k % 2))) is None for k in range(300))


def test_one_press_is_told_when_nothing_follows():
    telling = Telling()
    assert telling.hear(0.0, b"\xb0\x29\x7f") is None
    assert telling.hear(0.1, b"\xb0\x29\x00") is None
    assert telling.rest(0.5) is None
    found = telling.rest(2.0)
    assert found is not None
    assert (found.kind, str(found.which)) == ("momentary", "cc 41 ch 1")


def test_a_pad_is_a_pad_and_its_pressure_is_not_taken_for_it():
    telling = Telling()
    said = [telling.hear(0.0, b"\x99\x24\x60"), *(telling.hear(0.01 * k, bytes((0xD9, 40 + k))) for k in range(20))]
    assert not any(said)
    found = telling.hear(0.3, b"\x89\x24\x00")
    assert found is not None
    assert str(found.which) == "note 36 ch 10"


def test_the_finger_on_a_motor_fader_is_not_taken_for_a_pad():
    telling = Telling()
    said = [telling.hear(0.0, b"\x90\x68\x7f"), *(telling.hear(0.01 * k, bytes((0xE0, k, 20 + k))) for k in range(1, 8))]
    assert next(v for v in said if v).kind == "bend"


@pytest.mark.parametrize("data", [b"", b"\xb0", b"\xb0\x15", b"\x15\x20\x30", b"\xf8", b"\xb0\x15\xff", b"\xf0\x01\x02"])
def test_rubbish_is_passed_by(data):
    assert Telling().hear(0.0, data) is None


# --- in the hands -------------------------------------------------------------------------------------------


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    session = tmp_path / "night"
    session.mkdir()
    (tmp_path / "run").mkdir()
    one = Room(tmp_path / "run", parts=PARTS_HERE, session=str(session))
    one.session = session
    one.fakes.plug("nano")
    one.hands.parts["ports"].looked = -1e9
    one.turn(80)
    yield one
    one.hands.close()
    one.map.close()


def turned(room, kind="absolute", cc=21, count=60):
    """Somebody turns it."""
    for _, data in stream(kind, 3, cc=cc, company=False)[:count]:
        room.play("nano", data)
    room.turn()


def test_a_knob_is_learned_and_stands_in_the_sessions_map(room):
    room.desk.send("learn", to="worn.texture")
    room.turn()
    turned(room)
    assert any("nano cc 21: a knob, absolute, 0 to 127" in line and "-> worn.texture" in line for line in room.news), room.news
    assert '"cc 21" = "worn.texture"' in (room.session / "map" / "nano.toml").read_text()
    assert [(one["control"], one["to"]) for one in room.hands.mappings] == [("cc 21", "worn.texture")]


def test_alone_it_says_the_word_and_writes_no_map(room):
    room.desk.send("learn", to=None)
    room.turn()
    turned(room)
    assert any("write cutoff=knob(21)" in line for line in room.news), room.news
    assert not (room.session / "map").exists()


def test_an_encoder_that_was_learned_turns_its_knob_as_one(room):
    room.desk.send("learn", to=None)
    room.turn()
    turned(room, "offset")
    assert {"device": "nano", "control": "cc 21", "to": "21", "kind": "offset"} in room.hands.mappings, room.news


def test_what_is_said_outweighs_what_is_heard(room):
    room.desk.send("learn", to="worn.texture", kind="offset")
    room.turn()
    turned(room)
    assert any("(as you say)" in line for line in room.news)
    assert [one["kind"] for one in room.hands.mappings] == ["offset"]


def test_after_a_cancel_nothing_is_bound(room):
    room.desk.send("learn", to="worn.texture")
    room.turn()
    room.desk.send("cancel")
    room.turn()
    turned(room)
    assert not room.hands.mappings
    assert "nothing was learned" in room.news


def test_unmap_takes_it_away_and_alone_says_what_is_there(room):
    room.desk.send("learn", to="worn.texture")
    room.turn()
    turned(room)
    room.desk.send("unmap", what="")
    room.turn()
    assert "mapped: nano cc 21 -> worn.texture" in room.news
    room.desk.send("unmap", what="nano cc 21")
    room.turn()
    assert not room.hands.mappings
    assert "worn.texture" not in (room.session / "map" / "nano.toml").read_text()


def letters(room):
    """What the desk is sent from now on, by word."""
    found = []
    read = room.desk.read
    room.desk.read = lambda: found.extend(new := read()) or new
    return found


def mapped(room, text):
    """A map is edited by hand, and looked at."""
    (room.session / "map").mkdir(exist_ok=True)
    (room.session / "map" / "nano.toml").write_text(f'device = "nano"\n[controls]\n{text}\n')
    room.hands.parts["learn"].looked = -1e9
    room.turn()


def test_a_mapped_hand_asks_for_a_control_that_nobody_has_touched(room):
    mapped(room, '"cc 21" = "worn.texture"')
    room.hands.controls = {"controls": {"worn.texture": {"low": 0, "high": 1, "at": 0.3}}}
    found = letters(room)
    room.play("nano", [0xB0, 21, 64])
    assert ("want", {"control": "worn.texture"}) in found


def test_a_control_that_follows_something_else_is_named_once(room):
    mapped(room, '"cc 21" = "worn.texture"')
    room.hands.controls = {"controls": {"worn.texture": {"low": 0, "high": 1, "follows": "slow"}}}
    for value in range(60, 70):
        room.play("nano", [0xB0, 21, value])
    assert len([line for line in room.news if "follows slow" in line]) == 1


def test_a_verb_is_done_at_each_press_and_not_at_the_letting_go(room):
    mapped(room, '"note 36" = "hush()"\n"cc 41" = "scene dawn"')
    found = letters(room)
    room.play("nano", [0x90, 36, 100], [0x80, 36, 0], [0xB0, 41, 127], [0xB0, 41, 0], [0x90, 36, 90])
    assert [one for one in found if one[0] in ("hush", "scene")] == [("hush", {}), ("scene", {"name": "dawn"}), ("hush", {})]


def test_a_page_turner_turns_the_pages(room):
    (room.session / "map").mkdir()
    (room.session / "map" / "nano.toml").write_text(
        'device = "nano"\npage = "note 58"\n[controls]\n"cc 21" = "a.x"\n"cc 22" = "a.y"\n[pages.2]\n"cc 21" = "b.x"\n'
    )
    room.hands.parts["learn"].looked = -1e9
    room.turn(2)
    assert sorted(one["to"] for one in room.hands.mappings) == ["a.x", "a.y"]
    room.play("nano", [0x90, 58, 100], [0x80, 58, 0])
    assert sorted(one["to"] for one in room.hands.mappings) == ["a.y", "b.x"]
    assert "nano: page 2" in room.news


def test_a_slip_in_a_map_is_one_line_once(room):
    mapped(room, '"cc 21" = { too = "worn.texture" }')
    room.turn(3)
    assert len([line for line in room.news if "nano.toml:3" in line and "Nearest: to" in line]) == 1


def test_of_two_equal_controllers_only_the_mapped_one_does_it(room):
    room.fakes.plug("nano", place="other")
    room.hands.parts["ports"].looked = -1e9
    room.turn(80)
    mapped(room, '"note 36" = "hush()"')
    found = letters(room)
    second = next(port for port in room.fakes.plugged if port.place == "other")
    second.heard(bytes([0x90, 36, 100]))
    room.turn(2)
    assert not [one for one in found if one[0] == "hush"]
    room.fakes.plugged[0].heard(bytes([0x90, 36, 100]))
    room.turn(2)
    assert [one for one in found if one[0] == "hush"] == [("hush", {})]


def test_a_map_that_cannot_be_written_is_one_line(room):
    (room.session / "map").write_text("no folder")
    room.desk.send("learn", to="worn.texture")
    room.turn()
    turned(room)
    assert len([line for line in room.news if "cannot be kept" in line]) == 1, room.news
