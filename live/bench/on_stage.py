"""The core as the bench plays it: opened on JACK through a Stage, scores sent and waited for, bad days made for it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from live.bench import pieces
from live.bench.machine import audio_thread, ports
from live.core import layout as at
from live.plan import compare
from live.rig import Rig
from live.score import Node, Score, Send
from live.stage import Refused, Silent, Stage

COLD = 300.0  # seconds a first start may take: everything is compiled
TREATMENT = """
def bent(x, state=2, drive=Control(1, 0, 10)):
    state[0] += {share} * (x * drive - state[0])
    return state[0]
"""


def opening_score(which: str, folder: Path) -> Score:
    """What plays from the start."""
    if which == "empty":
        return Score()
    if which == "path":
        places = {f"ear{k}": Node("mic", settings={"first": k, "width": 1}) for k in range(8)}
        return Score(places, tuple(Send(f"ear{k}", k, 1) for k in range(8)))
    return {"cak": pieces.worn, "partners": pieces.partnered}.get(which, pieces.witnessed)(folder)


class OnStage:
    """A playing core with everything around it: watcher, standby, recorder."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.folder = Path(spec["folder"])
        self.take = Path(tempfile.mkdtemp(prefix="antiphon-bench-take-"))
        self.treatments: list[Path] = []
        rig = Rig(device="jack", block=spec["block"], ins=8, outs=8, take=str(self.take), record=bool(spec.get("record", True)), seed=1)
        self.stage = Stage.open(rig, name=f"bench-{os.getpid()}", wait=False)
        self.core = self.stage.core
        try:
            self.stage.wait_for_sound(COLD)
            self.play_and_wait(opening_score(spec.get("score", ""), self.folder))
            if spec.get("standby", True):
                self._calm()
        except BaseException:
            self.close()
            raise

    @property
    def core_pid(self) -> int:
        """The process that sounds now."""
        return int(self.core.clock[at.C_PID])

    def _calm(self, seconds: float = 15.0) -> None:
        """Wait until the standby core has finished loading: it is no part of what is measured."""
        from live.bench.machine import quiet

        until = time.monotonic() + seconds
        while quiet(0.5) > 0.6 and time.monotonic() < until:
            pass

    # --- playing ----------------------------------------------------------------------

    def play_and_wait(self, score: Score, *, seconds: float = 60.0) -> int:
        """Play, wait until it has landed; the frame."""
        try:
            receipt = self.stage.play(score, patience=seconds)
        except (Refused, Silent) as trouble:
            raise RuntimeError(f"the bench's score does not play: {trouble}") from trouble
        return receipt.frame if receipt else 0

    def said(self) -> dict[str, Any]:
        """What the core states of itself, and where its ports are."""
        thread = audio_thread(self.core_pid)
        known = {os.SCHED_FIFO: "FIFO", os.SCHED_RR: "RR"}
        name = known.get(os.sched_getscheduler(thread), "OTHER") if thread else "OTHER"
        return {
            "latency": int(self.core.clock[at.C_LOOKAHEAD]),
            "class": name,
            "core": self.core_pid,
            "lost_blocks": self.stage.lost,
            "midi": self._midi(),
            "take": str(self.take),
        }

    def _midi(self) -> str:
        mine = sorted(p for p in ports(self.spec["server"], is_midi=True, is_input=True) if ":midi_in_" in p)
        return mine[0] if mine else ""

    # --- bad days ---------------------------------------------------------------------

    def storm(self, seconds: float) -> dict[str, Any]:
        """A plan of 400 steps every 0.1 s, fresh samples, 15 treatments written; what came of them."""
        base, now = self.stage.score, self.stage.score
        began, turn, samples, steps = time.monotonic(), 0, 0, []
        numbers: list[int] = []
        while (passed := time.monotonic() - began) < seconds:
            if len(self.treatments) < 15 and passed > len(self.treatments) * seconds / 15:
                base = self._write_treatment(base)
            score = pieces.storm(base, turn, self.folder)
            samples += sum(name.startswith("fresh") for name in score.places)
            plan = compare(now, score)
            steps.append(len(plan))
            numbers.append(self.stage.post(plan))
            now = score
            turn += 1
            time.sleep(max(0.0, began + 0.1 * turn - time.monotonic()))
        return {
            "sent": turn,
            "steps": int(np.median(steps)),
            "samples": samples,
            "treatments": len(self.treatments),
            **self._became(numbers),
        }

    def _became(self, numbers: list[int]) -> dict[str, Any]:
        """How many of the plans landed and were refused, and the first reason."""
        try:
            self.stage.wait_for(numbers[-1], 20.0)
        except Silent:
            return {"plans": 0, "refused": len(numbers), "why": "the core answers no more"}
        known = [self.stage.answers[n] for n in numbers[:-1] if n in self.stage.answers]
        refused = [r.text for r in known if not r.landed]
        return {"plans": len(known) + 1 - len(refused), "refused": len(refused), "why": refused[0] if refused else ""}

    def _write_treatment(self, base: Score) -> Score:
        """A treatment nobody has compiled yet joins the score."""
        from live.core import written

        n = len(self.treatments)
        path = written.write(TREATMENT.format(share=0.1 + 0.01 * n + time.time() % 1 / 1000), "bent")
        self.treatments.append(path)
        places = {**base.places, f"bent{n}": Node(f"written:{path}", ("ear",))}
        return Score(places, (*base.sends, Send(f"bent{n}", 7, 1, 0.01)))

    def gil(self, seconds: float) -> dict[str, int]:
        """Hold the core's own interpreter for 2 s, every 5 s."""
        began, held = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            self.stage.mail.word("stall", index=2_000_000)
            held += 1
            time.sleep(max(0.0, min(5.0, began + seconds - time.monotonic())))
        return {"held": held}

    def same(self, seconds: float) -> dict[str, Any]:
        """Play, then render the same offline from the frame where it landed; where the file with it is."""
        from live.core.offline import Offline

        score = pieces.witnessed(self.folder)
        frame = self.play_and_wait(score.with_(sends=tuple(s for s in score.sends if s.place != "held")))
        time.sleep(seconds)
        core = Offline(48000, 8, ins=8, block=256, seed=1)
        core.stand.clock[at.C_FRAME] = frame
        core.play(self.stage.score)
        heard = np.zeros((8, 48000), np.float32)
        parts = [core.run(48000, heard) for _ in range(int(seconds) + 2)]
        path = self.folder / "offline.npy"
        np.save(path, np.concatenate(parts, axis=1))
        return {"offline": str(path)}

    def close(self) -> None:
        """Everything stops in order; nothing is left."""
        self.stage.close()
        for path in self.treatments:
            path.unlink(missing_ok=True)
        shutil.rmtree(self.stage.folder, ignore_errors=True)
        shutil.rmtree(self.take, ignore_errors=True)


def open_stage(spec: dict[str, Any]) -> OnStage:
    """The core under test."""
    return OnStage(spec)
