"""Music into files: stems sum to the mix, a refusal changes nothing, a replayed take is the take."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from live import cli
from live.bounce import bounce
from live.cue import Again, Cue
from live.score import Node, Score, Send
from live.session import last_evening
from live.tape import sum_of

ONE = Score({"a": Node("tone", controls={"freq": 220.0, "gain": 0.3})}, (Send("a", gain=0.5),))
TWO = ONE.with_(
    places={**ONE.places, "p": Node("pluck", controls={"decay": 1.0}), "n": Node("noise", controls={"gain": 0.1})},
    sends=(*ONE.sends, Send("p", first=1, width=1), Send("n")),
)
CUES = [Cue(0, ONE), Cue(12000, TWO), Cue(16000, ("p", 1, (330.0, 0.8))), Cue(30000, ONE), Cue(36001, Score())]


@pytest.fixture(scope="module")
def take(tmp_path_factory):
    """One rendered performance."""
    folder = tmp_path_factory.mktemp("take")
    return folder, bounce(CUES, 1.0, folder, seed=3, stems=True, journal=folder / "journal.jsonl")


def test_stems_sum_to_the_mix(take):
    folder, made = take
    assert made.heard == ("a", "n", "p")
    assert {f.name for f in made.files} >= {"mix.wav", "a.wav", "n.wav", "p.wav", "take.toml", "journal.jsonl"}
    assert sum_of(folder) < -120


def test_a_refused_score_leaves_the_sound_as_if_it_had_never_been_sent(take, tmp_path):
    folder, _ = take
    broken = TWO.with_(places={**TWO.places, "n": Node("niose")})
    made = bounce([*CUES, Cue(20000, broken)], 1.0, tmp_path, seed=3)
    assert made.refused == ("there is no 'niose'. Nearest: noise.",)
    np.testing.assert_array_equal(soundfile.read(tmp_path / "mix.wav")[0], soundfile.read(folder / "mix.wav")[0])


def test_a_replayed_take_is_the_take(take, tmp_path, capsys):
    folder, _ = take
    assert cli.main(["replay", str(folder), "--out", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["peak_db"] > -60
    again, once = soundfile.read(tmp_path / "mix.wav")[0], soundfile.read(folder / "mix.wav")[0]
    np.testing.assert_array_equal(again[: len(once)], once)


@pytest.mark.parametrize("text", ["", "{}\n", '{"what":"plan","frame":0,"steps":[["sing"]]}\n', "not json\n"])
def test_a_journal_that_is_none_is_one_line(text, tmp_path, capsys):
    (tmp_path / "journal.jsonl").write_text(text)
    assert cli.main(["replay", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_replayed_take_hears_what_its_microphone_heard(tmp_path, capsys):
    voice = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 48000)).astype(np.float32)
    voice[:, :64] = 0  # stems begin a lookahead after the core: what an input heard before is not in the take
    score = Score({"m": Node("mic"), "e": Node("delay", ("m",), {"time": 0.1})}, (Send("e"),))
    take, out = tmp_path / "take", tmp_path / "again"
    take.mkdir()
    bounce(
        [Cue(0, score)], 1.0, take, ins=1, stems=True, journal=take / "journal.jsonl", heard=lambda f, n: voice[:, f : f + n]
    )  # fmt: skip
    assert cli.main(["replay", str(take), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == []
    once, again = soundfile.read(take / "mix.wav")[0], soundfile.read(out / "mix.wav")[0]
    n = min(len(once), len(again))
    assert np.abs(once).max() > 0.1
    np.testing.assert_array_equal(again[:n], once[:n])
    (take / "in-1.wav").unlink()
    assert cli.main(["replay", str(take), "--out", str(out), "--json"]) == 0
    assert "no recording of the inputs" in json.loads(capsys.readouterr().out)["notes"][0]


def test_a_core_that_took_over_begins_where_and_as_old_as_it_did(tmp_path):
    again = Again(20000, ONE, {"a": 0})
    made = bounce([Cue(0, ONE), Cue(28800, again, 0.01, 28800)], 1.0, tmp_path, seed=3)
    sound = soundfile.read(tmp_path / "mix.wav")[0]
    assert made.refused == ()
    assert len(sound) == 48000
    assert np.abs(sound[19000:20000]).max() > 0.1
    assert not sound[20000:28800].any()
    assert np.abs(sound[30000:]).max() > 0.1


def test_what_was_rendered_was_not_cut_short(tmp_path) -> None:
    take = tmp_path / "first"
    take.mkdir()
    bounce([Cue(0, ONE)], 1.0, take, seed=3, journal=take / "journal.jsonl")
    assert last_evening(tmp_path) is None
