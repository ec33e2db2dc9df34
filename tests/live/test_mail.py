"""What the desk says to the core arrives whole, whichever of its threads says it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from live.core import layout as at
from live.core.mail import Reader, Sender
from live.core.memory import Map
from live.plan import Retune


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_plans_and_knobs_from_several_threads_come_whole(tmp_path: Path, hasty: None) -> None:
    core = Map(tmp_path / "core.map", at.CORE, create=True)
    sender, reader, found = Sender(core), Reader(core), []
    plan = tuple(Retune("x", "freq", float(k)) for k in range(20))

    def knobs() -> None:
        for _ in range(50):
            sender.word("knob", "near", text="0.5")

    threads = [threading.Thread(target=knobs) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        sender.plan(plan)
        found += list(reader.letters())
    while any(thread.is_alive() for thread in threads):
        found += list(reader.letters())
    found += list(reader.letters())
    plans = [letter.plan for letter in found if letter.verb == "plan"]
    assert plans == [plan] * 20
    assert sum(letter.verb == "knob" for letter in found) == 100
    core.close()
