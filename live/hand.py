"""The hand that carries edits to the stage: rehearse, land on the bar, keep the way back. The prompt never waits for it.

    change -> page -> score -> plan -> dress rehearsal -> posted for the next bar -> landed

Edits queue up here and are taken one by one, each on top of what was accepted
before it; one that is refused leaves no trace. A thread of its own does it,
and reads what the core answers.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from live.edits import Change, State
from live.knobs import name_of
from live.mistakes import Mistake
from live.naming import score_of
from live.plan import Drop, Hush, Make, Pace, Plan, Retune, Rewire, Route, Swap, carried, compare
from live.plan import shown as as_typed
from live.score import Score

if TYPE_CHECKING:
    from live.dress import Dress
    from live.stage import Stage

MARGIN = 0.15  # seconds before a bar line: what is not posted by then lands on the next
DEADLINE = 4.0  # seconds a rehearsal may take
MOST = 200  # steps back
EVERY = 0.01


@dataclass
class Proposal:
    """Something that should be so from the next bar on."""

    change: Change
    said: str = ""  # what it is called in messages
    when: str = ""  # now | beat | bar; empty: as the desk is set
    fade: float | None = None
    rehearse: bool = True
    step: bool = True  # a step for undo
    back: str = ""  # undo | redo: a step along the past itself
    lost: Callable[[str], None] | None = None  # told when it is refused
    accepted: Callable[[State], None] | None = None  # told when it is not
    quiet: str = ""  # said when nothing has to happen
    tell: bool = False  # say what changes, and from which bar on
    saved: bool = False  # from a file: one that would leave nothing to be heard is a slip
    text: str = ""  # that file's
    idle: bool = False  # nothing is to be done, only its turn is waited for
    done: threading.Event = field(default_factory=threading.Event)
    plan: Plan = ()
    refused: str = ""


@dataclass
class Flight:
    """A plan on its way."""

    plan: Plan
    state: State
    before: State
    frame: int
    said: str
    proposal: Proposal | None = None  # None: it only brings the core back to what the hand knows


class Hand:
    """Takes proposals, one after another."""

    def __init__(
        self, stage: Stage, say: Callable[[str], None], *, dress: Dress | None = None, room: Any = None, state: State | None = None
    ) -> None:
        self.stage, self.say, self.dress, self.room = stage, say, dress, room
        self.lock = threading.RLock()  # the stage is asked from several threads
        self.state = state or State(score=stage.score)
        self.past: list[State] = []
        self.future: list[State] = []
        self.flights: dict[int, Flight] = {}
        self.torn: tuple[State, list[Proposal]] | None = None  # the core refused one: what was before it, and what was sent on top of it
        self.quant, self.fade = "bar", 0.05
        self.effects: Callable[[Any], Any] | None = None  # makes treatments written live ready to play
        self.accepted: Callable[[State], None] | None = None
        self.tick: Callable[[], None] | None = None  # called while listening, many times a second
        self.plan: Plan = ()  # the last one
        self.busy = ""
        self.mending = False
        self._queue: queue.SimpleQueue[Proposal | None] = queue.SimpleQueue()
        self._closed = False
        self._told = 0
        self._tripped = ""
        self._thread = threading.Thread(target=self._run, name="hand", daemon=True)
        self._reader = threading.Thread(target=self._listen, name="receipts", daemon=True)
        self._thread.start()
        self._reader.start()

    def propose(self, proposal: Proposal) -> Proposal:
        """Take it up when its turn comes."""
        self._queue.put(proposal)
        return proposal

    def undo(self, *, redo: bool = False) -> Proposal:
        """Back to what was before the last accepted step, or forward again."""
        word = "redo" if redo else "undo"

        def change(state: State) -> State:
            steps = self.future if redo else self.past
            if not steps:
                raise Mistake("There is nothing to take back." if not redo else "There is nothing to bring back.")
            return steps[-1]

        return self.propose(Proposal(change, f"{word}()", when="beat", rehearse=False, back=word))

    def caught_up(self, patience: float = 30.0) -> bool:
        """Wait until everything proposed so far has been taken up: refused, or on its way."""
        return self.propose(turn()).done.wait(patience)

    def settle(self, patience: float = 30.0) -> bool:
        """Wait until nothing is under way any more; for scripts without a performer, and for tests."""
        self.caught_up(patience)
        until = time.monotonic() + patience
        while self._is_under_way() and time.monotonic() < until:
            time.sleep(0.005)
        return not self.flights

    def _is_under_way(self) -> bool:
        """Asked under the lock: who takes a flight from the list has not yet done what it means."""
        with self.lock:
            return bool(self.flights or self.torn or self.mending)

    def close(self) -> None:
        """Take nothing any more."""
        self._closed = True
        self._queue.put(None)
        self._thread.join(2.0)
        self._reader.join(2.0)
        if self.dress:
            self.dress.close()

    # --- in the hand's own thread ----------------------------------------------------------

    def _run(self) -> None:
        while not self._closed:
            proposal = self._queue.get()
            if proposal is None:
                return
            if self.torn:
                try:
                    self._mend()
                except Exception as trouble:  # noqa: BLE001 - a core that is starting again, say: the hand goes on
                    self.say(f"What was there before cannot be brought back: {trouble}. {plays()}")
                self.mending = False
            if not proposal.idle:
                self._try(proposal)
            proposal.done.set()

    def _try(self, proposal: Proposal) -> None:
        """Take it; whatever is wrong with it is one message."""
        self.busy = proposal.said
        try:
            self._take(proposal)
        except Mistake as slip:
            self._refuse(proposal, "\n".join(slip.lines(plays())))
        except RecursionError:
            self._refuse(proposal, f"{proposal.said}: this is nested too deep. Put sounds into a list, or give parts names. {plays()}")
        except Exception as trouble:  # noqa: BLE001 - whatever an edit brings along must not end the hand
            self._refuse(proposal, f"{proposal.said}: {type(trouble).__name__}: {trouble}. {plays()}")
        finally:
            self.busy = ""

    def _mend(self) -> None:
        """The core would not have a plan that others stood on: back to what was before it, and the others once more."""
        until = time.monotonic() + DEADLINE
        while self.flights and not self._closed and time.monotonic() < until:
            time.sleep(EVERY)
        with self.lock:
            assert self.torn
            (state, later), self.torn, self.mending = self.torn, None, True
            self.past = self.past[: next((k for k, past in enumerate(self.past) if past is state), len(self.past))]
            self.state = state
            if plan := compare(self.stage.score, state.score):
                number = self.stage.post(plan, fade=self.fade)
                self.flights[number] = Flight(plan, state, state, 0, "")
        if self.accepted:
            self.accepted(state)
        for proposal in later:
            self._try(proposal)

    def _take(self, proposal: Proposal) -> None:
        """One proposal, all the way to the core's mail."""
        before = self.state
        wished = proposal.change(before)
        page = wished.page
        if self.effects:
            page = self.effects(page)
        score = wished.score if proposal.back else score_of(page, wished.score, self.room)
        if proposal.saved and before.score.sends and not score.sends:
            raise nothing(proposal.said, "nothing goes to the loudspeakers")
        plan = compare(before.score, score)
        after = replace(wished, score=score)
        proposal.plan = plan
        if not plan:
            self._accept(proposal, after)
            if proposal.quiet:
                self.say(proposal.quiet)
            return
        if proposal.rehearse and self.dress and needs(plan):
            verdict = self._rehearsed(score, before.score, plan)
            if verdict is not None and verdict.note.startswith("not rehearsed"):
                self.say(f"{proposal.said}: {verdict.note}. It lands all the same.")
            if verdict is not None and not verdict.ok:
                self._refuse(proposal, shown(proposal, verdict.reason, verdict.place))
                return
            if verdict is not None and verdict.silent and proposal.saved:
                raise nothing(proposal.said, f"{verdict.rendered_seconds:.0f} seconds of it are silence")
        when = proposal.when or self.quant
        fade = self.fade if proposal.fade is None else proposal.fade
        with self.lock:
            frame = self._landing(when, plan)
            number = self.stage.post(plan, frame=frame, fade=fade)
            self.flights[number] = Flight(plan, after, before, frame, proposal.said, proposal)
            if self.torn:
                self.torn[1].append(proposal)
        self.plan = plan
        if proposal.back:
            come, gone = (self.past, self.future) if proposal.back == "undo" else (self.future, self.past)
            come.pop()
            gone.append(before)
        elif proposal.step:
            self.past.append(before)
            del self.past[:-MOST]
            self.future.clear()
        self._accept(proposal, after)
        if proposal.tell:
            bar = self.stage.clock.spot(frame)[0] if frame else 0
            self.say(f"{proposal.said}: {summed(plan)}{f', from bar {bar} on' if bar else ''}")

    def _accept(self, proposal: Proposal, state: State) -> None:
        self.state = state
        for told in (proposal.accepted, self.accepted):
            if told:
                told(state)

    def _rehearsed(self, score: Score, before: Score, plan: Plan) -> Any:
        """What the dress rehearsal says."""
        assert self.dress is not None
        stage = self.stage
        clock = stage.clock
        frame = clock.next(stage.frame, clock.bar)
        turned = {name_of(stage.knob_names, int(k)): float(stage.knobs[k]) for k in stage.knobs.nonzero()[0]}
        ticket = self.dress.ask(score, before, frame=frame, clock=clock, knobs=turned, deadline=DEADLINE, changed=touched(plan))
        until = time.monotonic() + 4 * DEADLINE
        while not self._closed and time.monotonic() < until:
            verdict = self.dress.answer(ticket, timeout=0.05)
            if verdict is not None:
                return verdict
        self.dress.drop(ticket)
        self.say("The rehearsal did not answer: the edit lands unrehearsed.")
        return None

    def _landing(self, when: str, plan: Plan) -> int:
        """The frame a plan lands at; 0: at once. Never before a plan it stands on."""
        stage = self.stage
        soon = [flight.frame for flight in self.flights.values()]
        if all(isinstance(step, Hush) for step in plan):
            return 0
        if when == "now" or (not soon and not stage.score.sends):  # nothing is heard yet: why wait for a bar
            return max(soon, default=0)
        clock = stage.clock
        frame = clock.next(stage.frame + round(MARGIN * stage.rig.rate), 1.0 if when == "beat" else clock.bar)
        return max([frame, *soon])

    def _refuse(self, proposal: Proposal, why: str) -> None:
        proposal.refused = why
        try:
            if proposal.lost:
                proposal.lost(why)
        except Exception as trouble:  # noqa: BLE001 - whoever cannot take the news must not end the hand
            why = f"{why} ({type(trouble).__name__}: {trouble})"
        self.say(why)

    # --- what the core answers ----------------------------------------------------------------

    def _listen(self) -> None:
        while not self._closed:
            with self.lock:
                try:
                    news = self.stage.read()
                except (OSError, ValueError, AttributeError):
                    if self._closed or getattr(self.stage, "closed", False):  # the stage was closed under us
                        return
                    news = self.stage.news  # a system short of something: looked at again
                for number in [n for n in self.flights if n in self.stage.answers]:
                    self._landed(number, self.stage.answers.pop(number))
            for line in news[self._told :]:
                self.say(line)
            self._told = len(news)
            self._tick()
            time.sleep(EVERY)

    def _tick(self) -> None:
        """What is done by the way; whatever goes wrong there is said once, and receipts are read on."""
        tick = self.tick
        try:
            if tick:
                tick()
        except Exception as trouble:  # noqa: BLE001
            line = f"{type(trouble).__name__}: {trouble}. {plays()}"
            if line != self._tripped:
                self._tripped = line
                self.say(line)

    def _landed(self, number: int, receipt: Any) -> None:
        """A plan has arrived, or the core would not have it."""
        flight = self.flights.pop(number)
        if receipt.landed:
            self.stage.score = carried(self.stage.score, flight.plan)
            return
        if self.torn:
            return  # it stood on another that was refused: it is tried once more
        if flight.proposal:
            self.torn = flight.before, [one.proposal for _, one in sorted(self.flights.items()) if one.proposal]
            self._queue.put(turn())  # so that the hand looks
        said = flight.said or "What was there before cannot be brought back"
        self.say(f"{said}: {receipt.text.rstrip('.')}. {plays()}")


def turn() -> Proposal:
    """Nothing but a place in the queue."""
    return Proposal(lambda state: state, idle=True)


def plays() -> str:
    """What is so after every refusal."""
    return "What played plays on."


def shown(proposal: Proposal, why: str, place: str) -> str:
    """A refusal, with the line of the script where the place is described."""
    stem = place.partition("/")[0]
    root = re.escape(stem if stem.startswith("out.") else stem.partition(".")[0])
    lines = list(enumerate(proposal.text.splitlines(), 1)) if root else []
    for number, line in reversed(lines):
        if match := re.match(rf"({root})(\[.*?\])?\s*=", line):
            slip = Mistake(f"{why}.").at(proposal.said, number, line, match.start(1), len(match[1]))
            return "\n".join(slip.lines(plays()))
    return f"{proposal.said}: {why}. {plays()}"


def nothing(said: str, why: str) -> Mistake:
    """A saved script must not empty the stage by accident."""
    return Mistake(f"Nothing would be heard: {why}.", near="To fall silent on purpose: hush()", file=said)


NAMES_MOST = 6


def summed(plan: Plan) -> str:
    """A plan in one line, as a musician would tell it: parts count as the place they belong to."""
    told: dict[str, list[str]] = {}
    met: set[str] = set()
    for step in plan:
        name = step.place if isinstance(step, Route) else getattr(step, "name", "")
        owner = name.removeprefix("out.").partition("/")[2 if name.startswith("out.") else 0] or name
        owner = owner.partition("/")[0]
        match step:
            case Retune(_, control, value):
                if owner not in met:
                    told.setdefault("turned", []).append(f"{owner}.{control} to {'rest' if value is None else as_typed(value)}")
                continue
            case Pace(tempo, bar):
                told.setdefault("", []).append(f"{tempo:g} bpm" + (f", {bar:g} beats in a bar" if bar != 4 else ""))
                continue
            case Hush(_, what, on):
                word = ("" if on else "no longer ") + {"mute": "muted", "solo": "soloed"}[what]
            case Make():
                word = "new"
            case Swap():
                word = "becomes another"
            case Drop():
                word = "gone"
            case Rewire():
                word = "hears otherwise"
            case Route(_, _, _, gain):
                word = "no longer heard" if gain is None else "at another level"
        if owner not in met:
            met.add(owner)
            told.setdefault(word, []).append(owner)
    parts = []
    for word, names in told.items():
        some = ", ".join(names[:NAMES_MOST]) + (f" and {len(names) - NAMES_MOST} more" if len(names) > NAMES_MOST else "")
        parts.append(f"{word} {some}" if word in ("new", "turned", "") else f"{some} {word}")
    return "; ".join(part.strip() for part in parts)


def needs(plan: Plan) -> bool:
    """Whether something could go wrong that only playing it shows."""
    return any(
        isinstance(step, Make | Swap | Rewire | Retune | Route) and not (isinstance(step, Route) and step.gain is None) for step in plan
    )


def touched(plan: Plan) -> list[str]:
    """The places a plan has to do with."""
    found = [
        step.place if isinstance(step, Route) else step.name
        for step in plan
        if isinstance(step, Make | Swap | Rewire | Retune | Route | Drop)
    ]
    return list(dict.fromkeys(found))
