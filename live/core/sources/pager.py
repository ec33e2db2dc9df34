"""Long files, a window at a time: the pager reads ahead of the playhead so that the sound never waits for the disk.

A sound is a line of frames counted from its start; a loop is the same line gone
on for ever, both ways. The op sees windows of it: rings, where frame v lies in
column v % span, good for lo <= v < hi. The pager (a Python thread of the core)
moves the window after the playhead; it may be held up for two seconds.
A second, small window is pinned where a trigger starts the sound.
"""

from __future__ import annotations

import threading
import time
import weakref

import numpy as np

from engines.face import Block
from live.core.row import address
from live.core.sounds import Reader, SoundError

# cells of the desk between an op and the pager (int64); two windows come first, five cells each
ADDRESS, STRIDE, SPAN, LO, HI = range(5)
PINNED = 5
LENGTH, LOOP, SIGN, AT, SPEED, MISSED, SOUNDING, AGE, STREAMED, WAIT = range(10, 20)
DESK = 32
# AT: the frame the playhead stands at. SPEED: frames a frame, in parts of 2**-32. MISSED: frames that were not there in time.
EVER = 1 << 61

AHEAD, BEHIND, STEP, PIN = 8.4, 2.0, 0.5, 4.0  # seconds


def window(desk: np.ndarray, first: int, sound: Block, lo: int, hi: int, start: int = 0, span: int = 0) -> None:
    """Show the op some columns of a sound as a ring."""
    desk[first : first + 5] = address(sound) + 4 * start, sound.shape[1], span or sound.shape[1], lo, hi


class Stream:
    """One long file under one playhead."""

    def __init__(self, desk: np.ndarray, reader: Reader, start: int, rate: int, at: int) -> None:
        self.desk, self.reader, self.start, self.rate = desk, reader, start, rate
        self.length, self.loop = int(desk[LENGTH]), bool(desk[LOOP])
        self.trouble = ""
        self.lock = threading.Lock()
        channels, pin = reader.sound.channels, min(round(PIN * rate), self.length)
        self.ring = np.zeros((channels, round((AHEAD + BEHIND + 2 * STEP) * rate)), np.float32)
        if self.loop:
            first, last = -pin, pin
        else:
            first = self.length - pin if desk[SIGN] < 0 else 0
            last = first + pin
        first, last = first - 8, last + 8
        pinned = self.fetch(first, last)
        self.pinned = np.roll(pinned, first % pinned.shape[1], axis=1)  # frame v to column v % span
        window(desk, PINNED, self.pinned, first, last)
        self.lo = self.hi = at
        window(desk, 0, self.ring, at, at)
        desk[AT], desk[SPEED] = at, desk[SIGN] << 32
        self.follow(2.0)
        PAGER.add(self)

    def fetch(self, lo: int, hi: int) -> Block:
        """Frames lo to hi of the line."""
        if not self.loop:
            lo_, hi_ = max(lo, 0), min(hi, self.length)
            out = np.zeros((self.reader.sound.channels, hi - lo), np.float32)
            if lo_ < hi_:
                out[:, lo_ - lo : hi_ - lo] = self.reader.read(self.start + lo_, self.start + hi_)
            return out
        parts, v = [], lo
        while v < hi:
            spot = v % self.length
            n = min(hi - v, self.length - spot)
            parts.append(self.reader.read(self.start + spot, self.start + spot + n))
            v += n
        return np.concatenate(parts, axis=1)

    def _put(self, lo: int, hi: int) -> None:
        """Write a stretch of the line into the ring."""
        sound, span = self.fetch(lo, hi), self.ring.shape[1]
        a = lo % span
        n = min(hi - lo, span - a)
        self.ring[:, a : a + n] = sound[:, :n]
        self.ring[:, : hi - lo - n] = sound[:, n:]

    def follow(self, ahead: float = AHEAD) -> None:
        """Bring the window to where the playhead is. What is given up is taken off the op's sheet before it is overwritten."""
        at, onward = int(self.desk[AT]), int(self.desk[SPEED]) >= 0
        if not self.lo <= at < self.hi:
            self.lo = self.hi = at
            self.desk[LO] = self.desk[HI] = at
        before, after = (BEHIND, ahead) if onward else (ahead, BEHIND)
        for forward in (onward, not onward):
            while self._grow(forward, at - round(before * self.rate), at + round(after * self.rate)):
                pass

    def _grow(self, forward: bool, lo: int, hi: int) -> bool:
        """One step further, if it is wanted."""
        span, step = self.ring.shape[1], round(STEP * self.rate)
        if self.hi - self.lo < 2 * step:
            step //= 4  # after a jump the first frames are wanted soon
        if forward:
            if self.hi >= hi or (not self.loop and self.hi > self.length + 64):
                return False
            self.lo = max(self.lo, self.hi + step - span)
            self.desk[LO] = self.lo
            self._put(self.hi, self.hi + step)
            self.hi += step
            self.desk[HI] = self.hi
        else:
            if self.lo <= lo or (not self.loop and self.lo < -64):
                return False
            self.hi = min(self.hi, self.lo - step + span)
            self.desk[HI] = self.hi
            self._put(self.lo - step, self.lo)
            self.lo -= step
            self.desk[LO] = self.lo
        return True

    def serve(self) -> None:
        """Follow; when the file cannot be read any more, say so once and leave it alone."""
        with self.lock:
            if self.trouble:
                return
            try:
                self.follow()
            except SoundError as trouble:
                self.trouble = str(trouble)


class Pager:
    """All streams, and the one thread that serves them."""

    def __init__(self) -> None:
        self.streams: weakref.WeakSet[Stream] = weakref.WeakSet()
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()

    def add(self, stream: Stream) -> None:
        """Serve one more, for as long as its node holds it."""
        with self.lock:
            self.streams.add(stream)
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="pager", daemon=True)
                self.thread.start()

    def catch_up(self) -> None:
        """Serve everybody now: the offline renderer calls this at least once a second of sound."""
        with self.lock:
            mine = list(self.streams)
        for stream in mine:
            stream.serve()

    def troubles(self) -> list[str]:
        """Files that went away while they played."""
        with self.lock:
            return [s.trouble for s in self.streams if s.trouble]

    def _run(self) -> None:
        while True:
            time.sleep(0.05)
            self.catch_up()
            with self.lock:
                if not self.streams:
                    self.thread = None
                    return


PAGER = Pager()
