"""When a partner may begin: on the beat to the frame, whatever the tempo, the blocks, and leaps of the clock."""

from __future__ import annotations

import pytest

from agents.grid import BadPace, Grid
from engines.face import Ramps

RATE = 48000


def boundaries(grid: Grid, seconds: float, bpm: float = 120.0, block: int = 256, lead: int = 1440, beat: float = 0.0) -> list[int]:
    found = []
    for frame in range(0, round(seconds * RATE), block):
        found += grid.due(Ramps(frame=frame, beat=beat + frame / RATE * bpm / 60, bpm=bpm), block, lead)
    return found


@pytest.mark.parametrize("bpm", [60.0, 97.0, 133.7, 171.3])
def test_boundaries_lie_on_the_beat_within_a_frame_for_ten_minutes(bpm: float) -> None:
    found = boundaries(Grid.of("half", RATE), 600, bpm, block=1024)
    per = RATE * 30 / bpm
    assert found == [round(k * per) for k in range(len(found))]
    assert len(found) >= 600 * bpm / 30 - 2


def test_blocks_of_any_size_give_the_same_boundaries() -> None:
    one, other = (boundaries(Grid.of("quarter", RATE), 10, 97.0, block) for block in (64, 480))
    assert one[:70] == other[:70]


def test_a_boundary_is_told_at_least_the_lead_before_it_and_only_once() -> None:
    grid, lead, told = Grid.of("250", RATE), 1440, []
    for frame in range(0, RATE * 5, 256):
        told += [(frame, b) for b in grid.due(Ramps(frame=frame, beat=0.0, bpm=120.0), 256, lead)]
    assert told[0] == (0, 0)
    assert all(b - frame >= lead for frame, b in told[1:])
    assert len({b for _, b in told}) == len(told) == 20 + 1


def test_a_change_of_tempo_moves_what_comes_and_loses_nothing() -> None:
    grid, found, beat = Grid.of("beat", RATE), [], 0.0
    for frame in range(0, RATE * 8, 256):
        bpm = 120.0 if frame < 4 * RATE else 60.0
        found += grid.due(Ramps(frame=frame, beat=beat, bpm=bpm), 256, 1440)
        beat += 256 / RATE * bpm / 60
    assert found[:8] == [24000 * k for k in range(8)]
    assert [b - a for a, b in zip(found[9:], found[10:], strict=False)] == [48000] * (len(found) - 10)


def test_after_a_leap_of_the_clock_it_begins_at_once_and_then_on_the_beat() -> None:
    grid = Grid.of("beat", RATE)
    boundaries(grid, 3)
    there = grid.due(Ramps(frame=100 * RATE, beat=200.0, bpm=120.0), 256, 1440)
    later = [
        b for k in range(1, 100) for b in grid.due(Ramps(frame=100 * RATE + 256 * k, beat=200 + k * 256 / 24000, bpm=120.0), 256, 1440)
    ]
    assert (there + later)[:2] == [100 * RATE, 100 * RATE + 24000]


def test_between_two_beats_it_begins_at_once_too() -> None:
    grid = Grid.of("beat", RATE)
    assert boundaries(grid, 2, beat=0.25)[:3] == [0, 18000, 42000]


def test_by_the_memory_a_boundary_is_where_what_is_played_is_over() -> None:
    grid = Grid.of("memory", RATE)
    first = grid.due(Ramps(frame=0), 256, 1440)
    assert first == [0]
    grid.end = 20000
    assert grid.due(Ramps(frame=256), 256, 1440) == []
    assert grid.due(Ramps(frame=18432), 256, 1440) == [20000]


@pytest.mark.parametrize("pace", ["soon", "20", "9000", "-4", ""])
def test_a_pace_nobody_can_keep_is_one_line_with_what_there_is(pace: str) -> None:
    with pytest.raises(BadPace, match="There is: bar, beat, half, quarter, memory, or milliseconds from 60 to 8000") as slip:
        Grid.of(pace, RATE)
    assert "\n" not in str(slip.value)
