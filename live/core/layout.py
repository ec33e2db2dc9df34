"""Where everything lies in the files the processes share.

``core.map``   clock, tempo, meters, knobs, the plan mailbox and its receipts; what hands send, and what they are sent
``tape.map``   the last seconds of every input, stem and the mix, for the recorder
``ring-*.map`` sound from (and to) one worker
"""

from __future__ import annotations

import numpy as np

from live.core.memory import Regions

MAGIC = 0x416E7469  # "Anti", and the version of this page below
VERSION = 2

# --- core.map -----------------------------------------------------------------
PLACES = 4096  # places a session may hold, fading ones included
KNOBS = 1024
NAMED = 512  # knobs from here on go by a name: the first free one is its own for good
HANDS = 8  # controllers told apart: slots 0 to 7, each a MIDI port in and one out
ROUTES = 260  # what a channel can send: 0-127 controllers, 128-255 notes, then BEND, PRESSURE, PROGRAM
BEND, PRESSURE, PROGRAM = 256, 257, 258
LANES = 2048  # ways from a controller to a knob; the first HANDS * 128 are controller c of slot s, at s * 128 + c
LANE = 16  # cells of a lane, see lanes.py
HEARD = 4096  # messages on their way in
ECHO = 16384  # messages the callback has heard, for whoever looks
SAID = 4096  # messages on their way out
ASKED = 32  # devices that words name: knob(3, device="nano")
BOXES = 4  # mailboxes: 0 the desk, 1 the watcher, 2 the hands, 3 spare
MAIL = 2048  # rows each mailbox holds
RECEIPTS = 1024

# clock cells (int64)
(
    C_MAGIC, C_FRAME, C_CALLS, C_RATE, C_BLOCK, C_INS, C_OUTS, C_LOST,
    C_LANDED, C_ARMED, C_PID, C_BEAT_NS, C_LOAD_NS, C_WORST_NS, C_LIMITED, C_BAD,
    C_STATE, C_LATE, C_LOOKAHEAD, C_STOP, C_GENERATION, C_BORN_NS, C_LAT_IN, C_LAT_OUT,
    C_WORST_BLOCK, C_TAPE_LOST, C_SPLITS, C_DEVICE, C_HASH, C_GATE, C_WALL_NS, C_POLICY, C_PRIORITY,
) = range(33)  # fmt: skip
# C_STATE: 0 starting, 1 sounding, 2 device lost, 3 leaving. C_BEAT_NS: the core's Python was alive then.
# C_POLICY: the audio thread's class: 0 not known, 1 FIFO, 2 RR, -1 like everybody else. C_PRIORITY: its priority, if FIFO or RR.
# C_LOAD_NS: nanoseconds spent in callbacks so far. C_LOST: blocks lost since start (from the device).

# tempo cells (float64)
T_BPM, T_BEAT0, T_FRAME0, T_BAR, T_CEILING, T_MASTER, T_PEAK, T_SWING = range(8)
# beat at frame f: T_BEAT0 + (f - T_FRAME0) * T_BPM / (60 * rate). T_BAR: beats in a bar.
# T_CEILING and T_MASTER are linear gains; T_PEAK the mix's peak since it was last read and zeroed.
(T_SEQ, T_BASE, T_FROM, T_GOAL, T_RAMP, T_OVER, T_BEND, T_UNTIL, T_LED, T_COUNT) = range(8, 18)
# T_SEQ: odd while the cells of time are written: whoever reads them reads again (live/core/pacing.py). T_BASE: the tempo without what
# bends it, while T_UNTIL is not 0. From T_FROM to T_GOAL in T_OVER frames (0: no ramp) from frame T_RAMP on. T_BEND: beats a
# frame more than the tempo says, until frame T_UNTIL (0: none). T_LED: 1 while MIDI clock leads (plans bring no tempo
# then), 2 while Link does (they bring theirs, and it goes to all).
# T_COUNT: paces begun so far.

# columns of a meter (float32)
M_PEAK, M_POWER, M_DC, M_BAD, M_GAIN, M_LATE, M_NS, M_LIVE = range(8)
# M_BAD: 0 well, 1 not a number, 2 far too loud, 3 direct current, 4 too slow.

# columns of hand_cells (int64)
H_THERE, H_HEARD, H_CLOCKED, H_SINCE = range(4)

ROW = np.dtype(
    [
        ("verb", "S8"), ("name", "S64"), ("key", "S32"), ("index", "i4"), ("_", "i4"),
        ("value", "f8"), ("more", "f8"), ("frame", "i8"), ("text", "S376"),
    ]
)  # fmt: skip
MESSAGE = np.dtype([("frame", "i8"), ("slot", "i4"), ("size", "i4"), ("bytes", "u1", (8,))])
# A MIDI message of at most 8 bytes. ``frame``: when it came (heard, echo; 0: not known), when it is due (said; 0: at once).
RECEIPT = np.dtype([("plan", "i8"), ("status", "i4"), ("_", "i4"), ("frame", "i8"), ("text", "S232")])
LANDED, REFUSED, TROUBLE = 0, 1, 2  # TROUBLE: no plan's answer, but news (a place went bad, a device left)

CORE: Regions = {
    "clock": (np.int64, (64,)),
    "tempo": (np.float64, (64,)),
    "knobs": (np.float64, (KNOBS,)),  # where a hand wants each knob, 0 to 1
    "knob_names": ("S64", (KNOBS,)),  # of knobs from NAMED on; only the core writes it (see live/knobs.py)
    "knob_set": (np.uint8, (KNOBS,)),  # 1: somebody has put it where it stands; 0: a hand may have it at once
    "asked": ("S64", (ASKED,)),  # devices that words name; only the core writes it
    "asked_slots": (np.int64, (ASKED,)),  # bit s: slot s is such a device; whoever keeps the slots writes it
    "hands": ("S64", (HANDS,)),  # which device holds a slot, by its own name ("" nobody, "nano #2" the second of two equal ones)
    "hand_cells": (np.int64, (HANDS, 8)),  # H_THERE: 1 while plugged; H_HEARD: messages so far; H_CLOCKED: 1 gets our MIDI clock
    "routes": (np.int16, (HANDS, 16, ROUTES)),  # the lane of slot, channel, what; -1 none. Bit 14: it brings the lane's low seven bits
    "lanes": (np.float64, (LANES, LANE)),
    "heard_at": (np.int64, (8,)),  # [0] messages put in so far (one writer: the hands), [1] taken
    "heard": (MESSAGE, (HEARD,)),
    "echo_at": (np.int64, (8,)),  # [0] messages so far; readers keep their own place. [1] lost in a storm of our own making
    "echo": (MESSAGE, (ECHO,)),
    "said_at": (np.int64, (8,)),  # [0] messages put in so far (one writer: the hands), [1] sent
    "said": (MESSAGE, (SAID,)),
    "meters": (np.float32, (PLACES, 8)),
    "names": ("S64", (PLACES,)),
    "device": ("S256", (4,)),  # the output's and the input's name, the backend, the last trouble
    "mail_head": (np.int64, (BOXES, 8)),  # rows written so far (only the sender writes it)
    "mail_tail": (np.int64, (BOXES, 8)),  # rows read so far (only the core writes it)
    "mail": (ROW, (BOXES, MAIL)),
    "receipt_head": (np.int64, (8,)),  # receipts written so far; readers keep their own place
    "receipts": (RECEIPT, (RECEIPTS,)),
}

# --- tape.map -----------------------------------------------------------------
TAPE_FRAMES = (1 << 18) + 320  # 5.5 s at 48 kHz; not a power of two, or all tracks would fight for one set of the cache
# head cells (int64)
P_MAGIC, P_TRACKS, P_FRAMES, P_WRITTEN, P_INS, P_OUTS, P_RATE, P_PID, P_LOOKAHEAD, P_BEGAN, P_OVERRUN = range(11)
# P_WRITTEN: every track holds the frames before this one; frame f lies in column f % P_FRAMES.
# P_OVERRUN: holes the recorder had to leave because it came too late (only the recorder writes it).
TRACK = np.dtype([("name", "S64"), ("tracks", "i4"), ("first", "i4"), ("width", "i4"), ("_", "i4"), ("since", "i8"), ("until", "i8")])
# One entry at the first track of each group. ``tracks``: how many tracks the group takes (0: free).
# ``first``, ``width``: the output channels it goes to; output channel first + j takes track j % tracks.
# ``since``, ``until``: the frames it holds; until is -1 while it still sounds.
# Groups in order: "in/1".. one each, "mix" (all outputs), "gain" (the master's), "rest" (all outputs:
# what found no track of its own), then a group for each send, named by its place.
# At frame f: mix[f] = gain[f] * (sum of stems and rest at f - P_LOOKAHEAD).


def tape(tracks: int, frames: int = TAPE_FRAMES) -> Regions:
    """The regions of tape.map."""
    return {"head": (np.int64, (64,)), "tracks": (TRACK, (tracks,)), "ring": (np.float32, (tracks, frames))}


# --- ring-*.map ---------------------------------------------------------------
# head cells (int64)
(
    R_MAGIC, R_OUTS, R_FRAMES, R_WRITTEN, R_CLOCK, R_LATE, R_PID, R_STATE, R_INS, R_HEARD, R_BEAT_NS, R_START, R_AHEAD,
    R_FROM, R_TIMES, R_STOP, R_RATE,
) = range(17)  # fmt: skip
# R_WRITTEN: the worker has made all frames before this one. R_CLOCK: the core's clock (it plays frames from here).
# R_HEARD: the core has put down all input frames before this one. R_LATE: runs in which the core found nothing ready.
# R_STATE: 0 starting, 1 running, 2 leaving. R_START: first frame of the worker's unbroken sound. R_AHEAD: cushion in frames.
# R_FROM: first frame the core put down (-1: none yet). R_TIMES: how often the worker was late, however long each time lasted.
# R_STOP: 1 asks the worker to leave. R_RATE: frames a second.
# Output at frame f answers the input, and the controls, at frame f - R_AHEAD.
RING_FRAMES = 1 << 17
RING_CONTROLS = 64  # cells of a row; the last two are time: the beat there, and the tempo
RING_BEAT, RING_BPM = 62, 63


def ring(outs: int, ins: int, frames: int = RING_FRAMES) -> Regions:
    """The regions of ring-*.map."""
    return {
        "head": (np.int64, (64,)),
        "controls": (np.float64, (RING_CONTROLS,)),  # where each control stands now, in the engine's order
        "out": (np.float32, (max(outs, 1), frames)),
        "heard": (np.float32, (max(ins, 1), frames)),
        "past": (np.float64, (frames // 64, RING_CONTROLS)),  # row q: where each control stood at frame 64 * (q + 1)
    }


# --- event queues (inside the core) ---------------------------------------------
EVENTS_MAX = 256
EVENT_CELLS = 12
# An event queue is doubles: [head, tail, then EVENTS_MAX rows of EVENT_CELLS].
# A row: frame, kind, then ten numbers that the op reads as it likes. Events lie in order of frame. head: rows
# put in so far (the conductor writes it); tail: rows done (the op writes it). Row i lies at 2 + (i % EVENTS_MAX) * EVENT_CELLS.
