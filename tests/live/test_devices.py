"""Devices: one plays at a time, one that leaves is followed by null, and it is taken back when it returns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live.core import layout as at
from live.core.stand import Stand
from live.ports.audio import Device, DeviceError, pick
from live.ports.opened import JackPort, NullPort

ROOT = Path(__file__).parents[2]
FOUND = [
    Device("system", "portaudio", 8, 8, 48000, api="JACK Audio Connection Kit", block=256),
    Device("Scarlett 2i2", "portaudio", 2, 2, 44100, api="ALSA", latency_in=384, latency_out=512),
    Device("Headset", "portaudio", 1, 0, 16000, api="ALSA"),
]


def soon(what: Any, seconds: float = 20.0) -> bool:
    """Whether something becomes so in time."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A JACK server of our own, which may be killed."""
    if not shutil.which("jackd"):
        pytest.skip("no jackd here: Debian package jackd2")
    pytest.importorskip("jack", reason="no JACK-Client here")
    from live.bench.machine import SERVER_ENV, Jackd

    made = Jackd(256, name="antiphon-test", channels=2)
    for key, value in {**SERVER_ENV, "JACK_DEFAULT_SERVER": made.name}.items():
        monkeypatch.setenv(key, value)
    try:
        made.start()
    except RuntimeError as trouble:
        pytest.skip(str(trouble))
    yield made
    made.stop()


# --- names ------------------------------------------------------------------------


def test_a_name_is_found_whole_or_by_a_part_of_it() -> None:
    assert pick("system", FOUND, outs=True).name == "system"
    assert pick("scarlett", FOUND, outs=True).name == "Scarlett 2i2"
    assert pick("headset", FOUND, outs=False).name == "Headset"


def test_a_name_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(DeviceError, match=r"there is no output 'sytem'\. Nearest: system\."):
        pick("sytem", FOUND, outs=True)
    with pytest.raises(DeviceError, match="no output 'Headset'"):  # it cannot play
        pick("Headset", FOUND, outs=True)


def test_the_way_from_out_to_in_is_a_period_on_jack_and_what_the_card_states_elsewhere() -> None:
    assert [d.loop for d in FOUND[:2]] == [256, 896]


# --- one at a time ------------------------------------------------------------------


def test_when_the_turn_passes_the_old_port_ends_and_time_goes_on_at_its_pace() -> None:
    stand = Stand(48000, 0, 2)
    first = NullPort(stand, 64)
    first.take(None)
    assert soon(lambda: stand.frame > 0)
    ports = [first]
    began, frame = time.monotonic(), stand.frame
    for _ in range(20):
        ports.append(NullPort(stand, 64))
        ports[-1].take(ports[-2])
        ports[-2].close()
        assert not ports[-2]._thread.is_alive()
        time.sleep(0.01)
    pace = (stand.frame - frame) / (time.monotonic() - began)
    ports[-1].close()
    assert pace < 1.1 * 48000


# --- libjack ------------------------------------------------------------------------


def test_a_server_at_another_rate_is_refused_in_one_line(server: Any) -> None:
    with pytest.raises(DeviceError, match=r"runs at 48000 Hz, this session at 44100 Hz; start jackd with -r 44100"):
        JackPort(Stand(44100, 2, 2), 256, "t-rate")


def test_a_server_with_fewer_ports_is_used_as_far_as_it_goes(server: Any) -> None:
    port = JackPort(Stand(48000, 4, 8), 256, "t-few")
    assert port.notes == (
        "the JACK server has 2 outputs, this session 8: the others are there to be patched by hand",
        "the JACK server has 2 inputs, this session 4: the others are there to be patched by hand",
    )
    assert len(port.patch()) == 4
    port.close()


def test_a_dead_server_is_noticed_and_its_successor_is_patched_as_before(server: Any) -> None:
    stand = Stand(48000, 2, 2)
    port = JackPort(stand, 256, "t-dead")
    port.client.disconnect("t-dead:out_2", "system:playback_2")
    patch = port.patch()
    port.take(None)
    assert soon(lambda: stand.frame > 0)
    server.process.kill()
    server.process.wait()
    assert soon(lambda: port.lost, 1.0)
    null = NullPort(stand, 256)
    null.take(port)
    frame = stand.frame
    assert soon(lambda: stand.frame > frame + 4800, 2.0)
    port.close()
    server.start()
    again = JackPort(stand, 256, "t-dead", patch=patch)
    again.take(null)
    frame = stand.frame
    assert soon(lambda: stand.frame > frame + 4800, 2.0)
    assert again.patch() == patch
    assert ("@:out_1", "system:playback_1") in patch
    assert all(a != "@:out_2" for a, _ in patch)
    again.close()
    null.close()


def test_nobody_answering_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jack", reason="no JACK-Client here", exc_type=OSError)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody-has-this-name")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    with pytest.raises(DeviceError, match="no JACK server answers"):
        JackPort(Stand(48000, 2, 2), 256)


# --- PortAudio ----------------------------------------------------------------------

PORTAUDIO = """
import json, os, sys, time
from live.core.stand import Stand
from live.ports.audio import DeviceError
from live.ports.opened import PortAudioPort
stand = Stand(48000, 8, 64)
told = {}
try:
    PortAudioPort(stand, 256, "sytem")
except DeviceError as trouble:
    told["missing"] = str(trouble)
try:
    PortAudioPort(Stand(44100, 2, 2), 256, "system")
except DeviceError as trouble:
    told["rate"] = str(trouble)
port = PortAudioPort(stand, 256, "system")
port.take(None)
time.sleep(0.3)
told |= {"name": port.name, "ins": port.ins, "outs": port.outs, "notes": port.notes, "frames": stand.frame}
print(json.dumps(told), flush=True)
os._exit(0)
"""


def test_portaudio_plays_on_what_the_card_has_and_says_what_it_has_not(server: Any) -> None:
    done = subprocess.run([sys.executable, "-c", PORTAUDIO], capture_output=True, text=True, timeout=60, cwd=ROOT)
    if "PortAudio library not found" in done.stderr:
        pytest.skip("no PortAudio here: Debian package libportaudio2")
    told = json.loads(done.stdout)
    assert told["missing"].endswith("Nearest: system.")
    assert "refuses 44100 Hz; it offers 48000 Hz" in told["rate"]
    assert (told["name"], told["ins"], told["outs"]) == ("system", 2, 2)
    assert told["notes"] == [
        "system has 2 outputs, this session 64: the others are silent",
        "system has 2 inputs, this session 8: the others are silent",
    ]
    assert told["frames"] > 4800


# --- the whole core ------------------------------------------------------------------


def test_the_core_plays_on_null_while_its_server_is_dead_and_takes_it_back(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from live.rig import Rig
    from live.stage import Stage

    monkeypatch.setenv("ANTIPHON_RUNTIME", str(tmp_path / "run"))
    with Stage.open(Rig(device="jack", record=False, take=str(tmp_path / "take")), name="jack") as stage:
        assert soon(lambda: stage.device == "jack")  # a busy machine plays its first moments on null
        core = int(stage.core.clock[at.C_PID])
        server.process.kill()
        server.process.wait()
        assert soon(lambda: stage.device == "null")
        frame = stage.frame
        assert soon(lambda: stage.frame > frame + 4800)
        server.start()
        assert soon(lambda: stage.device == "jack")
        frame = stage.frame
        assert soon(lambda: stage.frame > frame + 4800)
        assert int(stage.core.clock[at.C_PID]) == core, (stage.folder / "log").read_text() + str(stage.read())
        assert any("is gone" in line for line in stage.read())
        assert soon(lambda: int(stage.core.clock[at.C_POLICY]) != 0)
