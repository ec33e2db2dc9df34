"""Choosing where to play, and the minute as data: no core is started here."""

from __future__ import annotations

import pytest

from live import front, minute, settings
from live.cli import Sorry
from live.clock import Clock
from live.plan import compare
from live.ports.audio import NULL, Device
from live.prompt import Prompt
from live.score import Score

JACK = Device("jack", "jack", 8, 8, 48000)
CARD = Device("Built-in Audio", "portaudio", 2, 2, 44100, default=True)
THERE = [JACK, CARD, NULL]


def wished(tmp_path, user="", **flags):
    """Settings from flags and a user's file."""
    (tmp_path / "user.toml").write_text(user)
    return settings.load(flags, None, {}, tmp_path / "user.toml")


@pytest.mark.parametrize(
    ("flags", "there", "opens"),
    [
        ({}, THERE, "jack"),
        ({}, [CARD, NULL], "Built-in Audio"),
        ({}, [NULL], "null"),
        ({"backend": "portaudio"}, THERE, "Built-in Audio"),
        ({"backend": "null"}, THERE, "null"),
        ({"device": "null"}, THERE, "null"),
        ({"device": "built"}, THERE, "Built-in Audio"),
        ({"device": "JACK"}, THERE, "jack"),
    ],
)
def test_the_device_that_is_wished_is_opened(tmp_path, flags, there, opens):
    assert front.chosen(wished(tmp_path, **flags), there)[0] == opens


def test_a_device_typed_wrong_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(Sorry, match="no output device 'jakc'. Nearest: jack."):
        front.chosen(wished(tmp_path, device="jakc"), THERE)
    with pytest.raises(Sorry, match="no input device 'jakc'. Nearest: jack."):
        front.heard(wished(tmp_path, input="jakc"), THERE)


def test_a_device_named_in_a_file_may_come_later(tmp_path, capsys):
    assert front.chosen(wished(tmp_path, 'device = "Scarlett"'), THERE) == ("Scarlett", None)
    assert "It is taken as soon as it comes." in capsys.readouterr().err


def test_more_channels_than_the_card_has_is_one_line_and_plays_on_what_there_is(tmp_path, capsys):
    rig = front.rig_of(wished(tmp_path, device="built", channels=64), THERE, tmp_path)
    assert (rig.outs, rig.ins, rig.rate) == (2, 2, 44100)
    assert capsys.readouterr().err == "antiphon: Built-in Audio has 2 outputs, not 64: playing on 2.\n"


def test_jack_keeps_its_own_rate(tmp_path, capsys):
    assert front.rig_of(wished(tmp_path, rate=96000), THERE, tmp_path).rate == 48000
    assert "jack runs at 48000, not 96000" in capsys.readouterr().err


def test_takes_go_elsewhere_when_the_folder_cannot_be_written(tmp_path, capsys):
    (tmp_path / "takes").write_text("a file, no folder")
    rig = front.rig_of(wished(tmp_path, device="null"), THERE, tmp_path)
    assert str(tmp_path / "takes") not in rig.take
    assert "takes go to" in capsys.readouterr().err


def test_the_minute_is_a_minute_and_its_lines_land_on_bars_in_order():
    assert minute.SECONDS == minute.seconds_of(4 * minute.BARS) == 60
    steps = minute.steps(48000)
    frames = [cue.frame for _, cue in steps]
    assert frames == sorted(frames)
    assert frames[:2] == [0, 240000]  # bar 3 at 96
    assert frames[-1] - frames[-2] == 160000  # a bar at 72
    assert all(0 <= cue.frame < 60 * 48000 for cue in minute.notes(48000))


def test_the_broken_line_is_forgotten_and_undo_brings_back_what_was_deleted():
    steps = minute.steps(48000)
    kinds = [{node.kind for node in cue.what.places.values()} for _, cue in steps]
    assert sum("revreb" in found for found in kinds) == 1
    typed = [line.typed for line, _ in steps]
    spot = typed.index("undo()")
    assert "string" not in steps[spot - 1][1].what.places
    assert steps[spot][1].what == steps[spot - 2][1].what
    assert compare(steps[-1][1].what, Score(tempo=minute.SLOW)) == ()


def test_what_is_said_meanwhile_leaves_the_typed_line_whole(capsys):
    prompt = Prompt()
    assert prompt.take("loo") == []
    prompt.say("bar 3")
    assert capsys.readouterr().out.endswith("\r\x1b[Kbar 3\n> loo")
    assert prompt.take("x\x7fk\rqu") == ["look"]
    assert prompt.take("\x04it\n") == ["quit"]
    assert prompt.take("\x1b[A") == []
    assert prompt.take("keep 3\x17\x15\x04") is None


class Silence:
    """A stage that plays what it is told, unheard."""

    def __init__(self) -> None:
        self.score, self.panicked, self.frame, self.lost, self.clock = Score(), False, 96000, 0, Clock()

    def play(self, score: Score, fade: float = 0.05) -> None:
        self.score = score

    def panic(self) -> None:
        self.panicked = True

    def unpanic(self) -> None:
        self.panicked = False

    def meters(self) -> list[object]:
        return []


def test_every_word_is_answered_with_a_line(tmp_path, capsys):
    script = tmp_path / "one.py"
    script.write_text("from live.score import Node, Score\nscore = Score({'a': Node('tone')})\n")
    now = front.Evening(Silence(), script, [])
    answers = {
        "hush": "nothing plays", "undo": "antiphon: there is nothing to take back", "reload": "one.py plays as it is now: 1 place",
        "reload ": "one.py has not changed", " hush": "hushed: it fades within a beat", " undo": "taken back: 1 place",
        "look": "  bar 2, beat 1, tempo 120, 0 blocks lost", "panic": "silent", " look": "  bar 2, beat 1, tempo 120, 0 blocks lost  PANIC",
        "go": "sounding again", "go ": "it was open already", "huhs": "antiphon: There is no word 'huhs'. Nearest: hush.",
    }  # fmt: skip
    for typed, answer in answers.items():
        assert front.obey(now, typed.strip())
        said = "".join(capsys.readouterr())
        assert said.startswith(answer)
        assert said.count("\n") == (2 if "look" in typed else 1)
    assert front.obey(now, "")
    assert "".join(capsys.readouterr()) == ""
    assert not front.obey(now, "quit")


def test_a_word_that_comes_in_one_piece_stays_on_the_screen(capsys):
    assert Prompt().take("look\n") == ["look"]
    assert capsys.readouterr().out.endswith("> look\n\r\x1b[K> ")


def test_every_line_of_the_minute_fits_on_a_narrow_screen():
    assert all(len(f"0:00 bar 12 > {line.typed}") <= 80 for line in minute.LINES)
