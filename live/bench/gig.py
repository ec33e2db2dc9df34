"""The gig, in real time: recorded hands play a session through the hands' own process, and the take is replayed sample for sample."""

from __future__ import annotations

import tempfile
import time
import tomllib
from pathlib import Path

import numpy as np
import soundfile

from live import midifile, replay
from live.bench.report import Report
from live.bench.room import playing
from live.bounce import bounce
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
        played = replay.played(replay.journal_of(str(take)))
        out, r = Path(room) / "again", played.room
        out.mkdir()
        bounce(
            played.cues, played.seconds, out, rate=r["rate"], channels=r["outs"], ins=r["ins"], seed=r["seed"], names=played.names,
            lookahead=r["lookahead"], ceiling=r["ceiling"], engines=played.engines, stems=True,
        )  # fmt: skip
        since = int(tomllib.loads((kept.folder / "take.toml").read_text())["start"])
        moves = sum(cue.is_knob for cue in played.cues)
        keys = sum(type(cue.what).__name__ == "Key" and cue.what.on for cue in played.cues)  # type: ignore[union-attr]
        for path in sorted(kept.folder.glob("*.wav")):
            first, _ = soundfile.read(path, dtype="float32", always_2d=True)
            again, _ = soundfile.read(out / path.name, dtype="float32", always_2d=True)
            n = min(len(first), len(again) - since)
            differ = int(np.count_nonzero((first[:n] != again[since : since + n]).any(axis=1)))
            worst = float(np.abs(first[:n] - again[since : since + n]).max())
            note = f"{n} frames, peak {np.abs(first).max():.2f}, greatest difference {worst:.2g}; {moves} moves, {keys} keys and pads, {lost} blocks lost; {'; '.join(played.notes) or 'nothing left out'}"
            report.add(f"{name}: frames of {path.stem} that differ in the replay", differ, 0, unit="frames", note=note)
