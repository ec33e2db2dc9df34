"""The status line and the meters: everything told, in any width, never by colour alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from live.screen import colours, meters, status
from live.screen.face import Status

BUSY = Status(
    bpm=96, bar=12, beat=3.4, sounding=5, muted=1, peak_db=-6.2, core_load=0.12, worker_load=0.3, worst_worker="cak", lost=0,
    disk_minutes=240, device="Built-in Audio", controller="knob 21 > dusk.cutoff 840 Hz",
)  # fmt: skip


def shown(what: Status, columns: int) -> str:
    return "".join(text for _, text in status.line(what, columns))


@pytest.mark.parametrize("columns", range(8, 200, 7))
def test_the_line_is_exactly_as_wide_as_the_terminal(columns):
    for what in (BUSY, Status(), replace(BUSY, panicked=True, held=True, error="x" * 90, pending="dusk", lost=12)):
        assert len(shown(what, columns)) == columns


def test_a_wide_line_tells_everything():
    line = shown(replace(BUSY, source="link 2", limited=True, lost=3, error="cak has no control textur"), 200)
    for part in ("96 bpm", "12.3 ..o.", "link 2", "5 on 1 muted", "-6 dB LIM", "core 12%", "cak 30%", "3 lost", "disk 240 min"):
        assert part in line
    assert "Built-in Audio" in line
    assert "knob 21 > dusk.cutoff 840 Hz" in line
    assert "! cak has no control textur" in line


def test_a_narrow_line_keeps_the_time_the_places_and_the_level():
    line = shown(BUSY, 40)
    assert "12.3 ..o." in line
    assert "5 on" in line
    assert "-6 dB" in line
    assert "Built-in" not in line


def test_lost_blocks_and_errors_outlive_what_is_well():
    line = shown(replace(BUSY, lost=3, error="rain.wav is missing"), 80)
    assert "3 lost" in line
    assert "! rain.wav is" in line
    assert "disk" not in line


@pytest.mark.parametrize("columns", [20, 80, 140])
def test_panic_and_hold_are_said_in_letters_at_any_width(columns):
    assert "PANIC" in shown(replace(BUSY, panicked=True), columns)
    assert "HELD" in shown(replace(BUSY, held=True), columns)


@pytest.mark.parametrize(
    ("beat", "beats", "seen"),
    [(1, 4, "o..."), (2.99, 4, ".o.."), (4.9, 4, "...o"), (1, 3.5, "o..."), (9, 4, "...o"), (0, 4, "o..."), (1, 12, "")],
)
def test_the_dot_moves_with_the_beat(beat, beats, seen):
    assert status.dots(beat, beats) == seen


def test_an_error_is_cut_to_forty_letters():
    line = shown(Status(error="e" * 90), 200)
    assert "e" * 39 + "…" in line
    assert "e" * 40 not in line


def test_in_plain_words_nothing_is_padded():
    line = status.plain(BUSY)
    assert line.startswith("96 bpm  12.3 ..o.")
    assert not line.endswith(" ")
    assert "   " not in line


@pytest.mark.parametrize("name", list(colours.THEMES))
def test_every_theme_dresses_everything(name):
    assert set(colours.theme(name)) == set(colours.DARK)


def test_a_theme_typed_wrong_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="no theme 'ligt'. Nearest: light."):
        colours.theme("ligt")


# --- meters -----------------------------------------------------------------------------


def text(lines: list[status.Fragments]) -> list[str]:
    return ["".join(part for _, part in line) for line in lines]


def test_a_meter_is_longer_when_it_is_louder_and_says_its_level():
    loud, soft = text(meters.Meters().lines([("rain", 0.5, "", False), ("dusk", 0.05, "", False)], 44, 9))
    assert loud.count("█") > soft.count("█") > 0
    assert " -6 " in loud
    assert " -26 " in soft


def test_a_muted_place_has_an_m_and_a_broken_one_says_why():
    muted, broken = text(meters.Meters().lines([("rain", 0.5, "", True), ("dusk", 0.5, "nan", False)], 44, 9))
    assert " m " in muted
    assert "█" not in muted
    assert "!! nan" in broken


def test_a_peak_stays_marked_for_a_moment():
    now = [0.0]
    held = meters.Meters(lambda: now[0])
    held.lines([("rain", 1.0, "", False)], 44, 9)
    now[0] = 1.0
    marked = text(held.lines([("rain", 0.01, "", False)], 44, 9))[0]
    now[0] = 3.0
    after = text(held.lines([("rain", 0.01, "", False)], 44, 9))[0]
    assert marked.index("|") > after.index("|")


@pytest.mark.parametrize("columns", [44, 80, 140, 200])
def test_a_thousand_places_take_no_more_rows_than_there_are_and_what_is_broken_is_among_them(columns):
    many = [(f"place{k}", 0.1, "nan" if k == 777 else "", False) for k in range(1000)]
    lines = text(meters.Meters().lines(many, columns, 8))
    assert len(lines) <= 8
    assert all(len(line) <= columns for line in lines)
    assert any("place777" in line for line in lines)
    assert "more" in lines[-1]


def test_meters_in_words_name_each_place():
    assert meters.in_words([("rain", 0.5, "", True), ("dusk", 0.0, "", False)]) == ["rain: -6 dB, muted", "dusk: silent"]
