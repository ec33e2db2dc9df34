"""Every way to mistype a script: some hundred mutations of each shipped session are saved while it plays, and taken back.

Whatever is saved, the music goes on: no silence the score does not have by
itself, never over the ceiling, one message, and the way back leads exactly to
where it was.
"""

from __future__ import annotations

import io
import json
import math
import random
import re
import time
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from live.bench.report import Report, median
from live.bench.saving import Evening, Saved, quietest
from live.score import Score
from live.session import SHIPPED

SESSIONS = {"dusk": 2, "pulse": 2, "round": 8}  # and their loudspeakers
LONGEST = 50.0  # ms of silence
LETTERS = "abcxyz019 ._,:=()[]{}'\"#\n\t*/+-@\\é∞"
OURS = re.compile(r"^main\.py: (\w*(Error|Exception|Interrupt|StopIteration|Warning)): |the rehearsal failed|Traceback", re.MULTILINE)


@dataclass(frozen=True)
class Mutation:
    """A script with something done to it."""

    what: str
    text: str


# --- what can be mistyped --------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """One token, where it stands."""

    kind: str  # name | number | string | op
    text: str
    start: int
    end: int


KINDS = {tokenize.NAME: "name", tokenize.NUMBER: "number", tokenize.STRING: "string", tokenize.OP: "op"}


def words(text: str) -> list[Word]:
    """The tokens of a script; the docstring is none."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in KINDS and not token.string.startswith('"""'):
            spot = [starts[row - 1] + column for row, column in (token.start, token.end)]
            found.append(Word(KINDS[token.type], token.string, *spot))
    return found


def put(text: str, *changes: tuple[int, int, str]) -> str:
    """Pieces of a text replaced."""
    for start, end, fresh in sorted(changes, reverse=True):
        text = text[:start] + fresh + text[end:]
    return text


HOW = ["swap", "drop", "double", "exchange", "alike", "alike", *["number"] * 6, "name", "name", "string", "string", "line", "line"]


def by_token(text: str, dice: random.Random) -> Mutation:
    """A token swapped, dropped, doubled, exchanged, or another one in its place; a line moved."""
    found = words(text)
    k = dice.randrange(len(found))
    one, two = found[k], dice.choice(found)
    alike = dice.choice([word for word in found if word.kind == one.kind])
    after = found[(k + 1) % len(found)]
    numbers = [word for word in found if word.kind == "number"]
    names = [word for word in found if word.kind == "name"]
    strings = [word for word in found if word.kind == "string"]
    how = dice.choice(HOW)
    if how == "swap" and one.end <= after.start:
        return Mutation("two tokens swapped", put(text, (one.start, one.end, after.text), (after.start, after.end, one.text)))
    if how == "drop":
        return Mutation("a token dropped", put(text, (one.start, one.end, "")))
    if how == "double":
        return Mutation("a token doubled", put(text, (one.end, one.end, " " + one.text)))
    if how == "exchange" and one is not two:
        return Mutation("two tokens exchanged", put(text, (one.start, one.end, two.text), (two.start, two.end, one.text)))
    if how == "alike" and one is not alike:
        return Mutation("two of a kind exchanged", put(text, (one.start, one.end, alike.text), (alike.start, alike.end, one.text)))
    if how == "number" and numbers:
        word = dice.choice(numbers)
        fresh = dice.choice(
            [f"{word.text}0", f"({word.text} * 10)", f"(-{word.text})", "0", "1e9", "1e308", 'float("nan")', 'float("inf")', f"({word.text} / 10)", f"({word.text} * 1.1)", '"loud"', "None"]
        )  # fmt: skip
        return Mutation(f"a number became {fresh.replace(word.text, 'n')}", put(text, (word.start, word.end, fresh)))
    if how == "name" and names:
        word = dice.choice(names)
        other = dice.choice(names)
        fresh = dice.choice([other.text, word.text[:-1], word.text + word.text[-1], word.text.upper(), word.text[1:] + word.text[0]])
        return Mutation("a name became another", put(text, (word.start, word.end, fresh)))
    if how == "string" and strings:
        word = dice.choice(strings)
        inner = word.text[1:-1]
        spot = dice.randrange(max(len(inner), 1))
        fresh = dice.choice(
            [inner[:spot] + inner[spot + 1 :], inner + "x", "", inner.upper(), dice.choice(strings).text[1:-1], inner[::-1]]
        )
        return Mutation("a text became another", put(text, (word.start, word.end, word.text[0] + fresh + word.text[0])))
    return by_line(text, dice)


def by_line(text: str, dice: random.Random) -> Mutation:
    """A line dropped, doubled, swapped with another, moved in or out."""
    lines = text.splitlines(keepends=True)
    full = [k for k, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    a, b = dice.choice(full), dice.choice(full)
    how = dice.choice(["drop", "double", "swap", "swap", "indent"])
    if how == "drop":
        return Mutation("a line dropped", "".join(lines[:a] + lines[a + 1 :]))
    if how == "double":
        return Mutation("a line doubled", "".join([*lines[: a + 1], lines[a], *lines[a + 1 :]]))
    if how == "swap":
        lines[a], lines[b] = lines[b], lines[a]
        return Mutation("two lines swapped", "".join(lines))
    lines[a] = lines[a].lstrip() if lines[a].startswith(" ") else "    " + lines[a]
    return Mutation("a line moved in or out", "".join(lines))


def by_letter(text: str, dice: random.Random) -> Mutation:
    """A letter too many, too few, another one, two the wrong way round."""
    spot = dice.choice([k for k in range(len(text) - 1) if "#" not in text[text.rfind("\n", 0, k) + 1 : k + 1]])  # remarks are nobody's
    letter = dice.choice(LETTERS)
    how = dice.choice(["insert", "delete", "replace", "transpose"])
    if how == "insert":
        return Mutation("a letter too many", text[:spot] + letter + text[spot:])
    if how == "delete":
        return Mutation("a letter too few", text[:spot] + text[spot + 1 :])
    if how == "replace":
        return Mutation("another letter", text[:spot] + letter + text[spot + 1 :])
    return Mutation("two letters the wrong way round", text[:spot] + text[spot + 1] + text[spot] + text[spot + 2 :])


def mutations(text: str, count: int, seed: int = 1) -> Iterator[Mutation]:
    """So many different ones, tokens and letters in turn; the same for the same seed."""
    dice, seen, spot = random.Random(seed), {text}, text.index('"""', 3) + 3 if text.startswith('"""') else 0
    while len(seen) <= count:
        body = text[spot:]  # what is said about the piece may be mistyped as one likes
        made = by_token(body, dice) if len(seen) % 3 else by_letter(body, dice)
        whole = text[:spot] + made.text
        if whole not in seen:
            seen.add(whole)
            yield Mutation(made.what, whole)


# --- what comes of it --------------------------------------------------------------------


@dataclass
class Result:
    """What one mutation did."""

    number: int
    what: str
    line: str  # what was mistyped
    outcome: str  # same | refused | admitted
    took: float = 0.0  # seconds until refused or ready
    silence: float = 0.0  # ms, longest
    own: float = 0.0  # ms, what the two scores have by themselves
    peak: float = 0.0
    said: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    back: bool = True

    @property
    def gap(self) -> float:
        """Silence that the edit made, in ms."""
        return max(self.silence - self.own, 0.0)

    @property
    def one_message(self) -> bool:
        """One line: why not, or what changes, or none when nothing does."""
        return len(self.said) == 1 if self.outcome != "same" else len(self.said) <= 1


class Mutated:
    """A session that is mistyped again and again while it plays."""

    def __init__(self, evening: Evening) -> None:
        self.evening = evening
        evening.warm()
        first = evening.save(evening.text)
        if not first.posted:
            raise SystemExit(f"bench: the session does not play as it is: {first.lines}")
        self.score = evening.desk.hand.state.score
        self.rate = evening.studio.rig.rate
        self.most = 1000 * quietest(evening.studio.run(8 * evening.bar)) / self.rate  # ms of silence it has as it was written

    def tried(self, number: int, mutation: Mutation) -> Result:
        """Save it, hear it land, save the original, hear that land."""
        evening = self.evening
        before = evening.near_the_line()
        evening.ours.clear()
        saved = evening.save(mutation.text)
        outcome = "admitted" if saved.posted else "same" if saved.read and not saved.refused else "refused"
        result = Result(number, mutation.what, difference(evening.text, mutation.text), outcome, saved.took, said=tuple(saved.lines))
        if saved.posted:
            self._heard(result, saved)
        else:
            result.silence, result.own = 1000 * quietest(before) / self.rate, self.most
        result.peak = max(result.peak, float(np.abs(before).max(initial=0.0)))
        back = evening.save(evening.text, rehearse=False)
        if back.posted:
            result.peak = max(result.peak, float(np.abs(back.sound).max()))
            silence = 1000 * quietest(back.sound) / self.rate
            was = result.own + LONGEST if saved.posted else 0.0
            if silence > max(self.most, was) + LONGEST:
                self._gap(result, back, silence)
        playing = evening.studio.offline.conductor.score
        result.back = evening.desk.hand.state.score == playing and self._alike(playing)
        result.ours = (*evening.ours, *(line for line in saved.lines if OURS.search(line)))
        return result

    def _heard(self, result: Result, saved: Saved) -> None:
        result.peak = float(np.abs(saved.sound).max())
        result.silence, result.own = 1000 * quietest(saved.sound) / self.rate, self.most
        if result.gap > LONGEST:
            result.own = self._own(saved)

    def _gap(self, result: Result, back: Saved, silence: float) -> None:
        """A silence on the way back: is it the score's own?"""
        own = max(self._own(back), result.own)
        if silence - own > result.gap:
            result.silence, result.own = silence, own

    def _own(self, saved: Saved) -> float:
        """The longest silence that what was left and what was entered have by themselves, in ms."""
        studio, frames = self.evening.studio, saved.sound.shape[1]
        landed = studio.landed[-1][0]
        after = self.evening.alone(saved.score, landed, frames - (landed - saved.frame))
        before = saved.sound[:, : landed - saved.frame]
        return 1000 * max(quietest(after), quietest(before)) / self.rate

    def _alike(self, playing: Score) -> bool:
        """As it was, names of unnamed parts aside."""
        if playing == self.score:
            return True
        old, new = (
            Counter((n.kind, str(sorted(n.settings.items())), len(n.ins)) for n in s.places.values()) for s in (self.score, playing)
        )
        same = old == new and len(playing.sends) == len(self.score.sends)
        if same:
            self.score = playing
        return same


def difference(was: str, now: str) -> str:
    """The first line that is not as it was."""
    a, b = was.splitlines(), now.splitlines()
    for k, line in enumerate(b):
        if k >= len(a) or a[k] != line:
            return f"{k + 1}: {line.strip()[:100]}"
    return f"{len(b) + 1}: (gone)"


def run(report: Report, *, count: int = 500, sessions: tuple[str, ...] = (), seed: int = 1, log: Path | None = None) -> None:
    """Each session, one after the other."""
    for name in sessions or tuple(name for name in SESSIONS if (SHIPPED / name / "main.py").exists()) or ("",):
        with Evening(name, outs=SESSIONS.get(name, 2), ins=2) as evening:
            of(report, name or "drone", evening, count, seed, log)


def of(report: Report, name: str, evening: Evening, count: int, seed: int, log: Path | None) -> list[Result]:
    """One session."""
    mutated, results, began = Mutated(evening), [], time.monotonic()
    for number, mutation in enumerate(mutations(evening.text, count, seed), 1):
        result = mutated.tried(number, mutation)
        results.append(result)
        if log:
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"session": name, **asdict(result)}, ensure_ascii=False, default=float) + "\n")
        if number % 50 == 0:
            report.say(f"{name}: {number} of {count}, {time.monotonic() - began:.0f} s")
    tell(report, name, results, mutated.most, evening.studio.rig.ceiling)
    return results


def tell(report: Report, name: str, results: list[Result], most: float, ceiling: float) -> None:
    """The figures, and what is worth a look."""
    kinds = Counter(result.outcome for result in results)
    heard = [result for result in results if result.outcome == "admitted"]
    gaps = [result for result in heard if result.silence > most + LONGEST and result.gap <= LONGEST]
    note = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    report.add(f"{name}: mutations", len(results), note=note)
    report.add(f"{name}: longest silence an edit made", max((r.gap for r in results), default=0.0), LONGEST, unit="ms")
    report.add(f"{name}: silences written so by a mutation", len(gaps), note=f"counted apart; as shipped it has {most:.0f} ms by itself")
    peak = max((20 * math.log10(max(r.peak, 1e-9)) for r in results), default=-180.0)
    report.add(f"{name}: highest peak", peak, ceiling + 0.01, unit="dBFS")
    report.add(f"{name}: refused or admitted without exactly one message", sum(not r.one_message for r in results), 0)
    report.add(f"{name}: exceptions of ours", sum(bool(r.ours) for r in results), 0)
    report.add(f"{name}: ways back that did not lead back", sum(not r.back for r in results), 0)
    report.add(f"{name}: save to refused, median", 1000 * median([r.took for r in results if r.outcome == "refused"]), unit="ms")
    if heard:
        report.add(f"{name}: save to rehearsed and ready, median", 1000 * median([r.took for r in heard]), unit="ms")
    slow = sorted(results, key=lambda r: -r.took)[:3]
    report.add(f"{name}: slowest", slow[0].took, unit="s", note=f"{slow[0].outcome}, line {slow[0].line}")
    for result in slow:
        report.say(f"  slow  {result.took:5.2f} s  {result.outcome}  {result.what}  line {result.line}")
    for result in results:
        wrong = [
            word
            for word, so in (
                (f"silent {result.gap:.0f} ms", result.gap > LONGEST),
                (f"{len(result.said)} messages", not result.one_message),
                ("ours", bool(result.ours)),
                ("not back", not result.back),
            )
            if so
        ]
        if wrong:
            report.say(f"  {', '.join(wrong)}: {result.what}  line {result.line}  {' | '.join(result.said or result.ours)[:300]}")
