"""The first minute, rendered whole: what a newcomer hears, and what must not be heard."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from live import journal, minute
from live.bounce import bounce
from live.tape import sum_of

RATE = 48000
CEILING = 10 ** (-1 / 20)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The minute as files, with what was noted."""
    out = tmp_path_factory.mktemp("minute")
    made = bounce(minute.cues(RATE), minute.SECONDS, out, rate=RATE, stems=True, journal=out / "journal.jsonl")
    return out, made, soundfile.read(out / "mix.wav", dtype="float32")[0].T


def heard(mix, second, seconds=2.5):
    """How loud it is from a second on, on average."""
    first = round(second * RATE)
    return float(np.sqrt(np.mean(mix[:, first : first + round(seconds * RATE)] ** 2)))


def test_it_is_a_minute_of_numbers_below_the_ceiling(played):
    _, made, mix = played
    assert mix.shape == (2, round(minute.SECONDS * RATE))
    assert np.isfinite(mix).all()
    assert 0.1 < np.abs(mix).max() <= CEILING + 1e-6
    assert -40 < made.lufs < -8


def test_nothing_is_silent_until_the_hush(played):
    _, _, mix = played
    assert min(heard(mix, 2.5 * k) for k in range(22)) > 1e-3
    assert heard(mix, 59.5, 0.5) < heard(mix, 52.5) / 10


def test_every_place_that_is_sent_out_is_heard(played):
    _, made, _ = played
    sent = {send.place for _, cue in minute.steps(RATE) for send in cue.what.sends}
    assert sent <= set(made.heard)


def test_the_broken_line_is_refused_in_one_line_and_never_lands(played):
    out, made, _ = played
    assert len(made.refused) == 1
    assert "Nearest: reverb" in made.refused[0]
    assert "revreb" not in (out / "journal.jsonl").read_text()


def test_undo_brings_back_what_was_deleted(played):
    lines = [json.loads(line) for line in (played[0] / "journal.jsonl").read_text().splitlines()]
    plans = [[step[:2] for step in line["steps"]] for line in lines if line["what"] == "plan"]
    gone, name = next((i, name) for i, steps in enumerate(plans) for what, name in steps if what == "drop")
    assert any(["make", name] in steps for steps in plans[gone + 1 :])


def test_the_stems_sum_to_the_mix(played):
    assert sum_of(played[0]) <= -120


def test_the_same_minute_has_the_same_journal(played, tmp_path):
    bounce(minute.cues(RATE), minute.SECONDS, tmp_path, rate=RATE, journal=tmp_path / "journal.jsonl")
    assert journal.fingerprint(tmp_path / "journal.jsonl") == journal.fingerprint(played[0] / "journal.jsonl")
    again = soundfile.read(tmp_path / "mix.wav", dtype="float32")[0].T
    assert np.array_equal(again, played[2])
