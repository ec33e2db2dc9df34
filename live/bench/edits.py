"""A fixed corpus of edits: a hundred bad ones, none of which is ever heard, and a hundred good ones, all heard by the second bar."""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from live.bench.bad_edits import BAD, BASE
from live.bench.good_edits import GOOD
from live.bench.report import Report, median
from live.bench.saving import Evening, says_where

BARS = 2.0  # from the save to the landing
SOON = 30.0  # seconds until an edit that does not land is given up


def edited(was: str, now: str | bytes, base: str = BASE) -> str | bytes:
    """The script after an edit."""
    if isinstance(now, bytes):
        return now
    if was == "*" and " -> " in now:
        old, _, new = now.partition(" -> ")
        head, _, body = base.partition("import *")
        return f"{head}import *" + body.replace(f'"{old}', "\0").replace(f"{old} ", f"{new} ").replace(f"{old},", f"{new},").replace(
            f"{old}]", f"{new}]"
        ).replace("\0", f'"{old}')
    if was == "*":
        lines = base.splitlines()
        return "\n".join([*lines[:5], *lines[7:8], *lines[5:6], *lines[9:10], *lines[6:7], *lines[8:9], *lines[10:]]) + "\n"
    if not was:
        return base + now
    if was not in base:
        raise ValueError(f"the edit {was!r} -> {now!r} fits nowhere: {was!r} does not stand in the script")
    return base.replace(was, now, 1)


@dataclass
class Tried:
    """What came of one edit."""

    kind: str
    edit: str
    word: str = ""
    lines: tuple[str, ...] = ()
    heard: bool = False  # it reached the output
    placed: bool = True  # the message says where
    took: float = 0.0
    bars: float = 0.0

    @property
    def said(self) -> str:
        """The message on one line."""
        return " / ".join(line.strip() for one in self.lines for line in one.splitlines())


# --- bad ones ------------------------------------------------------------------------------


def bad(evening: Evening, untouched: Evening, some: list[tuple[Any, ...]]) -> list[Tried]:
    """Save each; what comes out must be, sample for sample, what comes out where nobody saves anything."""
    found = []
    for kind, was, now, word in some:
        text = edited(was, now)
        saved = evening.save(text, more=evening.bar // 2)
        other = untouched.studio.run_until(evening.studio.frame)
        heard = saved.posted or not np.array_equal(saved.sound, other)
        found.append(
            Tried(
                kind,
                f"{was or '+'} -> {now!r}",
                word,
                tuple(saved.lines),
                heard,
                says_where(saved.lines, text if isinstance(text, str) else ""),
                saved.took,
            )
        )
        if heard:  # the rest is measured from where it should be
            evening.save(BASE, rehearse=False)
            untouched.studio.run_until(evening.studio.frame)
    return found


def pair() -> tuple[Evening, Evening]:
    """Two evenings that play the same, the second without anybody at the desk."""
    both = Evening(text=BASE), Evening(text=BASE, rehearse=False)
    both[0].warm()
    for evening in both:
        evening.save(BASE, rehearse=False, more=evening.bar)
    both[1].studio.run_until(both[0].studio.frame)
    both[0].studio.run_until(both[1].studio.frame)
    return both


def all_bad(report: Report) -> list[Tried]:
    """The hundred bad ones."""
    evening, untouched = pair()
    with evening, untouched:
        found = bad(evening, untouched, BAD)
        ours = list(evening.ours)
    several = [one for one in found if len(one.lines) != 1]
    mute = [one for one in found if not one.placed]
    other = [one for one in found if one.word not in one.said]
    kinds = Counter(one.kind for one in found)
    report.add(
        "bad edits that were heard",
        sum(one.heard for one in found),
        0,
        note=f"of {len(found)}, sample for sample: {', '.join(f'{n} {k}' for k, n in kinds.items())}",
    )
    report.add("bad edits without exactly one message", len(several), 0)
    report.add("messages that name no line and no place", len(mute), 0)
    report.add("messages that do not say what is wrong", len(other), 0)
    report.add("exceptions of ours", len(ours), 0, note="; ".join(ours)[:200])
    report.add("bad edit to message, median", 1000 * median([one.took for one in found]), unit="ms")
    for title, some in (
        ("heard", [one for one in found if one.heard]),
        ("several or none", several),
        ("no place", mute),
        ("another word", other),
    ):
        for one in some:
            report.say(f"  {title}: {one.kind}: {one.edit[:120]} | wanted {one.word!r} | {one.said[:260]}")
    return found


# --- good ones -----------------------------------------------------------------------------


def all_good(report: Report, *, count: int = 0, seed: int = 1) -> list[Tried]:
    """The good ones on a real stage without a device, its clock going as clocks go; saved at any moment of the bar."""
    from live.desk import Desk
    from live.rig import Rig
    from live.room import Room
    from live.session import Session
    from live.stage import Stage

    dice, found = random.Random(seed), []
    with tempfile.TemporaryDirectory(prefix="antiphon-edits-", ignore_cleanup_errors=True) as named:
        home = Path(named) / "evening"
        home.mkdir()
        path = home / "main.py"
        path.write_text(BASE, "utf-8")
        stage = Stage.open(Rig(device="null", ins=2, outs=2, take=str(home / "takes")), name=f"edits-{os.getpid()}")
        desk = Desk(stage, Session.find(str(home)), Room.usual(2, 2))
        try:
            on_stage = OnStage(desk, path)
            desk.play_session()
            on_stage.wait(0, 0)
            time.sleep(4.0)
            for turn, (kind, was, now) in enumerate(GOOD[: count or None]):
                found.append(on_stage.edit(kind, was, now, turn, dice.uniform(0.0, 2.0)))
            lost = stage.lost
        finally:
            desk.close()
    late = [one for one in found if one.heard and one.bars > BARS]
    gone = [one for one in found if not one.heard]
    report.add("good edits that were not admitted", len(gone), 0, note=f"of {len(found)}")
    report.add(
        "good edits admitted later than the second bar", len(late), 0, note="120 bpm, four beats; real time, saved at any moment of the bar"
    )
    landed = [one.bars for one in found if one.heard and one.bars]
    report.add("save to landing, median", median(landed), unit="bars")
    report.add("save to landing, worst", max(landed, default=0.0), BARS, unit="bars")
    report.add("save to rehearsed and sent, median", 1000 * median([one.took for one in found if one.heard]), unit="ms")
    report.add("save to rehearsed and sent, worst", 1000 * max((one.took for one in found if one.heard), default=0.0), unit="ms")
    report.add("blocks lost meanwhile", lost, 0)
    for title, some in (("not admitted", gone), ("late", late)):
        for one in some:
            report.say(f"  {title}: {one.kind}: {one.edit[:140]} | {one.bars:.2f} bars, {one.took:.2f} s | {one.said[:260]}")
    return found


class OnStage:
    """Saves while the clock goes, and sees when each save lands."""

    def __init__(self, desk: Any, path: Path) -> None:
        self.desk, self.path = desk, path
        self.said: list[str] = []
        self.news = threading.Condition()
        self.landed: list[Any] = []
        self.sent: list[tuple[float, int]] = []
        desk.listeners.append(self._hear)
        arrived, post = desk.hand._landed, desk.stage.post

        def landed(number: int, receipt: Any) -> None:
            self.landed.append(receipt)
            arrived(number, receipt)

        def posted(plan: Any, **how: Any) -> int:
            self.sent.append((time.monotonic(), int(how.get("frame", 0))))
            return post(plan, **how)

        desk.hand._landed, desk.stage.post = landed, posted

    def _hear(self, line: str) -> None:
        with self.news:
            self.said.append(line)
            self.news.notify_all()

    def wait(self, said: int, landed: int) -> None:
        """Until there is news, and everything on its way has landed."""
        with self.news:
            self.news.wait_for(lambda: len(self.said) > said, SOON)
        until = time.monotonic() + SOON
        while (self.desk.hand.flights or len(self.landed) < min(landed, len(self.sent))) and time.monotonic() < until:
            time.sleep(0.005)

    def edit(self, kind: str, was: str, now: str, turn: int, pause: float) -> Tried:
        """One edit, saved in place or by a new file in its place."""
        time.sleep(pause)
        said, sent, landed = len(self.said), len(self.sent), len(self.landed)
        text = edited(was, now)
        assert isinstance(text, str)
        fresh = self.path.with_suffix(".tmp")
        (fresh if turn % 2 else self.path).write_text(text, "utf-8")
        if turn % 2:
            fresh.replace(self.path)
        began, frame, clock = time.monotonic(), self.desk.stage.frame, self.desk.stage.clock
        self.wait(said, landed + 1)
        tried = Tried(kind, f"{was or '+'} -> {now!r}", lines=tuple(self.said[said:]))
        same = any("plays as it is" in line or "has not changed" in line for line in tried.lines)
        tried.heard = same or len(self.landed) > landed and all(receipt.landed for receipt in self.landed[landed:])
        if len(self.sent) > sent and tried.heard and not same:
            tried.took = self.sent[-1][0] - began
            tried.bars = (self.landed[-1].frame - frame) / (clock.beat_frames * clock.bar)
        return tried


def run(report: Report, *, quick: bool = False) -> None:
    """Both hundreds."""
    all_bad(report)
    all_good(report, count=10 if quick else 0)
