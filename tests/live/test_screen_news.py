"""What is said by a thousand voices: shown a few lines at a time, kept whole, never in anybody's way."""

from __future__ import annotations

import sys
import threading
import time

from live.screen.news import News, Spoken, clean, digest, spoken


def pumped(tmp_path, **how):
    """A pump and what it has drawn."""
    drawn: list[list[str]] = []
    return News(drawn.append, tmp_path / "said.log", **how), drawn


def kept(tmp_path) -> list[str]:
    """What the log holds, without the times."""
    return [line[9:] for line in (tmp_path / "said.log").read_text().splitlines()]


def test_a_thousand_messages_are_drawn_a_few_times_and_kept_whole(tmp_path):
    news, drawn = pumped(tmp_path, every=0.05)
    began = time.monotonic()
    for k in range(1000):
        news.say(f"message {k}")
        if k % 100 == 0:
            time.sleep(0.01)
    news.close()
    assert len(drawn) <= (time.monotonic() - began) / 0.05 + 3
    assert kept(tmp_path) == [f"message {k}" for k in range(1000)]
    assert drawn[-1][-1] == "message 999"
    assert all(len(lines) <= 9 for lines in drawn)


def test_what_is_left_out_is_counted_and_the_log_is_named():
    shown = digest([f"message {k}" for k in range(248)], 8, "said.log")
    assert shown[0] == "... 240 more in said.log"
    assert shown[1:] == [f"message {k}" for k in range(240, 248)]


def test_nothing_is_lost_in_the_count_when_ten_thousand_wait():
    shown = digest([f"message {k}" for k in range(10_000)], 8, "said.log")
    assert shown[0] == "... 9992 more in said.log"


def test_the_same_line_again_and_again_is_said_once():
    assert digest(["late"] * 500 + ["back"], 8, "") == ["late  (500 times)", "back"]


def test_a_line_cannot_steer_the_terminal():
    assert clean("a\x1b[2Jb\x1b]0;title\x07c\rd\x07e\x9bf") == "abcdef"
    assert clean("1\t2") == "1   2"


def test_an_endless_line_is_cut_on_the_screen_only(tmp_path):
    news, drawn = pumped(tmp_path)
    news.say("x" * 5000)
    news.close()
    assert len(drawn[0][0]) < 1100
    assert "4000 more letters" in drawn[0][0]
    assert kept(tmp_path) == ["x" * 5000]


def test_prints_of_any_thread_are_said_by_whole_lines(tmp_path):
    news, drawn = pumped(tmp_path)
    before = sys.stdout
    with spoken(news):
        assert isinstance(sys.stdout, Spoken)
        threads = [threading.Thread(target=lambda n=n: [print("from", n, k) for k in range(50)]) for n in "ab"]  # noqa: T201
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("an unfinished", end=" ")  # noqa: T201
        print("line", end="")  # noqa: T201
    assert sys.stdout is before
    news.close()
    said = kept(tmp_path)
    assert [line for line in said if line.startswith("from a")] == [f"from a {k}" for k in range(50)]
    assert [line for line in said if line.startswith("from b")] == [f"from b {k}" for k in range(50)]
    assert said[-1] == "an unfinished line"


def test_a_log_that_cannot_be_written_is_one_line_and_the_news_goes_on(tmp_path):
    (tmp_path / "said.log").mkdir()
    news, drawn = pumped(tmp_path)
    news.say("rain landed")
    news.close()
    said = [line for lines in drawn for line in lines]
    assert "cannot be written" in said[0]
    assert said[1] == "rain landed"


def test_a_terminal_that_is_gone_does_not_end_the_log(tmp_path):
    def gone(_: list[str]) -> None:
        raise OSError("gone")

    news = News(gone, tmp_path / "said.log", every=0.0)
    news.say("one")
    news.flush()
    news.say("two")
    news.close()
    assert [line for line in kept(tmp_path) if "gone" not in line] == ["one", "two"]
