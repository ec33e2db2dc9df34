"""Files for surfaces: each parses, and whatever a surface sends, the OSC part takes."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path
from typing import Any

import pytest

from live import cli
from live.control.osc import Osc
from live.control.packets import message
from live.control.post import DESK, FILE, POST, Post
from live.control.process import Hands
from live.core import layout as at
from live.core.memory import Map
from live.layouts import Button, Slider, Surface, addresses, plain, stage_control, surface, touchosc
from live.layouts.made import Made, made
from live.rig import Rig
from live.settings import load

SHIPPED = ("dusk", "pulse", "round")
TABLE: dict[str, Any] = {
    "session": "night <1>", "tempo": 96.0, "scenes": ["dawn", "two words"], "places": ["rain", "kit.low @{x}"], "movers": ["sway"],
    "controls": {
        "rain.cutoff": {"low": 20.0, "high": 20000.0, "curve": "log", "unit": "Hz", "rest": 1000.0, "at": 632.4555320336758},
        "rain.rate": {"low": -8.0, "high": 8.0, "curve": "lin", "unit": "x", "rest": 1.0, "follows": "lfo"},
        "kit.low @{x}.gain": {"low": 0.0, "high": 4.0, "curve": "lin", "unit": "", "rest": 1.0, "knob": 5, "scale": 4.0, "offset": 0.0},
        "sway.low": {"low": -1e6, "high": 1e6, "curve": "lin", "unit": "", "rest": 0.0, "at": 0.0},
        "sway.rate": {"low": 0.001, "high": 100.0, "curve": "log", "unit": "Hz", "rest": 1.0, "at": 1.0},
    },
    "levels": {"stage/rain": {"low": 0.0, "high": 2.0, "curve": "lin", "unit": "", "rest": 1.0, "at": 0.5}},
}  # fmt: skip


def sliders(found: Surface) -> dict[str, Slider]:
    return {one.address: one for page in found.pages for one in page.sliders}


def test_octaves_go_by_at_and_the_rest_in_its_own_unit() -> None:
    found = sliders(surface(TABLE))
    assert found["/v/rain/cutoff/at"].at == pytest.approx(0.5)
    assert found["/v/rain/cutoff/at"].says == "20 to 20000 Hz"
    assert found["/out/stage/rain"].at == 0.5
    assert found["/v/kit.low_@_x_/gain"].high == 4.0


def test_what_follows_something_else_or_goes_anywhere_is_no_fader() -> None:
    assert not {
        address
        for address in sliders(surface(TABLE))
        if "rate" in address and "rain" in address or "/low" in address.removeprefix("/v/kit")
    }


def test_hello_says_where_the_surface_listens() -> None:
    found = surface(TABLE, reply=9001)
    assert ("/hello", 0.0, 9001.0) in [one for data in touchosc.written(found) for one in messages(data)]
    assert json.loads(stage_control.written(found))["content"]["onCreate"] == "send(\"127.0.0.1:9123\", '/hello', 9001)"


def test_control_places_have_no_mute() -> None:
    buttons = [one.address for page in surface(TABLE).pages for one in page.buttons]
    assert "/v/rain/mute" in buttons
    assert "/v/sway/mute" not in buttons


def widgets(node: dict[str, Any]) -> list[dict[str, Any]]:
    below = [*node.get("widgets", ()), *node.get("tabs", ())]
    return [node, *[one for each in below for one in widgets(each)]]


def test_the_file_for_open_stage_control_has_its_shape() -> None:
    whole = json.loads(stage_control.written(surface(TABLE, "10.0.0.2", 9200)))
    assert (whole["type"], whole["content"]["type"], whole["content"]["id"]) == ("session", "root", "root")
    every = widgets(whole["content"])
    assert {one["type"] for one in every} == {"root", "tab", "panel", "fader", "button", "text"}
    assert len({one["id"] for one in every}) == len(every)
    assert all(not ("widgets" in one and "tabs" in one) for one in every)
    for one in every:
        if one["type"] == "fader":
            assert one["range"]["min"] <= one["default"] <= one["range"]["max"]
            assert one["target"] == ["10.0.0.2:9200"]
    assert not any("@{" in one.get("label", "") or "@{" in str(one.get("default", "")) for one in every)


def test_the_file_for_open_stage_control_sends_to_every_address() -> None:
    found = surface(TABLE)
    every = widgets(json.loads(stage_control.written(found))["content"])
    assert [one["address"] for one in every if one["type"] in ("fader", "button")] == addresses(found)


def messages(data: bytes) -> list[tuple[str, float, float]]:
    """Address and ends of every message in a .tosc."""
    tree = ET.fromstring(zlib.decompress(data))
    assert tree.tag == "lexml"
    assert tree.get("version") == "6"
    (root,) = tree
    assert root.get("type") == "GROUP"
    found = []
    for one in tree.iter("osc"):
        value = one.find("arguments/partial")
        assert value is not None
        found.append((one.findtext("path/partial/value", ""), float(value.findtext("scaleMin", "")), float(value.findtext("scaleMax", ""))))
    return found


def test_the_files_for_touchosc_send_to_every_address_over_its_whole_range() -> None:
    found = surface(TABLE)
    sent = {address: (low, high) for data in touchosc.written(found) for address, low, high in messages(data)}
    assert sorted(sent) == sorted(addresses(found))
    for address, one in sliders(found).items():
        assert sent[address] == pytest.approx((one.low, one.high), rel=1e-5)


def test_the_files_for_touchosc_have_ids_of_their_own_and_stay_the_same() -> None:
    found = surface(TABLE)
    (data,) = touchosc.written(found)
    ids = [node.get("ID") for node in ET.fromstring(zlib.decompress(data)).iter("node")]
    assert len(set(ids)) == len(ids)
    assert touchosc.written(found) == [data]


def test_many_faders_make_many_files() -> None:
    many = {f"p{n}.gain": TABLE["controls"]["kit.low @{x}.gain"] for n in range(100)}
    found = surface({**TABLE, "places": [f"p{n}" for n in range(100)], "controls": many})
    files = touchosc.written(found)
    assert len(files) == 5
    assert sorted(address for data in files for address, *_ in messages(data)) == sorted(addresses(found))


def test_the_plain_tables_have_every_address() -> None:
    found = surface(TABLE)
    assert [row["address"] for row in csv.DictReader(io.StringIO(plain.table(found).decode()))] == addresses(found)
    assert [row["address"] for row in json.loads(plain.whole(found))["addresses"]] == addresses(found)


def test_a_session_with_a_wild_name_makes_files_with_tame_ones() -> None:
    names = [name for name, _ in Made(surface(TABLE), running=False).files()]
    assert names == ["night-1.open-stage-control.json", "night-1.tosc", "night-1.osc.csv", "night-1.osc.json"]


@pytest.fixture
def osc(tmp_path: Path) -> Any:
    """The OSC part, and the letters it writes."""
    Map(tmp_path / FILE, POST, create=True).close()
    core = Map(tmp_path / "core.map", at.CORE, create=True)
    core.clock[at.C_RATE] = 48000
    hands = Hands(tmp_path, Rig(osc=-1), core, parts=())
    yield Osc(hands), Post(tmp_path, DESK)
    hands.close()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_address_of_a_shipped_session_is_taken(name: str, osc: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_RUNTIME", str(tmp_path / "none"))
    part, _ = osc
    found = made(name)
    assert found.faders > 5
    from live.layouts.made import _written
    from live.session import Session

    part.bank.read(_written(Session.find(name)))
    for page in found.surface.pages:
        for one in page.sliders:
            part.packet(message(one.address, one.at), ("127.0.0.1", 9), 0.0)
        for pressed in page.buttons:
            assert isinstance(pressed, Button)
            part.packet(message(pressed.address, pressed.sends), ("127.0.0.1", 9), 0.0)
    assert part.slips.kinds == {}


def test_the_command_writes_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_RUNTIME", str(tmp_path / "none"))
    out = tmp_path / "out"
    assert (
        cli.main(["layout", "pulse", "--out", str(out), "--app", "open-stage-control", "--host", "10.0.0.2", "--port", "9200", "--json"])
        == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert [Path(file) for file in said["files"]] == list(out.iterdir())
    assert "10.0.0.2:9200" in (out / "pulse.open-stage-control.json").read_text()
    assert not said["running"]


def test_a_session_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["layout", "puls"]) == 2
    assert "Nearest" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "port"), [("9000", 9000), ("0", 0), ("none", -1)])
def test_a_port_for_osc_is_a_number_or_none(text: str, port: int) -> None:
    assert cli.read(["play", "--osc", text]).osc == port


@pytest.mark.parametrize("text", ["80", "70000", "tablet", "-1", "²"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(cli.Sorry):
        cli.read(["play", f"--osc={text}"])


def test_the_flags_of_hands_are_settings(tmp_path: Path) -> None:
    asked = cli.read(["play", "--osc", "9000", "--osc-host", "0.0.0.0", "--midi", "nano", "--clock", "midi"])
    found = load({word: getattr(asked, word) for word in ("osc", "osc_host", "midi", "clock")}, None, {}, tmp_path / "none.toml")
    assert (found.osc, found.osc_host, found.midi, found.clock) == (9000, "0.0.0.0", "nano", "midi")
    assert found.warnings == ()
