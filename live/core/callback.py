"""The machine as C functions: what libjack, PortAudio, the null device and the offline renderer call."""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import cfunc, njit, types
from numba.extending import intrinsic

from live.core import edge as e
from live.core import inner as m
from live.core import layout as at
from live.core import machine
from live.core import row as r
from live.core.midi import hear, take_heard, take_said
from live.core.row import floats, words
from live.core.voices import now_ns

WORD = types.int64
BLOCK_MAX = 8192  # frames a device may ask for at once

# cells of a port: what a device's callback is given (int64)
(
    P_STAND, P_INS, P_OUTS, P_GET_BUFFER, P_IN_PORTS, P_OUT_PORTS, P_HEARD, P_PLAYED,
    P_MIDI, P_MIDI_COUNT, P_MIDI_GET, P_MIDI_CLEAR, P_MIDI_PUT, P_EDGE, P_STOP, P_SLEEP,
    P_BLOCK, P_SLEEP_MODE, P_LOST, P_RENDER, P_SPEC,
) = range(21)  # fmt: skip
P_TURN, P_BUSY, P_CARD_INS, P_CARD_OUTS, P_IN_RATE, P_MIDI_JOINED = range(23, 29)  # P_SPEC + 1 and + 2 hold a time to sleep
PORT = 32

# cells of a JACK port's MIDI (int64), HANDS of each: the ports, and what a block finds there
I_INS, I_OUTS, I_BUFFERS, I_LEFT, I_NEXT, I_EVENTS = (k * at.HANDS for k in range(6))  # I_EVENTS: three words each
MIDI = 9 * at.HANDS


@intrinsic
def call_2(typingctx, fn, a, b):  # noqa: ANN001, ANN202
    """Call a C function of two words that answers one (a pointer, a count)."""
    sig = types.int64(WORD, WORD, WORD)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        word = ir.IntType(64)
        kind = ir.FunctionType(word, [word, word])
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    return sig, build


@intrinsic
def call_4(typingctx, fn, a, b, c, d):  # noqa: ANN001, ANN202
    """Call a C function of four words that answers a 32-bit int."""
    sig = types.int32(WORD, WORD, WORD, WORD, WORD)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        word = ir.IntType(64)
        kind = ir.FunctionType(ir.IntType(32), [word, word, word, word])
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    return sig, build


@intrinsic
def call_render(typingctx, fn, stand, heard, played, n, stride_in, stride_out):  # noqa: ANN001, ANN202
    """Call ``render`` through its address: it is compiled once, not once for each device."""
    sig = types.void(*[WORD] * 7)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64)] * 6)
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return sig, build


@cfunc(types.void(WORD, WORD, WORD, WORD, WORD, WORD), cache=True, **r.HOW)
def render(stand, heard, played, n, stride_in, stride_out):
    """n frames, to and from plain memory."""
    machine.render(stand, heard, played, n, stride_in, stride_out)


@njit
def copy(source, target, n):
    """n samples from one address to another."""
    a, b = floats(source, n), floats(target, n)
    for i in range(n):
        b[i] = a[i]


@njit(inline="always")
def enter(port):
    """Only the port whose turn it is may play: two at once would tear the graph. Answers whether it may."""
    p = words(port, PORT)
    p[P_BUSY] = 1
    r.fence()  # seen by whoever takes the turn away and then waits for this very word
    if words(p[P_TURN], 1)[0] == port and p[P_STOP] == 0:
        return True
    p[P_BUSY] = 0
    return False


@njit(inline="always")
def leave(port):
    """The turn may go elsewhere now."""
    r.fence()
    words(port, PORT)[P_BUSY] = 0


@njit(inline="always")
def joined(port, which):
    """Whether anything is connected there."""
    p = words(port, PORT)
    return r.call_1(p[P_MIDI_JOINED], which) & 0xFFFFFFFF != 0


@njit
def read_midi(port, n):
    """What came into the eight inputs during this very block, in order of frame."""
    p = words(port, PORT)
    if p[P_MIDI] == 0:
        return
    i = words(p[P_MIDI], MIDI)
    now = words(words(p[P_STAND], m.STAND)[m.S_CLOCK], 64)[at.C_FRAME]
    waiting = False
    for k in range(at.HANDS):
        i[I_LEFT + k] = 0
        if joined(port, i[I_INS + k]):
            i[I_BUFFERS + k] = call_2(p[P_GET_BUFFER], i[I_INS + k], n)
            i[I_LEFT + k] = call_2(p[P_MIDI_COUNT], i[I_BUFFERS + k], 0) & 0xFFFFFFFF
            i[I_NEXT + k] = 0
            waiting |= peek(port, k)
    while waiting:
        first, when, waiting = -1, np.int64(n), False
        for k in range(at.HANDS):
            if i[I_LEFT + k] > 0:
                at_frame = words(p[P_MIDI] + 8 * (I_EVENTS + 3 * k), 3)[0] & 0xFFFFFFFF
                if first < 0 or at_frame < when:
                    first, when = k, at_frame
        if first < 0:
            return
        event = words(p[P_MIDI] + 8 * (I_EVENTS + 3 * first), 3)  # time (32 bits), size, address of the bytes
        size, data = event[1], np.int64(0)
        bytes_ = r.carray(r._at(event[2], np.uint8), (max(size, 1),))
        for b in range(min(size, 8)):
            data |= np.int64(bytes_[b]) << (8 * b)
        if size <= 8 or bytes_[0] & 0x80 == 0 or bytes_[0] < 0xF0:
            hear(p[P_STAND], now + when, first, size, data)
        i[I_NEXT + first] += 1
        i[I_LEFT + first] -= 1
        peek(port, first)
        waiting = True


@njit
def peek(port, k):
    """Look at the next message of an input; whether there is one."""
    p = words(port, PORT)
    i = words(p[P_MIDI], MIDI)
    while i[I_LEFT + k] > 0:
        if call_4(p[P_MIDI_GET], p[P_MIDI] + 8 * (I_EVENTS + 3 * k), i[I_BUFFERS + k], i[I_NEXT + k], 0) == 0:
            return True
        i[I_NEXT + k] += 1
        i[I_LEFT + k] -= 1
    return False


@njit
def clear_midi(port, n):
    """Nothing goes out yet: a driver sends what is left in a buffer again."""
    p = words(port, PORT)
    if p[P_MIDI] == 0:
        return
    i = words(p[P_MIDI], MIDI)
    for k in range(at.HANDS):
        i[I_BUFFERS + k] = 0
        if joined(port, i[I_OUTS + k]):
            i[I_BUFFERS + k] = call_2(p[P_GET_BUFFER], i[I_OUTS + k], n)
            r.call_1(p[P_MIDI_CLEAR], i[I_BUFFERS + k])


@njit
def send_midi(port, since, n):
    """What is due in the n frames from ``since`` on goes to the outputs, each at its frame; the rest waits."""
    p = words(port, PORT)
    if p[P_MIDI] == 0:
        return
    clear_midi(port, n)
    i = words(p[P_MIDI], MIDI)
    s = words(p[P_STAND], m.STAND)
    count, due = s[m.S_NOUT], 0
    rate = words(s[m.S_CLOCK], 64)[at.C_RATE]
    while due < count:
        where = s[m.S_OUTBOX] + due * 24
        w = words(where, 3)
        if w[0] >= since + n:
            break
        buffer = i[I_BUFFERS + (w[1] & 0xFF)]
        if buffer != 0 and w[0] > since - rate:  # what waited longer was meant for a port that was away
            call_4(p[P_MIDI_PUT], buffer, max(w[0] - since, 0), where + 16, w[1] >> 32)
        due += 1
    if due > 0:
        box = words(s[m.S_OUTBOX], m.OUTBOX * 3)
        for j in range((count - due) * 3):
            box[j] = box[j + due * 3]
        s[m.S_NOUT] = count - due


@cfunc(types.int32(types.uint32, WORD), cache=True, **r.HOW)
def jack_process(frames, port):
    """libjack's turn."""
    n = np.int64(frames)
    p = words(port, PORT)
    heard, played = words(p[P_IN_PORTS], max(p[P_INS], 1)), words(p[P_OUT_PORTS], p[P_OUTS])
    if n > BLOCK_MAX or not enter(port):
        for k in range(p[P_OUTS]):
            quiet = floats(call_2(p[P_GET_BUFFER], played[k], n), n)
            for i in range(n):
                quiet[i] = np.float32(0.0)
        clear_midi(port, n)
        return 0
    since = words(words(p[P_STAND], m.STAND)[m.S_CLOCK], 64)[at.C_FRAME]
    take_heard(p[P_STAND])
    read_midi(port, n)
    take_said(p[P_STAND])
    for k in range(p[P_INS]):
        copy(call_2(p[P_GET_BUFFER], heard[k], n), p[P_HEARD] + k * BLOCK_MAX * 4, n)
    stride = (np.int64(BLOCK_MAX) << 32) | 1
    call_render(p[P_RENDER], p[P_STAND], p[P_HEARD], p[P_PLAYED], n, stride, stride)
    for k in range(p[P_OUTS]):
        copy(p[P_PLAYED] + k * BLOCK_MAX * 4, call_2(p[P_GET_BUFFER], played[k], n), n)
    send_midi(port, since, n)
    leave(port)
    return 0


@cfunc(types.int32(WORD), cache=True, **r.HOW)
def jack_xrun(port):
    """The server lost a block."""
    p = words(port, PORT)
    if p[P_STOP] == 0:
        words(words(p[P_STAND], m.STAND)[m.S_CLOCK], 64)[at.C_LOST] += 1
    return 0


@cfunc(types.void(types.int32, WORD, WORD), cache=True, **r.HOW)
def jack_gone(code, reason, port):
    """The server left: from now on the null device keeps time."""
    p = words(port, PORT)
    p[P_LOST] = 1
    if p[P_STOP] == 0 and words(p[P_TURN], 1)[0] == port:
        words(words(p[P_STAND], m.STAND)[m.S_CLOCK], 64)[at.C_STATE] = 2
    p[P_STOP] = 1


@cfunc(types.int32(WORD, WORD, types.uint64, WORD, types.uint64, WORD), cache=True, **r.HOW)
def portaudio_process(heard, played, frames, times, flags, port):
    """PortAudio's turn: interleaved, one stream or the output's half of two. The card may have fewer channels than the core."""
    n = np.int64(frames) & 0xFFFFFFFF
    p = words(port, PORT)
    if flags & 0x4 and p[P_SPEC] > 0:
        words(words(p[P_STAND], m.STAND)[m.S_CLOCK], 64)[at.C_LOST] += 1
    p[P_SPEC] += 1
    wide_in, wide_out = p[P_CARD_INS], p[P_CARD_OUTS]
    out = floats(played, n * wide_out)
    if not enter(port):
        for i in range(n * wide_out):
            out[i] = np.float32(0.0)
        return 0
    stride = (np.int64(BLOCK_MAX) << 32) | 1
    rate = words(words(p[P_STAND], m.STAND)[m.S_CLOCK], 64)[at.C_RATE]
    done = np.int64(0)
    while done < n:
        some = min(n - done, BLOCK_MAX)
        if p[P_EDGE] != 0:
            e.draw(p[P_EDGE], p[P_HEARD], BLOCK_MAX, some, np.float64(rate), np.float64(now_ns(p[P_STAND])) * 1e-9)
        elif heard != 0 and wide_in > 0:
            come = floats(heard + done * wide_in * 4, some * wide_in)
            for k in range(min(wide_in, p[P_INS])):
                line = floats(p[P_HEARD] + k * BLOCK_MAX * 4, some)
                for i in range(some):
                    line[i] = come[i * wide_in + k]
        call_render(p[P_RENDER], p[P_STAND], p[P_HEARD], p[P_PLAYED], some, stride, stride)
        for k in range(wide_out):
            line = floats(p[P_PLAYED] + k * BLOCK_MAX * 4, some)
            for i in range(some):
                out[(done + i) * wide_out + k] = line[i]
        done += some
    leave(port)
    return 0


@cfunc(types.int32(WORD, WORD, types.uint64, WORD, types.uint64, WORD), cache=True, **r.HOW)
def portaudio_hear(heard, played, frames, times, flags, port):
    """The input's half of two streams: into the edge, which the output's half draws from."""
    p = words(port, PORT)
    if p[P_STOP] == 0 and heard != 0:
        now = np.float64(now_ns(p[P_STAND])) * 1e-9
        e.pour(p[P_EDGE], heard, np.int64(frames) & 0xFFFFFFFF, np.float64(p[P_IN_RATE]), now)
    return 0


@njit
def nap(port, ns):
    """Sleep for nanoseconds: nanosleep(spec, 0), or Sleep(milliseconds) on Windows."""
    p = words(port, PORT)
    if p[P_SLEEP_MODE] == 0:
        spec = words(port + 8 * (P_SPEC + 1), 2)
        spec[0], spec[1] = ns // 1000000000, ns % 1000000000
        call_2(p[P_SLEEP], port + 8 * (P_SPEC + 1), 0)
    else:
        r.call_1(p[P_SLEEP], max(ns // 1000000, 1))


@cfunc(types.void(WORD), cache=True, **r.HOW)
def null_device(port):
    """Real time without a card: sleeps until each block is due. Ends when told."""
    p = words(port, PORT)
    s = words(p[P_STAND], m.STAND)
    clock = words(s[m.S_CLOCK], 64)
    n = p[P_BLOCK]
    span = n * 1000000000 / clock[at.C_RATE]
    due = np.float64(now_ns(p[P_STAND]))
    while enter(port):
        call_render(p[P_RENDER], p[P_STAND], 0, 0, n, 0, 0)
        leave(port)
        due += span
        wait = due - np.float64(now_ns(p[P_STAND]))
        if wait < -500e6:  # half a second behind: the machine slept; do not run after it
            clock[at.C_LOST] += np.int64(-wait / span)
            due -= wait
        elif wait > 0:
            nap(port, np.int64(wait))
    p[P_STOP] = 2
