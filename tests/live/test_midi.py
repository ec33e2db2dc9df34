"""Controllers over real JACK MIDI: nothing of a burst is lost, and a plug pulled out and put back goes on by itself."""

from __future__ import annotations

import time

import numpy as np
import pytest

from live.ports import midi
from live.ports.audio import jack_answers

rtmidi = pytest.importorskip("rtmidi", reason="no python-rtmidi here", exc_type=ImportError)


def controller():
    """A controller of our own, always under the same name."""
    if not jack_answers():
        pytest.skip("no JACK server answers: start jackd for this test")
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, "test controller")
    out.open_virtual_port("knobs")
    return out


def until(true, seconds=5.0):
    """Wait for something; whether it came."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(true())


def test_a_burst_arrives_whole_and_a_controller_put_back_is_heard_again():
    out = controller()
    knobs = np.zeros(1024)
    hands = midi.opened(knobs, jack=True)
    assert hands is not None
    try:
        assert until(lambda: any("test controller" in name for name in hands.open))
        for i in range(200):
            out.send_message([0xB0, i % 100, i % 128])
        assert until(lambda: hands.count == 200)
        assert [round(v * 127) for v in knobs[:100]] == [(100 + i) % 128 for i in range(100)]
        out.close_port()
        out.delete()
        assert until(lambda: not any("test controller" in name for name in hands.open))
        out = controller()
        began = time.monotonic()
        while hands.count == 200 and time.monotonic() < began + 5:
            out.send_message([0xB0, 5, 99])
            time.sleep(0.02)
        assert time.monotonic() - began < 2.0
        assert round(knobs[5] * 127) == 99
    finally:
        hands.close()
        out.close_port()
        out.delete()
