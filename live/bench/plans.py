"""Thousands of random plans: whatever is asked of the core, nothing clicks, nothing is lost, nothing is left over.

``python -m live.bench.plans`` plays ten thousand of them and prints the
session that breaks a promise. Two sorts of session take turns:
*calm* ones, whose sounds carry no memory, so that every step and every last
bit can be judged, and *wild* ones with everything the core has.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from live.bench.report import Report
from live.core.conductor import Refusal
from live.core.layout import C_FRAME, C_LIMITED
from live.core.offline import Offline
from live.score import Drive, Node, Score, Send

RATE = 48000
OUTS = 4
NAMES = [f"p{k}" for k in range(9)]
LEVELS = (0.7, 0.85, 1.0)
STEP = 4.0  # times the material's own largest step
VERBS = ("make", "drop", "rewire", "retune", "drive", "route", "quiet", "mute", "solo", "pace", "knob", "event", "back")
CALM = {
    "mic": [{"first": 0}, {"first": 1}, {"width": 2}],
    "gain": [{}],
    "pan": [{}],
    "mix": [{}],
    "crossfade": [{}],
    "spread": [{"channels": 3}, {"channels": 4}],
    "scale": [{}],
    "add": [{}],
}
WILD = {
    **CALM,
    "tone": [{}, {"shape": "saw"}, {"shape": "square"}, {"gate": True}],
    "noise": [{}, {"color": "pink", "channels": 2}],
    "pluck": [{}],
    "grains": [{"file": "SOUND"}],
    "clip": [{"file": "SOUND"}, {"file": "SOUND", "loop": False, "reverse": True}, {"file": "nowhere.wav"}],
    "filter": [{}, {"mode": "bp"}, {"mode": "hp"}],
    "delay": [{}, {"longest": 0.2}],
    "reverb": [{}],
    "compressor": [{}],
    "tilt": [{"size": 512}],
    "gatebins": [{"size": 512}],
    "lfo": [{}, {"shape": "square"}],
    "env": [{}],
    "follow": [{}],
    "smooth": [{}],
    "choose": [{}],
    "flute": [{}],
}
START = {
    "p0": Node("mic"),
    "p1": Node("gain", ("p0",), {"gain": 0.8}),
    "p2": Node("mic", settings={"first": 1}),
    "p3": Node("mix", ("p1", "p2")),
}
LIVELY = {"p4": Node("tone", (), {"gain": 0.2}), "p5": Node("filter", ("p3",), {"cutoff": 2000.0})}


@dataclass(frozen=True)
class Move:
    """One thing somebody does: a verb, three choices it may read as it likes, and when it lands."""

    verb: str
    a: int
    b: int
    x: float
    together: bool  # with the next one, in one plan
    frames: int  # until the next
    fade: float


class Broken(AssertionError):
    """A promise that was not kept."""


class Session:
    """A score that is moved about, and the core that has to follow."""

    def __init__(self, calm: bool, block: int = 256, sound: str = "") -> None:
        self.kinds = CALM if calm else WILD
        self.calm, self.sound = calm, sound
        self.core = Offline(RATE, OUTS, ins=2, block=block)
        self.known = self.core.conductor.kind
        self.score = Score(START if calm else {**START, **LIVELY}, tuple(Send(f"p{k}", k % OUTS, 1, 0.85) for k in range(4 if calm else 6)))
        self.past = [self.score]
        self.heard: list[np.ndarray] = []
        self.plans = self.refused = 0

    def play(self, moves: Sequence[Move]) -> None:
        """Every move, as one plan each or several at once."""
        self.core.play(self.score)
        self.listen(640)
        wished = self.score
        for move in moves:
            if move.verb == "knob":
                self.core.stand.knobs[move.a % 4] = abs(move.x)
            elif move.verb == "event":
                self._event(move)
            else:
                wished = self.moved(wished, move)
            if not move.together:
                self._land(wished, move)
                wished = self.score
                self.listen(move.frames)

    def _land(self, wished: Score, move: Move) -> None:
        self.plans += 1
        try:
            self.core.play(wished, frame=self.core.frame + move.b % 64, fade=move.fade)
        except Refusal:
            self.refused += 1
            return
        self.core.run(0)
        self.score = wished
        self.past.append(wished)

    def _event(self, move: Move) -> None:
        try:
            self.core.conductor.event(NAMES[move.a % len(NAMES)], self.core.frame + move.b, move.b % 3, [abs(move.x), 0.5, 0.1])
        except Refusal:
            self.refused += 1

    def listen(self, frames: int) -> np.ndarray:
        """Go on, with two sines in the microphones."""
        t = self.core.frame + np.arange(frames)
        inputs = np.stack([0.2 * np.sin(2 * np.pi * 440 / RATE * t), 0.2 * np.sin(2 * np.pi * 550 / RATE * t)])
        sound = self.core.run(frames, inputs.astype(np.float32))
        self.heard.append(sound)
        return sound

    def moved(self, score: Score, move: Move) -> Score:
        """The score after one move; it need not be legal."""
        name = NAMES[move.a % len(NAMES)]
        there = sorted(score.places)
        some = there[move.a % len(there)] if there else name
        places, sends = dict(score.places), score.sends
        match move.verb:
            case "back":
                return self.past[move.a % len(self.past)]
            case "pace":
                return score.with_(tempo=60 + move.a, bar=float(1 + move.b % 7))
            case "mute":
                return score.with_(muted=score.muted ^ {some})
            case "solo":
                return score.with_(soloed=score.soloed ^ {some})
            case "make":
                places[name] = self._node(move, there)
                if self._sounds(places[name]):
                    sends = (*sends, Send(name, move.a % OUTS, 1, LEVELS[move.b % 3]))
                return score.with_(places=places, sends=sends)
            case "drop":
                places.pop(some, None)
                for other, node in places.items():
                    ins = tuple(i for i in node.ins if i != some)
                    controls = {k: v for k, v in node.controls.items() if not isinstance(v, Drive) or v.source != some}
                    places[other] = Node(node.kind, ins, controls, node.settings)
                return score.with_(places=places, sends=tuple(s for s in sends if s.place != some))
            case "route" | "quiet":
                first = move.b % OUTS
                one = Send(
                    some, first, 1 + (move.b // OUTS) % (OUTS - first), Drive("knob:1", 0.3, 0.7) if move.x < -0.5 else LEVELS[move.b % 3]
                )
                rest = tuple(s for k, s in enumerate(sends) if k != move.a % max(len(sends), 1))
                return score.with_(sends=(*sends, one) if move.verb == "route" else rest)
        if some in places:
            places[some] = self._changed(places[some], move, there)
        return score.with_(places=places)

    def _sounds(self, node: Node) -> bool:
        return node.kind not in ("flute", "scale", "add", "lfo", "env", "follow", "smooth", "choose")

    def _node(self, move: Move, there: list[str]) -> Node:
        word = list(self.kinds)[move.b % len(self.kinds)]
        options = self.kinds[word]
        settings = {k: self.sound if v == "SOUND" else v for k, v in options[move.a % len(options)].items()}
        count = 0 if word == "flute" else len(self.known(word).inlets)
        heard = [n for n in there if self._sounds(self.score.places.get(n, Node("flute")))]
        ins = tuple(heard[(move.a + 3 * k) % len(heard)] for k in range(min(count, 1 + move.b % 3))) if heard else ()
        return Node(word, ins, {}, settings)

    def _changed(self, node: Node, move: Move, there: list[str]) -> Node:
        if move.verb == "rewire":
            return Node(node.kind, tuple(there[(move.b + k) % len(there)] for k in range(len(node.ins))), node.controls, node.settings)
        controls: Any = self.known(node.kind).controls if node.kind != "flute" else {}
        if not controls:
            return node
        key = sorted(controls)[move.b % len(controls)]
        low, high = controls[key].low, controls[key].high
        if key in ("gain", "db") and self.calm:
            low, high = (0.7, 1.0) if key == "gain" else (-1.0, 0.0)
        value: float | Drive = low + (high - low) * abs(move.x)
        if move.verb == "drive":
            source = f"knob:{move.a % 4}" if move.a % 2 or not there else there[move.b % len(there)]
            value = Drive(source, (high - low) * move.x, low + (high - low) * 0.5)
        if self.calm and key in ("gain", "db") and isinstance(value, Drive):
            value = Drive(value.source, (high - low) * 0.1, low)
        return Node(node.kind, node.ins, {**node.controls, key: value}, node.settings)


def judge(session: Session) -> None:
    """Every promise, at the end of a session."""
    sound = np.concatenate([*session.heard, session.listen(4800)], axis=1)
    if not np.isfinite(sound).all():
        raise Broken("what left the core was no number")
    ceiling = np.float32(10 ** (-1 / 20))
    if np.abs(sound).max() > ceiling:
        raise Broken(f"{20 * np.log10(np.abs(sound).max()):.4f} dBFS left the core")
    if session.calm:
        _judge_steps(session, sound)
        _judge_tail(session)
    _judge_pools(session)


def _judge_steps(session: Session, sound: np.ndarray) -> None:
    """The material's own: the microphones' largest step, or that of any score of the session rendered steadily."""
    steady = Session(True)
    steady.core.stand.knobs[:] = session.core.stand.knobs
    own = 0.2 * 2 * np.pi * 550 / RATE
    for score in session.past:
        steady.core.play(score, fade=0)
        steady.listen(6 * 256)
        own = max(own, float(np.abs(np.diff(steady.listen(512))).max()))
    largest = float(np.abs(np.diff(sound)).max())
    if largest > STEP * own:
        raise Broken(f"a step of {largest:.4f}; the material's own is {own:.4f}")


def _judge_tail(session: Session) -> None:
    """After all fades the sound is, to the bit, that of the last score built afresh."""
    session.listen(3 * RATE if session.core.stand.clock[C_LIMITED] else RATE // 2)  # the limiter takes two seconds to let go
    fresh = Session(True)
    fresh.core.stand.clock[C_FRAME] = session.core.frame
    fresh.core.stand.knobs[:] = session.core.stand.knobs
    fresh.core.play(session.score)
    fresh.listen(RATE // 2)
    session.listen(RATE // 2)
    mine, other = session.listen(1024), fresh.listen(1024)
    if not np.array_equal(mine, other):
        raise Broken(f"the tail is not that of a fresh build: {np.abs(mine - other).max():.3g} apart")


def _judge_pools(session: Session) -> None:
    """When all is gone nothing is left over."""
    session.core.play(Score())
    session.listen(RATE // 2)
    left = {name: count for name, count in session.core.conductor.taken.items() if count}
    if left:
        raise Broken(f"left over when all was gone: {left}")


def perform(moves: Sequence[Move], calm: bool, block: int, sound: str) -> Session:
    """One session, played and judged."""
    session = Session(calm, block, sound)
    session.play(moves)
    judge(session)
    return session


def sessions(most: int = 24) -> Any:
    """Hypothesis's strategy for sessions: (moves, calm, block)."""
    from hypothesis import strategies as some

    moves = some.builds(
        Move,
        some.sampled_from(("make", "rewire", "retune", "route", "drive") * 3 + VERBS),
        some.integers(0, 40),
        some.integers(0, 40),
        some.floats(-1, 1, width=16),
        some.booleans(),
        some.sampled_from((64, 128, 320, 640, 1024, 2560)),
        some.sampled_from((0.002, 0.01, 0.05, 0.2)),
    )
    return some.tuples(some.lists(moves, min_size=most // 3, max_size=most), some.booleans(), some.sampled_from((64, 256, 441, 1024)))


def some_sound() -> str:
    """One of the sounds that come with Antiphon, for clips and grains."""
    found = sorted((Path(__file__).parents[2] / "sounds").glob("*.flac"))
    return str(found[0]) if found else "nowhere.wav"


def run(report: Report, *, plans: int = 10_000, seed: int = 1, shrink: bool = False) -> None:
    """Play sessions until so many plans have been sent; report what held and print the shortest that did not."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    sound = some_sound()
    sent = refused = 0
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    began = time.time()
    broken = ""
    for turn in range(1000):
        if sent >= plans or broken:
            break

        @seeded(seed * 1000 + turn)
        @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False, phases=phases)
        @given(sessions())
        def some_sessions(one: tuple[list[Move], bool, int]) -> None:
            nonlocal sent, refused
            session = perform(*one, sound)
            sent, refused = sent + session.plans, refused + session.refused

        try:
            some_sessions()
        except Broken as trouble:
            broken = "; ".join([str(trouble), *(getattr(trouble, "__notes__", None) or [])])
        report.say(f"{sent} plans, {refused} refused, {time.time() - began:.0f} s")
    report.add("random plans that broke a promise", 1 if broken else 0, 0, unit="", note=broken or f"{sent} plans, {refused} moves refused")


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m live.bench.plans --plans 10000 --seed 1``."""
    parser = argparse.ArgumentParser(prog="python -m live.bench.plans", description="Play random plans and judge every sample.")
    parser.add_argument("--plans", type=int, default=10_000, metavar="N", help="how many plans (default 10000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which ones (default 1)")
    parser.add_argument("--file", type=Path, default=None, metavar="FILE", help="where figures are remembered (default bench.jsonl)")
    parser.add_argument("--shrink", action="store_true", help="look for the shortest session that breaks a promise (minutes)")
    asked = parser.parse_args(argv)
    report = Report(file=asked.file)
    run(report, plans=asked.plans, seed=asked.seed, shrink=asked.shrink)
    return report.close()


if __name__ == "__main__":
    raise SystemExit(main())
