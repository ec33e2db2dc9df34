"""Where everything lies in the core's own memory: cells of the stand, of a voice, a glide, a landing, a send.

layout.py is the same for what processes share. Nobody but the core reads these.
"""

from __future__ import annotations

import numpy as np

from live.core import layout as at

# cells of the stand: what the callback knows (int64, private to the core)
(
    S_ROWS, S_NROWS, S_SENDS, S_NSENDS, S_CTL, S_GLIDES, S_MOVING, S_NMOVING,
    S_INBUS, S_INS, S_MIXBUS, S_OUTS, S_CLOCK, S_TEMPO, S_KNOBS, S_SEEN,
    S_TAPE, S_TAPEHEAD, S_TRACKS, S_ARMED, S_LIMITER, S_DELAY, S_NOWFN, S_NOWMODE,
    S_COME, S_NCOME, S_LOG, S_OUTBUS, S_REST, S_TICK, S_GATED,
    S_CURVE, S_DONE, S_CUTS, S_OVER, S_TURNED, S_NTURNED, S_KNOWN, S_ROUTES,
    S_LANES, S_HEARD_AT, S_HEARD, S_ECHO_AT, S_ECHO, S_SAID_AT, S_SAID, S_HANDS,
    S_NOTES, S_CHOSEN, S_OUTBOX, S_NOUT, S_WHEN, S_BENT,
) = range(53)  # fmt: skip
S_PACES, S_PACED, S_TICKS = 58, 59, 60  # live/core/pace.py and ticks.py
STAND = 64
PACES, PACED = 64, 512  # paces that wait for their frame; paces begun, kept for the journal

# a glide: five arrays of SLOTS_MAX doubles: from, to, done, length, shape
G_FROM, G_TO, G_DONE, G_LENGTH, G_SHAPE = range(5)
STRAIGHT, ROUND = 0.0, 1.0
STAY = -1.0  # a tune of this shape ends whatever glide is on

# a voice: what stands between an op and its bus (float64)
V_WAY, V_DONE, V_LENGTH, V_GAIN, V_WANT, V_BAD, V_LEFT, V_PEAK, V_SLOW = range(9)
V_LAST = 16  # the last sample of each channel, to fade from when the next ones are no numbers; then each one's
# direct current, then each one's power
BAD_FRAMES = 256.0  # how long a place that went bad takes to fade from its last good sample
OPEN, OPENING, CLOSING, CLOSED = 0.0, 1.0, 2.0, 3.0
LOUD = np.int32(np.float32(1000.0).view(np.int32))  # +60 dB: nothing musical is there
SLOW_RUNS = 16.0

# a landing: what one plan changes, all at once (int64)
(
    L_SEQ, L_FRAME, L_ROWS, L_NROWS, L_SENDS, L_NSENDS, L_TUNES, L_NTUNES, L_VOICES, L_NVOICES,
    L_TEMPO, L_BPM, L_BAR, L_MARKS, L_NMARKS,
) = range(15)  # fmt: skip
LANDING = 16
TUNE = 4  # doubles: slot, target, frames, shape
TURN = 4  # int64: address of the voice, what (0 open, 1 close, 2 want), frames or milli-gain, -

# a send (int64)
SEND = 8
X_FROM, X_CHANNELS, X_FIRST, X_WIDTH, X_GAIN, X_OPEN, X_TRACK, X_METER = range(8)

KNOB_FRAMES = 240.0  # a knob's step is spread over 5 ms at 48 kHz
MASTER = at.KNOBS  # the slot of the master fader; the first KNOBS slots are the knobs
FIRST_SLOT = at.KNOBS + 8
GATE_FRAMES = 256.0
COME = 4096  # messages that wait for their frame in the block that is made: three words each, as in layout.MESSAGE
CUTS = 64  # times a block may be cut for messages; in a storm they come at the ends of chunks
AT_ONCE = 512  # messages taken out of the heard ring for one block
OUTBOX = 1024  # messages on their way out, in order of frame: three words each
CHOSEN = 16  # int64 for each slot and channel, see zones.py
LOGGED = 4096  # knob moves kept for the journal: frame, knob, value, frames it took

# the limiter's state (float64)
Z_HOLD, Z_SUM, Z_CALM, Z_LOOK, Z_RELEASE, Z_SPOT = range(6)
Z_NEED = 16  # needed gains, twice LOOK_MAX; then released gains, as many
LOOK_MAX = 512
DELAY = 1088  # frames the delay line of each output holds: a multiple of CHUNK, and no power of two

FOREVER = np.int64(1) << 62
