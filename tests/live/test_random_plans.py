"""A few of the ten thousand random plans that ``python -m live.bench.plans`` plays: nothing clicks, nothing is lost or left over."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from live.bench import plans
from live.bench.plans import Broken, Move, Session, perform, sessions, some_sound
from live.score import Node, Score, Send


@seed(1)
@settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
@given(sessions(16))
def test_random_plans_keep_every_promise(session: tuple[list[Move], bool, int]) -> None:
    perform(*session, some_sound())


def test_the_judge_hears_a_click() -> None:
    session = Session(True)
    session.play([])
    session.listen(4800)
    session.heard[-1][0, 1000] += 0.3
    with pytest.raises(Broken, match="step"):
        plans.judge(session)


def test_the_judge_finds_what_is_left_over() -> None:
    session = Session(True)
    session.play([])
    session.core.conductor.workshop.slots.take(1)
    with pytest.raises(Broken, match="left over"):
        plans.judge(session)


def test_the_judge_hears_a_tail_that_is_not_the_scores() -> None:
    session = Session(True)
    session.play([])
    session.score = Score({"p0": Node("mic")}, (Send("p0", 0, 1, 0.5),))
    with pytest.raises(Broken, match="tail"):
        plans.judge(session)
