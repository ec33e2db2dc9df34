"""Our MIDI clock, for others to follow: 24 ticks a beat, counted from the beat itself, so that nothing can drift.

A plain function over plain numbers: the callback has it compiled (ticks.py puts njit around it) and sends at the very
sample; where MIDI does not go through JACK the hands call it some milliseconds ahead.
"""

from __future__ import annotations

import math
from typing import Any

from live.core.layout import T_BAR, T_BEAT0, T_BPM, T_FRAME0

PER_BEAT, PER_SIXTEENTH = 24, 6
TICK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
SONG = 1 << 14  # a song position is 14 bits

# what a clock remembers (float64)
K_NEXT, K_THERE, K_BEAT, K_RUNS, K_ASKED, K_WAITS, K_SPOT, K_ORIGIN = range(8)
KEPT = 8
# K_NEXT: the next tick's number, beat times 24. K_THERE, K_BEAT: the frame and beat it has come to (K_THERE -1: it has not begun).
# K_ASKED: what somebody wants (ASK_*); K_WAITS: what comes at tick K_SPOT. K_RUNS: 1 after a start. K_ORIGIN: the tick of the song's start.
ASK_START, ASK_STOP, ASK_CONTINUE = 1.0, 2.0, 3.0
ASKED = {"start": ASK_START, "stop": ASK_STOP, "continue": ASK_CONTINUE}

MOST = 96  # messages of one call
OUT = 2 * MOST  # doubles: frame, data (the first byte lowest)


def ticks(k: Any, p: Any, t: float, n: float, rate: float, torn: float, out: Any) -> int:
    """What is due in the n frames from t on, in which tempo ``p`` holds: how many messages lie in ``out``.

    ``torn``: beats by which time may be elsewhere than it was without having jumped.
    """
    count = 0
    per = p[T_BPM] / (60.0 * rate)  # beats a frame
    now = p[T_BEAT0] + (t - p[T_FRAME0]) * per
    fresh = k[K_THERE] < 0.0
    jumped = fresh or k[K_THERE] != t or abs(now - k[K_BEAT]) > torn
    if jumped:
        k[K_NEXT] = math.ceil((now - 0.5 * per) * PER_BEAT - 1e-6)
        if k[K_RUNS] != 0.0 and not fresh:  # whoever counts our ticks would be elsewhere now
            out[0], out[1] = t, STOP
            count = 1
            if k[K_ASKED] == 0.0:
                k[K_ASKED] = ASK_CONTINUE
    if k[K_ASKED] == ASK_STOP:
        if count == 0:
            out[0], out[1] = t, STOP
            count = 1
        k[K_RUNS], k[K_WAITS] = 0.0, 0.0
    elif k[K_ASKED] == ASK_START:
        bars = math.ceil(k[K_NEXT] / (PER_BEAT * p[T_BAR]) - 1e-9)
        k[K_WAITS], k[K_SPOT] = ASK_START, math.ceil(bars * PER_BEAT * p[T_BAR] - 1e-9)
    elif k[K_ASKED] == ASK_CONTINUE:
        k[K_WAITS], k[K_SPOT] = ASK_CONTINUE, math.ceil(k[K_NEXT] / PER_SIXTEENTH) * PER_SIXTEENTH
    k[K_ASKED] = 0.0
    while count < MOST - 3:
        frame = math.floor(p[T_FRAME0] + (k[K_NEXT] / PER_BEAT - p[T_BEAT0]) / per + 0.5)
        if frame >= t + n:
            break
        frame = max(frame, t)
        if k[K_WAITS] != 0.0 and k[K_NEXT] >= k[K_SPOT]:
            if k[K_WAITS] == ASK_START:
                k[K_ORIGIN] = k[K_NEXT]
                out[2 * count], out[2 * count + 1] = frame, START
            else:
                spot = int((k[K_NEXT] - k[K_ORIGIN]) // PER_SIXTEENTH) % SONG
                out[2 * count], out[2 * count + 1] = frame, POSITION + (spot % 128) * 256 + (spot // 128) * 65536
                count += 1
                out[2 * count], out[2 * count + 1] = frame, CONTINUE
            count += 1
            k[K_RUNS], k[K_WAITS] = 1.0, 0.0
        out[2 * count], out[2 * count + 1] = frame, TICK
        count += 1
        k[K_NEXT] += 1.0
    k[K_THERE], k[K_BEAT] = t + n, now + n * per
    return count
