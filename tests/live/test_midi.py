"""Messages inside the core: what is read, what is passed by, storms, what is sent; and all of it over real JACK ports."""

from __future__ import annotations

import contextlib
import time
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from live.control.rings import Into
from live.core import inner as m
from live.core import layout as at
from live.core.lanes import ABSOLUTE, CATCH, FOURTEEN, JUMP, LOW7
from live.core.midi import NOTES
from live.core.offline import Offline
from live.core.stand import Stand
from live.ports.audio import jack_answers
from tests.live.wires import at_frame, echoes, hear, knob, lay

CORE = Offline(48000, 1)
sevens = some.integers(0, 127)


def keys(core):
    """Keys struck and let go: frame, on, key, velocity in 127ths, slot, channel."""
    return [(f, w == 1, k, round(127 * v), s, c) for f, w, k, v, s, c in core.stand.keys(0)[1]]


# --- reading --------------------------------------------------------------------------


def test_keys_are_put_down_at_their_frames_and_struck_with_nothing_is_let_go():
    core = Offline(48000, 1)
    at_frame(core, 100, 0x93, 60, 127, slot=2)
    at_frame(core, 150, 0x93, 60, 0, slot=2)
    at_frame(core, 150, 0x83, 61, 5, slot=2)
    at_frame(core, 300, 0xB3, 123, 0, slot=2)
    core.run(512)
    assert keys(core) == [(100, True, 60, 127, 2, 3), (150, False, 60, 0, 2, 3), (150, False, 61, 5, 2, 3), (300, False, -1, 0, 2, 3)]


def test_more_keys_than_the_log_holds_leave_the_newest():
    core = Offline(48000, 1, block=1024)
    for i in range(NOTES + 10):
        hear(core, 0x90, i % 128, 1 + i % 127)
        if i % 512 == 511:
            core.run(1024)
    core.run(1024)
    total, rows = core.stand.keys(0)
    assert (total, len(rows)) == (NOTES + 10, NOTES)
    assert [row[2] for row in rows] == [i % 128 for i in range(10, NOTES + 10)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ((0xB0, 7), []),  # torn
        ((0x7F, 0x40), []),  # no beginning
        ((0x90, 60, 0xB0, 7, 9), [(0xB0, 7, 9)]),  # torn, and another one after it
        ((0xB0, 7, 1, 7, 2), [(0xB0, 7, 1), (0xB0, 7, 2)]),  # running status
        ((0xF0, 1, 2, 3, 0xF7), []),
        ((0xF0, 1, 2, 3, 4, 5, 6, 7), []),  # its end comes later, or never
        ((0xF8,), [(0xF8,)]),
        ((0xB0, 0xF8, 7, 9), [(0xF8,)]),
        ((0xFE,), []),
        ((0xF2, 4, 5), [(0xF2, 4, 5)]),
        ((0xFA, 0xC3, 9), [(0xFA,), (0xC3, 9)]),
    ],
)
def test_every_whole_message_is_echoed_and_the_rest_passes_by(data, said):
    core = Offline(48000, 1)
    core.run(256)
    hear(core, *data, slot=5)
    core.run(256)
    assert echoes(core) == [(256, 5, bytes(one)) for one in said]


@given(some.lists(some.binary(min_size=1, max_size=8), max_size=30), some.integers(-3, 12))
def test_whatever_bytes_come_the_core_plays_on_and_what_is_whole_is_echoed_in_order(packets, slot):
    rows, heads = CORE.stand.hands["heard"], CORE.stand.hands["heard_at"]
    before = len(echoes(CORE)) if int(CORE.stand.hands["echo_at"][0]) < at.ECHO else None
    for packet in packets:
        Into(rows, heads).put(slot, packet)
    sound = CORE.run(256)
    assert np.isfinite(sound).all()
    assert heads[0] == heads[1]
    assert ((CORE.stand.knobs >= 0) & (CORE.stand.knobs <= 1)).all()
    if before is not None:
        for _, where, data in echoes(CORE)[before:]:
            assert where == slot
            assert data[0] >= 0x80 > max(data[1:], default=0)


def test_odd_bytes_are_counted():
    core = Offline(48000, 1)
    hear(core, 0xB0, 7)
    hear(core, 0xB0, 7, 1, slot=9)
    hear(core, 0xB0, 7, 1)
    core.run(64)
    assert core.stand.hands["echo_at"][2] == 2
    assert core.stand.hands["hand_cells"][0, at.H_HEARD] == 1


def test_a_message_that_moves_nothing_does_not_cut_time():
    core = Offline(48000, 1)
    lay(core, 2000, ABSOLUTE, 5, (5, 0), takeover=CATCH)
    core.stand.knobs[5] = 0.9
    core.run(64)
    for after in (10, 20, 30):  # far from the knob: nothing is taken over
        at_frame(core, 64 + after, 0xB0, 5, after)
    at_frame(core, 64 + 40, 0xB0, 99, 1)
    core.run(64)
    assert core.stand.cells[m.S_CUTS] == 0
    at_frame(core, 128 + 10, 0xB0, 6, 64)
    core.run(64)
    assert core.stand.cells[m.S_CUTS] == 1


# --- storms ---------------------------------------------------------------------------


def stormy(core, seconds, rate):
    """Messages of three controllers and a fine knob, so many a second, each at its frame; what was said last, in order."""
    rng, said = np.random.default_rng(4), []
    total, frames = int(seconds * rate), int(seconds * 48000)
    when = np.sort(rng.integers(0, frames, total))
    for start in range(0, frames, 1024):
        for frame in when[np.searchsorted(when, start) : np.searchsorted(when, start + 1024)]:
            number, value = int(rng.choice([3, 4, 5, 1, 33])), int(rng.integers(0, 128))
            said.append((int(frame), number, value))
            at_frame(core, int(frame), 0xB0, number, value)
        core.run(1024)
    core.run(64)
    return said


def test_a_storm_of_fifty_thousand_a_second_ends_with_the_newest_value_of_each_and_turns_nothing_back():
    core = Offline(48000, 1, block=1024)
    lay(core, 2000, FOURTEEN, 600, (1, 0), (33, LOW7), takeover=JUMP)
    said = stormy(core, 2.0, 50000)
    assert len(said) == 100000
    for number in (3, 4, 5):
        assert round(127 * knob(core, number)) == [value for _, which, value in said if which == number][-1]
        moves = [(frame, round(127 * value)) for frame, which, value, _ in core.stand.moves(0)[1] if which == number]
        mine = iter((frame, value) for frame, which, value in said if which == number)
        for frame, value in moves[1:]:  # in the order they were said, each when it was said or by the next chunk
            assert any(v == value and f <= frame < f + 128 for f, v in mine)
    upper = [v for _, which, v in said if which == 1]
    assert abs(knob(core, 600) - upper[-1] / 127) < 0.01 or len(upper) > 1


def test_ten_thousand_keys_at_a_thousand_a_second_are_all_there_in_order():
    core = Offline(48000, 1)
    said, found, seen = [], [], 0
    for i in range(10000):
        frame = 48 * i
        said.append((frame, 0x90 if i % 2 == 0 else 0x80, i // 2 % 128, 1 + i % 127))
    told = deque(said)
    while core.frame < 48 * 10000 + 256:
        while told and told[0][0] < core.frame + 256:
            at_frame(core, *told.popleft())
        core.run(256)
        seen, rows = core.stand.keys(seen)
        found += [(f, 0x90 if w == 1 else 0x80, k, round(127 * v)) for f, w, k, v, _, _ in rows]
    assert found == said


# --- sending --------------------------------------------------------------------------


def test_without_jack_what_is_to_be_said_is_left_to_the_hands():
    core = Offline(48000, 1)
    said, heads = core.stand.hands["said"], core.stand.hands["said_at"]
    Into(said, heads).put(0, b"\x90\x01\x02")
    core.run(256)
    assert tuple(heads[:2]) == (1, 0)


# --- over JACK ------------------------------------------------------------------------


@pytest.fixture
def wired():
    """A core on JACK, and a client that plays and hears MIDI at frames it knows."""
    if not jack_answers():
        pytest.skip("no JACK server answers: start jackd for this test")
    jack = pytest.importorskip("jack", reason="no JACK-Client here")
    from live.ports.opened import JackPort

    client = jack.Client("test controller", no_start_server=True)
    stand = Stand(client.samplerate, 0, 1)
    port = JackPort(stand, 0, "test core", connect=False)
    port.take(None)
    out, back = client.midi_outports.register("out"), client.midi_inports.register("back")
    told, sent, heard = deque(), [], []

    @client.set_process_callback
    def process(frames):
        out.clear_buffer()
        now = client.last_frame_time
        for k in range(min(len(told), 6)):
            offset, data = k * (frames // 6), told.popleft()
            sent.append((now + offset, data))
            out.write_midi_event(offset, data)
        heard.extend((now + offset, bytes(data)) for offset, data in back.incoming_midi_events())

    client.activate()
    mine = port.client.name
    client.connect(out.name, f"{mine}:midi_in_3")
    client.connect(f"{mine}:midi_out_3", back.name)
    try:
        yield stand, told, sent, heard
    finally:
        with contextlib.suppress(Exception):
            client.deactivate()
        client.close()
        port.close()


def until(true, seconds=8.0):
    """Wait for something; whether it came."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    return bool(true())


def told_by(stand):
    """The echo, as frame and bytes."""
    rows, count = stand.hands["echo"], int(stand.hands["echo_at"][0])
    return [(int(row["frame"]), bytes(row["bytes"][: row["size"]])) for row in rows[:count] if row["slot"] == 2]


def test_over_jack_every_message_comes_in_order_at_its_very_sample(wired):
    stand, told, sent, _ = wired
    messages = [bytes((0xB0 + i % 16, i // 100, i % 128)) for i in range(300)]
    for _ in range(20):  # until the server, which is none of ours, loses no block meanwhile
        lost, before, had = int(stand.clock[at.C_LOST]), len(told_by(stand)), len(sent)
        told.extend(messages)
        assert until(lambda: not told)
        if until(lambda before=before: len(told_by(stand)) == before + len(messages), 0.5):
            came, went = told_by(stand)[before:], sent[had:]
            late = {(a - b) & 0xFFFFFFFF for (a, _), (b, _) in zip(came, went, strict=True)}
            if int(stand.clock[at.C_LOST]) == lost and len(late) == 1:  # the two clocks run side by side
                assert [data for _, data in came] == messages
                return
        assert int(stand.clock[at.C_LOST]) > lost
    pytest.skip("the JACK server loses blocks all the time")


def test_over_jack_what_is_said_goes_out_in_order_of_its_frames(wired):
    stand, _, _, heard = wired
    said = Into(stand.hands["said"], stand.hands["said_at"])
    base = stand.frame + 9600
    said.put(2, bytes((0x90, 3, 3)), base + 1000)
    said.put(2, bytes((0x90, 1, 1)))
    said.put(2, bytes((0x90, 2, 2)), base)
    said.put(5, bytes((0x90, 9, 9)))  # nobody listens there
    said.put(2, bytes((0x90, 4, 4)), base + 1000)
    said.put(2, bytes((0xF8,)), base + 1001)
    assert until(lambda: len(heard) == 5)
    assert [data[1] if len(data) > 1 else data[0] for _, data in heard] == [1, 2, 3, 4, 0xF8]
    if not stand.clock[at.C_LOST]:
        assert [(heard[k][0] - heard[1][0]) & 0xFFFFFFFF for k in (2, 3, 4)] == [1000, 1000, 1001]
    assert tuple(stand.hands["said_at"][:3]) == (6, 6, 0)


def test_a_knob_over_jack_moves_the_sound_of_a_place(wired):
    stand, told, _, _ = wired
    assert until(lambda: told.append(bytes((0xB0, 21, 127))) or stand.ctl[1, 21] == 1.0)
    assert stand.keys(0)[0] == 0
