"""The law between a hand and a knob: what every kind of controller means, and who has the knob."""

from __future__ import annotations

import math
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from live.core import layout as at
from live.core import turning
from live.core.lanes import (
    ABSOLUTE,
    BEND14,
    CATCH,
    FOURTEEN,
    FOURTEEN_LSB,
    GATE,
    GHOST,
    JUMP,
    KEY,
    KEY_GATE,
    KEY_VELOCITY,
    LOW7,
    MOMENTARY,
    NRPN,
    OFFSET,
    POLY,
    PRESSED,
    RPN,
    SCALE,
    SIGN,
    TOGGLE,
    TWOS,
    lane,
)
from live.core.offline import Offline
from live.core.turning import ALL_GO, DOWN, FINE, LETS_GO, MOVES, PRESSES, STRIKES, UP, WIDE
from tests.live.wires import cell, each_frame, hear, knob, lay

plain = dict(vars(turning))
for name in ("let_go", "hold", "flip", "click", "spot", "take", "strike", "turn"):
    plain[name] = FunctionType(getattr(turning, name).py_func.__code__, plain, name)
law = SimpleNamespace(**{name: plain[name] for name in ("turn",)})
sevens = some.integers(0, 127)


class Hand:
    """A lane and its knob, without a core around them. ``wish`` is where the knob stands; nobody has touched it yet."""

    def __init__(self, kind, *args, wish=0.0, known=0, **how):
        self.cells, self.wish, self.known = lane(kind, 0, *args, **how), wish, known

    def does(self, how, data=0, key=0):
        """One message; where the knob goes, or None."""
        where, self.slowly = law.turn(self.cells, how, data, key, self.wish, self.known)
        if math.isnan(where):
            return None
        self.wish, self.known = where, 1
        return where

    def goes(self, *data):
        """Seven bits, once or more; where the knob is after the last."""
        for value in data:
            self.does(MOVES, value)
        return self.wish


# --- what they say --------------------------------------------------------------------


@given(some.sampled_from(["twos", "sign", "offset"]), some.integers(-40, 40))
def test_an_encoder_goes_as_many_clicks_as_it_says_whichever_way_it_says_it(kind, clicks):
    how = {"twos": (TWOS, clicks % 128), "sign": (SIGN, clicks if clicks >= 0 else 64 - clicks), "offset": (OFFSET, 64 + clicks)}
    hand = Hand(how[kind][0], wish=0.5, known=1, step=0.01)
    assert math.isclose(hand.goes(how[kind][1]), 0.5 + 0.01 * clicks)


def test_an_encoder_stays_in_its_range_and_takes_no_knob_back_into_it_at_once():
    hand = Hand(TWOS, 0.2, 0.6, wish=0.9, known=1, step=0.1)
    assert hand.goes(1) == 0.9  # further out it does not go
    assert math.isclose(hand.goes(127), 0.86)
    assert math.isclose(Hand(TWOS, 0.2, 0.6, wish=0.58, known=1, step=0.1).goes(1), 0.6)
    assert math.isclose(Hand(TWOS, 0.6, 0.2, wish=0.5, known=1, step=0.1).goes(1), 0.46)  # turned round


def test_a_fine_knob_has_every_one_of_its_14_bits():
    hand, found = Hand(FOURTEEN), set()
    for value in range(16384):
        assert hand.does(MOVES, value >> 7) is None
        found.add(hand.does(FINE, value & 127))
    assert len(found) == 16384
    assert (min(found), max(found)) == (0.0, 1.0)


def test_a_lower_half_alone_moves_finely():
    hand = Hand(FOURTEEN)
    hand.does(MOVES, 64)
    hand.does(FINE, 0)
    assert math.isclose(hand.does(FINE, 1), (64 * 128 + 1) / 16383)


def test_a_fine_knob_that_sends_no_lower_halves_is_a_coarse_one():
    hand = Hand(FOURTEEN)
    assert [hand.does(MOVES, v) for v in (10, 20, 127)] == [None, 20 / 127, 1.0]


@given(some.lists(some.integers(0, 16383), min_size=1, max_size=20))
def test_halves_may_come_the_other_way_round(values):
    hand = Hand(FOURTEEN_LSB, takeover=JUMP)
    for value in values:
        hand.does(FINE, value & 127)
        assert hand.does(MOVES, value >> 7) == value / 16383


def test_a_bender_rests_in_the_very_middle_and_reaches_both_ends():
    hand = Hand(BEND14, takeover=JUMP)
    assert [hand.does(WIDE, v) for v in (0, 8192, 16383)] == [0.0, 0.5, 1.0]
    assert hand.does(WIDE, 8191) < 0.5 < hand.does(WIDE, 8193)


def test_data_entry_is_fine_and_clicks():
    hand = Hand(NRPN, step=0.01)
    hand.does(MOVES, 64)
    assert math.isclose(hand.does(FINE, 5), (64 * 128 + 5) / 16383)
    before = hand.wish
    assert math.isclose(hand.does(UP), before + 0.01)
    assert math.isclose(hand.does(DOWN), before)
    assert abs(hand.does(FINE, 6) - before) < 1 / 127  # a lower half alone goes on from where the clicks led


def test_a_switch_flips_at_every_press_and_a_button_holds():
    switch, button = Hand(TOGGLE), Hand(MOMENTARY, 0.2, 0.8)
    assert [switch.goes(127, 0), switch.goes(127, 0), switch.goes(127), switch.goes(64)] == [1, 0, 1, 0]
    assert [button.goes(127), button.goes(0)] == [0.8, 0.2]
    assert [switch.does(STRIKES, 5, 36), switch.does(LETS_GO, 0, 36), switch.does(STRIKES, 5, 36)] == [1, None, 0]


def test_a_pad_gives_its_velocity_while_it_is_held_and_its_pressure_then():
    pad = Hand(GATE)
    assert pad.does(STRIKES, 100, 36) == 100 / 127
    assert pad.does(PRESSES, 50, 36) == 50 / 127
    assert pad.does(LETS_GO, 0, 36) == 0.0
    assert pad.does(PRESSES, 50, 36) is None


def test_the_newest_held_key_counts_and_the_one_before_comes_back():
    key, gate, velocity = Hand(KEY), Hand(KEY_GATE), Hand(KEY_VELOCITY)
    told = [(STRIKES, 60), (STRIKES, 64), (LETS_GO, 64), (LETS_GO, 60), (LETS_GO, 60)]
    assert [key.does(how, 100, note) for how, note in told] == [60 / 127, 64 / 127, 60 / 127, None, None]
    assert [gate.does(how, 100, note) for how, note in told] == [1, 1, None, 0, None]
    assert [velocity.does(how, 100, note) for how, note in told][2:] == [None] * 3
    gate.does(STRIKES, 100, 1)
    gate.does(STRIKES, 100, 2)
    assert gate.does(ALL_GO) == 0.0


@given(some.lists(some.tuples(some.booleans(), some.integers(0, 4)), max_size=60))
def test_held_keys_are_those_struck_and_not_let_go(moves):
    gate, held = Hand(KEY_GATE), []
    for down, key in moves:
        gate.does(STRIKES if down else LETS_GO, 100, key)
        held = [k for k in held if k != key] + [key] * down
        assert gate.wish == float(bool(held))


@given(sevens, some.floats(0, 1), some.floats(0, 1))
def test_a_range_may_lie_the_other_way_round(value, low, high):
    assert math.isclose(Hand(ABSOLUTE, low, high, takeover=JUMP).goes(value), low + value / 127 * (high - low), abs_tol=1e-12)


# --- who has the knob -----------------------------------------------------------------


@given(some.sampled_from([JUMP, CATCH, SCALE]), sevens)
def test_a_knob_nobody_ever_turned_is_taken_at_once(takeover, value):
    hand = Hand(ABSOLUTE, takeover=takeover)
    assert hand.goes(value) == value / 127
    assert hand.cells[GHOST] == -1


def test_from_one_end_to_the_other_in_two_messages_catches_what_lies_between():
    hand = Hand(ABSOLUTE, takeover=CATCH, wish=60 / 127, known=1)
    assert hand.does(MOVES, 0) is None
    assert hand.cells[GHOST] == 0.0
    assert hand.does(MOVES, 127) == 1.0
    assert hand.slowly
    assert hand.cells[GHOST] == -1


@given(sevens, some.lists(sevens, min_size=1, max_size=30))
def test_a_hand_has_the_knob_once_it_met_it_and_not_before(target, way):
    hand, met, before = Hand(ABSOLUTE, takeover=CATCH, wish=target / 127, known=1), False, None
    for value in way:
        met = met or abs(value - target) <= 1 or (before is not None and min(before, value) <= target <= max(before, value))
        before = value
        hand.does(MOVES, value)
        assert hand.wish == (value if met else target) / 127


@given(sevens, some.lists(sevens, min_size=2, max_size=30))
def test_a_scaled_knob_goes_with_the_hand_and_meets_it_at_the_end(target, way):
    hand = Hand(ABSOLUTE, takeover=SCALE, wish=target / 127, known=1)
    hand.goes(way[0])
    for before, value in zip(way, way[1:], strict=False):
        stood = hand.wish
        hand.goes(value)
        assert 0 <= hand.wish <= 1
        moved = hand.wish - stood
        assert moved * (value - before) >= 0 or hand.cells[GHOST] == -1
    assert hand.goes(127 - way[-1] // 64 * 127) == (127 - way[-1] // 64 * 127) / 127  # the further end


def test_who_moves_the_knob_by_the_page_takes_it_from_the_hand_but_not_for_a_hairs_breadth():
    hand = Hand(ABSOLUTE, takeover=CATCH)
    hand.goes(64)
    hand.wish += 0.5 / 128
    assert hand.does(MOVES, 70) is not None
    hand.wish = 0.1
    assert hand.does(MOVES, 75) is None
    assert math.isclose(hand.cells[GHOST], 75 / 127)


# --- in the core ----------------------------------------------------------------------


def settled(core, number, value):
    """The knob stands there, and somebody has put it there."""
    core.stand.knobs[number] = value
    core.run(512)


@pytest.mark.parametrize(
    ("takeover", "hand"), [(CATCH, (0, 127)), (CATCH, (127, 0)), (SCALE, (0, 127)), (SCALE, (126, 127)), (SCALE, (100, 0)), (JUMP, (127,))]
)
def test_no_64_frames_of_a_takeover_move_the_sound_by_more_than_a_64th(takeover, hand):
    core = Offline(48000, 1)
    lay(core, 2000, ABSOLUTE, 5, (5, 0), takeover=takeover)
    settled(core, 5, 60 / 127)
    heard = [60 / 127] * 64
    for value in (*hand, 127 - hand[-1], *range(40, 90)):  # and while that is going on it turns round, and hurries
        hear(core, 0xB0, 5, value)
        heard += each_frame(core, 5, 700 if value < 40 or value > 90 else 3)
    heard = np.array(heard + each_frame(core, 5, 6000))
    assert np.abs(heard[64:] - heard[:-64]).max() <= 1 / 64 + 1e-9
    assert math.isclose(heard[-1], knob(core, 5))


def test_a_caught_knob_moves_as_quickly_as_ever():
    core = Offline(48000, 1)
    hear(core, 0xB0, 5, 0)
    hear(core, 0xB0, 5, 1)
    core.run(512)
    hear(core, 0xB0, 5, 127)
    core.run(256)
    assert core.stand.ctl[1, 5] == 1.0


def test_a_fine_knob_gives_more_than_ten_thousand_values_to_the_sound():
    core = Offline(48000, 1, block=1024)
    lay(core, 2000, FOURTEEN, 1, (1, 0), (33, LOW7), takeover=JUMP)
    found = set()
    for value in range(16384):
        if value % 128 == 0:
            hear(core, 0xB0, 1, value >> 7)
        hear(core, 0xB0, 33, value & 127)
        core.run(64)
        found.add(knob(core, 1))
    assert len(found) == 16384
    assert len(core.stand.moves(0)[1]) >= 4096  # as many as the log holds: every value was sent on its way


def test_only_the_chosen_parameter_moves_and_nothing_moves_by_choosing():
    core = Offline(48000, 1)
    lay(core, 2000, NRPN, 600, param=1000, then=2001)
    lay(core, 2001, NRPN, 601, param=RPN + 1, then=6)
    for number in (6, 38, 96, 97):
        core.stand.hands["routes"][0, :, number] = 2000
    hear(core, 0xB0, 6, 64)  # nothing is chosen: an ordinary controller
    core.run(64)
    assert knob(core, 6) == 64 / 127
    for data in ((99, 7), (98, 104), (6, 127), (38, 127)):
        hear(core, 0xB0, *data)
    core.run(64)
    assert (knob(core, 600), knob(core, 601), knob(core, 6)) == (1.0, 0.0, 64 / 127)
    for data in ((101, 0), (100, 1), (6, 127), (38, 0), (97, 0)):
        hear(core, 0xB0, *data)
    core.run(64)
    assert math.isclose(knob(core, 601), 127 * 128 / 16383 - 1 / 127)
    for data in ((101, 127), (100, 127), (6, 3)):
        hear(core, 0xB0, *data)
    core.run(64)
    assert knob(core, 6) == 3 / 127
    assert not any(knob(core, number) for number in range(98, 102))


def test_a_key_may_move_several_knobs_and_all_keys_off_lets_them_go():
    core = Offline(48000, 1)
    lay(core, 2000, GATE, 600, (128 + 36, PRESSED), then=2001)
    lay(core, 2001, KEY, 601, then=2002)
    lay(core, 2002, KEY_GATE, 602)
    lay(core, 2003, ABSOLUTE, 603, (POLY, 0), takeover=JUMP)
    hear(core, 0x95, 36, 100)
    hear(core, 0xA5, 36, 90)
    core.run(64)
    assert [knob(core, n) for n in (600, 601, 602, 603)] == [90 / 127, 36 / 127, 1, 90 / 127]
    hear(core, 0xB5, 123, 0)
    core.run(64)
    assert [knob(core, n) for n in (600, 601, 602)] == [0, 36 / 127, 0]


def test_bend_pressure_and_program_have_their_ways():
    core = Offline(48000, 1)
    lay(core, 2000, BEND14, 600, (at.BEND, 0))
    lay(core, 2001, ABSOLUTE, 601, (at.PRESSURE, 0))
    lay(core, 2002, ABSOLUTE, 602, (at.PROGRAM, 0))
    for data in ((0xE0, 0, 64), (0xD0, 127), (0xC0, 127)):
        hear(core, *data)
    core.run(64)
    assert [knob(core, n) for n in (600, 601, 602)] == [0.5, 1.0, 1.0]


@given(
    some.sampled_from([ABSOLUTE, TWOS, SIGN, OFFSET, TOGGLE, MOMENTARY]),
    some.sampled_from([JUMP, CATCH, SCALE]),
    some.lists(sevens, max_size=12),
)
def test_the_compiled_core_does_what_the_law_says(kind, takeover, values):
    core, hand = CORE, Hand(kind, takeover=takeover, wish=0.25, known=1)
    lay(core, 2000, kind, 5, (5, 0), takeover=takeover)
    settled(core, 5, 0.25)
    for value in values:
        hear(core, 0xB0, 5, value)
        core.run(64)
        hand.does(MOVES, value)
        assert math.isclose(knob(core, 5), hand.wish, abs_tol=1e-12)
        assert math.isclose(cell(core, 2000, GHOST), hand.cells[GHOST], abs_tol=1e-12)


CORE = Offline(48000, 1)


def test_a_lane_that_leads_back_to_itself_or_nowhere_harms_nobody():
    core = Offline(48000, 1)
    lay(core, 2000, TOGGLE, -5, (5, 0), then=2001)
    lay(core, 2001, ABSOLUTE, 5000, then=2000)
    core.stand.hands["routes"][0, :, 6] = at.LANES - 1
    core.stand.hands["lanes"][2001, 7] = 1e9
    hear(core, 0xB0, 5, 127)
    hear(core, 0xB0, 6, 127)
    core.run(64)
    assert not core.stand.knobs.any()
