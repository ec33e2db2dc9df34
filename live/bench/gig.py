"""The gig, in real time: recorded hands play a session through the hands' own process, and the take is replayed sample for sample."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from live import midifile
from live.bench.again import compared
from live.bench.report import Report
from live.bench.room import playing
from live.cue import Key
from live.desk import Desk
from live.session import Session
from live.tape import keep

TAIL = 3.0  # seconds after the last move


def run(report: Report, *, name: str = "gig") -> None:
    """Play it, keep it, replay it, compare."""
    session = Session.find(name)
    hands = session.folder / "hands.mid"
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as room:
        take = Path(room) / "take"
        began = time.monotonic()
        with playing(take=take, ins=0, hands=True, midi="fake", played=str(hands), seed=11, session=str(session.folder)) as stage:
            desk = Desk(stage, session)
            desk.play_session()
            desk.hand.settle()
            seconds = (midifile.look(hands).beats + 8) * 60 / stage.clock.bpm + TAIL
            while not any("played to their end" in line for line in desk.said) and time.monotonic() - began < seconds + 60:
                time.sleep(0.2)
            time.sleep(TAIL)
            lost = stage.lost
            kept = keep(time.monotonic() - began, Path(room) / "kept", stage.folder)
            desk.close()
        played, files = compared(take, kept.folder, Path(room), stems=True)
    moves = sum(cue.is_knob for cue in played.cues)
    keys = sum(isinstance(cue.what, Key) and cue.what.on for cue in played.cues)
    for stem, one in files.items():
        note = f"{one.frames} frames, peak {one.peak:.2f}, greatest difference {one.worst:.2g}; {moves} moves, {keys} keys and pads, {lost} blocks lost; {'; '.join(played.notes) or 'nothing left out'}"
        report.add(f"{name}: frames of {stem} that differ in the replay", one.differ, 0, unit="frames", note=note)
