"""help() never lies: every line it shows is typed here, and the words that sound are heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from live import helps, verbs, words
from live.desk import Desk
from live.examples import EXAMPLES, GOES, TEN, TOPICS
from live.noun import Noun
from live.paper import Paper
from live.score import Score
from live.scribe import Leave
from live.session import Session
from tests.live.test_tape import RATE, FakeCore

NOUNS = words.nouns()
ENGINES = {name for name, noun in NOUNS.items() if isinstance(noun, Noun) and noun.known.engine}
WRITTEN = {"effect", "Control"}
QUIET = {"tempo", "latents", "out"}  # nothing to hear, an engine, or taken away again at the end


class Page(Paper):
    """The stage on paper, with the cells a core has and four loudspeakers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(outs=4, ins=2, folder=folder)
        self.cells = np.zeros(64, np.int64)

    @property
    def core(self) -> Any:
        return SimpleNamespace(clock=self.cells, knobs=self.knobs, tempo=np.zeros(64))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk on paper with a session of its own, whose tape holds a second of rain."""
    monkeypatch.setattr("live.doctor.look", list)
    monkeypatch.setattr("live.doctor.told", lambda found: "all is well")
    monkeypatch.setattr("live.ports.audio.devices", list)
    session = Session.new("evening", tmp_path)
    stage = Page(session.folder)
    made = Desk(stage, session, rehearse=False)
    made.hand.quant = "now"
    made.reload = SimpleNamespace(again=lambda: None, close=lambda: None, reader=SimpleNamespace(read=read_here), last=None)
    made.verbs.crashed = SimpleNamespace(knobs={}, score=Score(), said="the evening of yesterday")
    yield made
    made.close()


def read_here(path: Path, text: str | None = None) -> Any:
    """A script or a scene, read in this very process."""
    page, scope = words.begin(), {}
    exec(path.read_text("utf-8") if text is None else text, scope)
    words.finish(page, {name: value for name, value in scope.items() if name not in NOUNS and name != "live"})
    return SimpleNamespace(page=page, mistake=None)


def recorded(desk: Desk, tmp_path: Path) -> None:
    """A tape with a second of rain on it."""
    (run := tmp_path / "run").mkdir()
    core = FakeCore(run)
    core.send("rain")
    core.play(RATE // 2)
    desk.stage.folder = run
    desk.stage.rig = replace(desk.stage.rig, record=True, take=str(tmp_path / "take"))


def type_in(desk: Desk, lines: tuple[str, ...]) -> list[str]:
    """Type lines one after the other; each must be taken."""
    said: list[str] = []
    desk.listeners.append(said.append)
    answers = []
    for line in lines:
        desk.error = ""
        try:
            answers.append(desk.run(line))
        except Leave:
            answers.append("left")
        desk.hand.settle()
        assert not desk.error, f"{line}: {desk.error}"
        refused = [one for one in said if "plays on" in one]
        assert not refused, f"{line}: {refused}"
    return answers


def heard(desk: Desk) -> float:
    """The loudest sample of two seconds of what is on the stage now."""
    from live.core.offline import Offline

    core = Offline(48000, 4, ins=2)
    core.stand.knobs[:] = np.where(desk.stage.knobs > 0, desk.stage.knobs, 0.5)
    core.play(desk.hand.state.score)
    core.stand.knobs[core.stand.knob_names != b""] = 0.5
    for key in (36, 60):
        core.stand.strike(1, key, 1.0)
    chance = np.random.default_rng(1).normal(0, 0.1, (2, 96000)).astype(np.float32)
    return float(np.abs(core.run(96000, chance)).max())


@pytest.mark.parametrize("topic", sorted({*NOUNS, *EXAMPLES} - {*verbs.NAMES}))
def test_every_line_about_a_noun_can_be_typed_and_sounds(desk, topic):
    lines = helps.lines_of(topic)
    type_in(desk, lines)
    assert lines or topic == "keys"
    if lines and topic not in ENGINES | WRITTEN | QUIET:
        assert heard(desk) > 0.01


@pytest.mark.parametrize("verb", verbs.NAMES)
def test_every_line_about_a_verb_does_what_it_says(desk, verb, tmp_path):
    recorded(desk, tmp_path)
    lines = helps.lines_of(verb)
    assert any(line.startswith(f"{verb}(") for line in lines), f"help({verb}) shows no example"
    type_in(desk, lines)


@pytest.mark.parametrize("word", [*NOUNS, *verbs.NAMES, *TOPICS])
def test_no_word_is_without_help(desk, word):
    told = helps.help_for(word, desk)
    assert word in told.splitlines()[0] or word in TOPICS
    assert "There is no help" not in told
    assert len(told.splitlines()) <= 40
    assert all(len(line) <= 80 for line in told.splitlines()), [line for line in told.splitlines() if len(line) > 80]


def test_the_first_screen_fits_a_terminal(desk):
    lines = helps.help_for(None, desk).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    told = " ".join(lines).split()
    assert {*NOUNS, *verbs.NAMES} <= set(told)


@pytest.mark.parametrize("count", range(len(TEN)))
def test_each_of_the_ten_things_works_on_an_empty_stage(desk, count, tmp_path):
    what, line, note = TEN[count]
    recorded(desk, tmp_path)
    soundfile.write(desk.session.corpus / "hum.wav", np.zeros(4800), 48000)
    desk.room = desk.scribe.room = desk.hand.room = replace(desk.room, folders=desk.session.folders)
    if what == "unattended":
        from live.cli import read

        asked = read(line.split()[1:])
        assert (asked.command, asked.headless) == ("play", True)
    elif what == "break it":
        type_in(desk, ("out.stage = tone()",))
        assert "There is no sound" in desk.run(line) or desk.error
        desk.hand.settle()
        assert desk.hand.state.score.places
    else:
        type_in(
            desk,
            (line, *[part for part in note.split(", ") if part.endswith(")")][1:])
            if what != "two scenes"
            else (line, 'snap("b")', 'morph("a", "b", 0.5)'),
        )


def test_help_on_a_noun_shows_the_whole_reach_of_every_control(desk):
    told = helps.help_for(NOUNS["filter"], desk)
    assert "cutoff      20 to 20000 Hz, rests at 1000, hot" in told
    assert "goes well with: lfo" in told
    assert 'filter(sound, cutoff, q, mode="lp")' in told.replace("'", '"')


def test_help_on_a_place_is_help_on_what_it_is_made_with(desk):
    type_in(desk, EXAMPLES["filter"])
    assert helps.help_for(desk.ns["dusk"], desk).startswith("filter:")
    assert helps.help_for("rain", desk).startswith("clip:")


def test_help_on_a_treatment_written_live_shows_its_controls(desk):
    type_in(desk, EXAMPLES["effect"])
    told = helps.help_for(desk.ns["rust"], desk)
    assert told.startswith("rust:")
    assert "drive       0 to 20, rests at 3, hot" in told


def test_an_unknown_topic_names_the_nearest(desk):
    assert helps.help_for("fliter", desk) == "There is no help on 'fliter'. Nearest: filter."
    assert "help() shows what there is" in helps.help_for("qqqqqq", desk)


def test_an_engine_nobody_wrote_help_for_gets_lines_from_its_controls():
    from engines.face import Control
    from live.vocabulary import Word

    word = Word("worn", "wears it out", ("sound",), {"texture": Control(0.5), "mix": Control(1.0)}, engine=True)
    assert helps.made_up(word) == (
        'rain = clip("rain on tin")', "worn1 = worn(rain)", "out.stage = worn1", "worn1.texture = 0.75", "worn1.mix = knob(21)",
    )  # fmt: skip
    assert helps.made_up(replace(word, examples=("a", "b"))) == ("a", "b")


def test_what_goes_well_with_a_word_exists():
    known = {*NOUNS, *verbs.NAMES, *TOPICS}
    assert {one for some in GOES.values() for one in some} <= known
    assert set(GOES) <= known
    assert set(EXAMPLES) <= known
