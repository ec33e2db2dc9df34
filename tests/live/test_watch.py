"""Supervision: whatever is killed comes back with what it played, and nothing is left when all is over."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from live import journal, watch
from live.core import layout as at
from live.core.mail import Sender
from live.core.memory import Map
from live.core.ringfile import RUNNING, open_ring
from live.pids import Held, alive, end
from live.plan import compare
from live.rig import Rig
from live.score import Node, Score, Send
from live.stage import Silent, Stage, differs, fresh, somewhere, sweep

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is a POSIX word")
SCORE = Score({"a": Node("tone"), "b": Node("freeze", ("a",))}, (Send("b", 0, 2, 0.5),))


def soon(what: Callable[[], object], seconds: float = 60.0) -> bool:
    """Whether something becomes so in time (generous: another test may be compiling)."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def kill(pid: int) -> None:
    """kill -9."""
    os.kill(pid, signal.SIGKILL)


def ours(folder: Path) -> list[int]:
    """Processes that name a folder on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if str(folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A runtime folder of our own."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTIPHON_RUNTIME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def stage(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A core on null that plays SCORE."""
    with Stage.open(Rig(record=False, take=str(tmp_path_factory.mktemp("take"))), name="watched") as stage:
        stage.play(SCORE)
        yield stage


def plays(stage: Stage, other_than: int = 0) -> bool:
    """Whether a core plays, and its callback is called."""
    clock = stage.core.clock
    if int(clock[at.C_STATE]) != 1 or int(clock[at.C_PID]) == other_than:
        return False
    calls = int(clock[at.C_CALLS])
    time.sleep(0.05)
    return int(clock[at.C_CALLS]) > calls


def worker_of(stage: Stage) -> int:
    """Who plays into the only ring."""
    for path in stage.folder.glob("ring-*.map"):
        with contextlib.suppress(OSError):
            ring = open_ring(path)
            pid = int(ring.head[at.R_PID]) if ring.head[at.R_STATE] == RUNNING else 0
            ring.close()
            return pid
    return 0


def test_a_killed_worker_is_followed_by_another_on_the_same_ring(stage: Stage) -> None:
    assert soon(lambda: worker_of(stage))
    rings, old = list(stage.folder.glob("ring-*.map")), worker_of(stage)
    kill(old)
    assert soon(lambda: worker_of(stage) not in (0, old))
    assert list(stage.folder.glob("ring-*.map")) == rings


def test_a_killed_core_is_followed_by_one_that_plays_the_same(stage: Stage) -> None:
    stage.knob(7, 0.25)
    assert soon(lambda: alive(stage.folder, "standby"))
    old, frame, ring = int(stage.core.clock[at.C_PID]), stage.frame, worker_of(stage)
    kill(old)
    assert soon(lambda: plays(stage, old))
    assert {m.name for m in stage.meters()} == {"a", "b"}
    assert stage.frame > frame
    assert worker_of(stage) == ring  # the worker did not even notice
    assert soon(lambda: stage.peak() > 0.1)


def test_a_plan_sent_while_no_core_lives_lands_in_the_next_one(stage: Stage) -> None:
    assert soon(lambda: alive(stage.folder, "standby"))
    old = int(stage.core.clock[at.C_PID])
    kill(old)
    number = stage.post(compare(stage.score, stage.score.with_(tempo=90.0)))
    assert stage.wait_for(number, 60).landed
    stage.score = stage.score.with_(tempo=90.0)
    assert soon(lambda: plays(stage, old))


def test_the_journal_of_all_this_has_no_gap(stage: Stage) -> None:
    path = Path(stage.rig.take) / "journal.jsonl"
    lines = list(journal.read(path))
    assert all(a["frame"] <= b["frame"] for a, b in zip(lines, lines[1:], strict=False))
    assert [line["what"] for line in lines].count("begin") == 1
    past = journal.last_known(path)
    assert past.score == stage.score
    assert past.knobs == {7: 0.25}


def test_without_a_watcher_the_sound_goes_on_and_the_next_desk_brings_another(stage: Stage) -> None:
    assert soon(lambda: alive(stage.folder, "watch"))
    core = int(stage.core.clock[at.C_PID])
    kill(alive(stage.folder, "watch"))
    assert plays(stage)
    again = Stage.open(Rig(device="null", outs=8), name="watched")
    assert again.found
    assert "outputs 2, not 8" in again.news[0]
    assert again.score == stage.score
    assert soon(lambda: alive(stage.folder, "watch"))
    assert int(stage.core.clock[at.C_PID]) == core
    again.close(leave=False)


def test_a_core_that_hangs_is_replaced(stage: Stage) -> None:
    old = int(stage.core.clock[at.C_PID])
    assert soon(lambda: alive(stage.folder, "standby"))
    os.kill(old, signal.SIGSTOP)
    assert soon(lambda: plays(stage, old))


def test_a_core_found_playing_that_hangs_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again and again while the answer of a moment ago still held, the watcher fell over: nobody replaced the core."""
    fresh(tmp_path, Rig(take=str(tmp_path), record=False))
    page = Map(tmp_path / "core.map", at.CORE)
    with (tmp_path / "log").open("a") as log:
        one = watch.Watch(tmp_path, Rig(record=False), page, log, Sender(page, 1))
        one.adopted, one.checked, one.calls, one.playing = True, time.monotonic() + 60, 0, True
        page.clock[at.C_STATE] = 1
        started: list[bool] = []
        monkeypatch.setattr(one, "start_core", lambda: started.append(True))
        one.look_after_core()
    assert started == [True]


def test_a_place_that_goes_takes_its_ring_and_its_worker_along(stage: Stage) -> None:
    stage.play(Score({"a": Node("tone")}, (Send("a", 0, 2, 0.5),)))
    assert soon(lambda: not list(stage.folder.glob("ring-*.map")), 20)
    assert not list(stage.folder.glob("want-*.json"))
    assert soon(lambda: not [pid for pid in ours(stage.folder) if b"live.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()], 10)


def test_after_the_last_goodbye_nothing_is_left(stage: Stage, runtime: Path) -> None:
    stage.close()
    assert soon(lambda: not ours(stage.folder), 5)
    assert not stage.folder.exists()


def test_when_everything_is_killed_the_next_start_goes_on_and_sweeps(runtime: Path, tmp_path: Path) -> None:
    rig = Rig(record=False, take=str(tmp_path))
    dead = Stage.open(rig, name="dead")
    dead.play(Score({"a": Node("tone")}, (Send("a", 0, 2),)))
    for pid in ours(dead.folder):
        kill(pid)
    assert soon(lambda: not ours(dead.folder) and not any(alive(dead.folder, role) for role in ("core", "watch")), 10)
    others = runtime / "somebody"
    others.mkdir()
    (others / "letter").write_text("not ours")
    assert sweep(runtime / "other", age=0.0) == ["removed what a crash had left of: dead"]
    assert not dead.folder.exists()
    assert (others / "letter").exists()
    with Stage.open(rig, name="dead") as again:
        assert again.score == dead.score
        assert soon(lambda: plays(again))
        assert again.frame > dead.frame


def test_two_who_ask_at_once_never_take_each_other_for_the_holder(tmp_path: Path) -> None:
    (tmp_path / "core.pid").write_text("1")
    ask = f"from pathlib import Path; from live.pids import alive\nfor _ in range(3000): assert alive(Path({str(tmp_path)!r}), 'core') == 0"
    both = [subprocess.Popen([sys.executable, "-c", ask], cwd=Path(__file__).parents[2]) for _ in range(2)]
    assert [one.wait(30) for one in both] == [0, 0]


def test_who_is_alive_is_known_and_who_is_not_is_never_ended(tmp_path: Path) -> None:
    with Held(tmp_path, "core"):
        assert alive(tmp_path, "core") == os.getpid()
    assert alive(tmp_path, "core") == 0
    (tmp_path / "core.pid").write_text(str(os.getpid()))  # stale: nobody holds it
    assert end(tmp_path, "core")


def test_another_rig_than_the_one_that_plays_is_told_in_one_line() -> None:
    assert differs(Rig(), Rig()) == []
    assert differs(Rig(), None) == []
    (line,) = differs(Rig(rate=48000), replace(Rig(), rate=44100, device="jack"))
    assert "rate 48000, not 44100" in line
    assert "device null, not jack" in line


def test_a_take_that_cannot_be_written_goes_elsewhere_and_says_where(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    rig, (line,) = somewhere(Rig(take=str(blocked / "take")))
    assert rig.take in line
    assert Path(rig.take).is_dir()
    Path(rig.take).rmdir()


def test_nothing_to_take_up_is_one_line(runtime: Path) -> None:
    with pytest.raises(Silent, match="nothing plays under the name 'nobody'"):
        Stage.open(name="nobody")
    assert not (runtime / "nobody").exists()


def test_a_core_that_opens_its_device_late_gets_its_time_for_the_first_callback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    core = Map(tmp_path / "core.map", at.CORE, create=True)
    with (tmp_path / "log").open("a") as log:
        watcher = watch.Watch(tmp_path, Rig(), core, log, None)  # type: ignore[arg-type]
        watcher.core = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        watcher.since = watcher.moved = now[0]
        watcher.calls = 0
        gone: list[str] = []
        monkeypatch.setattr(watcher, "kill_core", lambda: gone.append("killed"))
        monkeypatch.setattr(watcher, "core_alive", lambda: not gone)
        monkeypatch.setattr(watcher, "start_core", lambda: gone.append("started"))
        now[0] += 5.0  # loading took so long
        core.clock[at.C_STATE] = 1
        watcher.look_after_core()
        now[0] += 0.5
        watcher.look_after_core()
        assert gone == []
        now[0] += 0.5
        watcher.look_after_core()
        assert gone == ["killed", "started"]
        watcher.core.communicate(b"\n")
    core.close()


def test_hands_that_die_young_begin_again_later_each_time(tmp_path: Path) -> None:
    fresh(tmp_path, Rig(hands=True, take=str(tmp_path / "take"), record=False))
    core = Map(tmp_path / "core.map", at.CORE)
    core.clock[at.C_STATE] = 1
    with (tmp_path / "log").open("a") as log:
        one = watch.Watch(tmp_path, Rig(hands=True), core, log, Sender(core, watch.WATCHER))
        pauses = []
        for _ in range(4):
            one.hands, one.hands_since = subprocess.Popen([sys.executable, "-c", ""]), time.monotonic()
            one.hands.wait()
            one.look_after_hands()
            assert one.hands is None
            pauses.append(round(one.hands_again - time.monotonic()))
    assert pauses == [1, 2, 4, 8]
