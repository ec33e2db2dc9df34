"""The first minute, rendered whole: what a newcomer hears, and what must not be heard."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from live import journal, minute
from live.bounce import bounce
from live.plan import carried
from live.score import Score
from live.tape import sum_of

RATE = 48000
CEILING = 10 ** (-1 / 20)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The minute as files, with what was noted."""
    out = tmp_path_factory.mktemp("minute")
    made = bounce(minute.written(RATE)[0], minute.SECONDS, out, rate=RATE, stems=True, journal=out / "journal.jsonl")
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
    score, sent = Score(), set()
    for cue in minute.written(RATE)[0]:
        if cue.is_plan:
            score = carried(score, cue.what)
            sent |= {send.place for send in score.sends}
    assert sent <= set(played[1].heard)


def test_the_slip_is_answered_in_one_picture_and_never_lands(played):
    cues, told = minute.written(RATE)
    answers = {text: answer for _, text, answer in told}
    assert "There is no 'revreb'. Nearest: reverb." in answers["string = revreb(string)"]
    assert sum("There is no" in answer for answer in answers.values()) == 1
    assert played[1].refused == ()
    assert "revreb" not in str(cues)


def test_undo_takes_the_last_step_back(played):
    lines = [json.loads(line) for line in (played[0] / "journal.jsonl").read_text().splitlines()]
    drives = [step[4] for line in lines if line["what"] == "plan" for step in line["steps"] if step[:3] == ["tune", "string", "drive"]]
    assert drives == [14.0, 6.0]


def test_every_line_lands_in_its_order_and_fits_on_a_narrow_screen():
    frames = [line.frame(RATE) for line in minute.LINES]
    assert frames == sorted(frames)
    assert minute.LINES[-1].frame(RATE) / RATE < minute.SECONDS
    assert minute.seconds_of(4 * minute.BARS) == pytest.approx(minute.SECONDS)


def test_the_stems_sum_to_the_mix(played):
    assert sum_of(played[0]) <= -120


def test_the_same_minute_has_the_same_journal(played, tmp_path):
    bounce(minute.written(RATE)[0], minute.SECONDS, tmp_path, rate=RATE, journal=tmp_path / "journal.jsonl")
    assert journal.fingerprint(tmp_path / "journal.jsonl") == journal.fingerprint(played[0] / "journal.jsonl")
    again = soundfile.read(tmp_path / "mix.wav", dtype="float32")[0].T
    assert np.array_equal(again, played[2])
