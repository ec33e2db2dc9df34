"""Every way in which editors save is noticed, once; what they drop beside it is not."""

from __future__ import annotations

import os
import queue
import threading
import time
from pathlib import Path

import pytest

from live.saves import Saves, is_script

SOON = 20.0  # a loaded machine; nothing here waits so long
OLD, NEW = "old\n", "new, and longer\n"


class Heard:
    """What was told."""

    def __init__(self, folder: Path, **ways: object) -> None:
        self.told: queue.Queue[set[str]] = queue.Queue()
        self.folder = folder
        self.saves = Saves(folder, self.tell, look=0.3, **ways).start()  # type: ignore[arg-type]
        assert self.saves.ready.wait(SOON)

    def tell(self, files: set[Path]) -> None:
        self.told.put({file.name for file in files})

    def one(self, within: float = SOON) -> set[str]:
        return self.told.get(timeout=within)

    def rest(self, wait: float = 0.15) -> list[set[str]]:
        """Everything told from now on for a while."""
        time.sleep(wait)
        found = []
        while not self.told.empty():
            found.append(self.told.get())
        return found


@pytest.fixture
def heard(tmp_path):
    home = tmp_path / "session"
    home.mkdir()
    (home / "main.py").write_text(OLD)
    heard = Heard(home)
    yield heard
    heard.saves.close()


def in_place(main: Path) -> None:
    main.write_text(NEW)


def by_renaming(main: Path) -> None:
    beside = main.with_name(".main.py.tmp3f")
    beside.write_text(NEW)
    os.replace(beside, main)


def with_a_backup(main: Path) -> None:
    os.replace(main, main.with_name("main.py~"))
    main.write_text(NEW)


def with_a_backup_that_goes(main: Path) -> None:
    probe = main.with_name("4913")
    probe.write_text("")
    probe.unlink()
    backup = main.with_name("main.py~")
    os.replace(main, backup)
    main.write_text(NEW)
    backup.unlink()


def from_elsewhere(main: Path) -> None:
    other = main.parent.parent / "elsewhere.py"
    other.write_text(NEW)
    os.replace(other, main)


def written_over(main: Path) -> None:
    with main.open("r+") as file:
        file.write(NEW)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


WAYS = [in_place, by_renaming, with_a_backup, with_a_backup_that_goes, from_elsewhere, written_over]


@pytest.mark.parametrize("save", WAYS, ids=[way.__name__ for way in WAYS])
def test_a_save_is_told_once_when_it_is_complete(heard, save) -> None:
    save(heard.folder / "main.py")
    assert heard.one() == {"main.py"}
    assert heard.rest() == []
    assert (heard.folder / "main.py").read_text() == NEW


@pytest.mark.parametrize("save", [in_place, by_renaming], ids=["in_place", "by_renaming"])
def test_where_nothing_can_be_watched_the_files_are_looked_at(tmp_path, save) -> None:
    (tmp_path / "main.py").write_text(OLD)
    heard = Heard(tmp_path, polling=True)
    try:
        save(tmp_path / "main.py")
        assert heard.one() == {"main.py"}
        assert heard.rest() == []
    finally:
        heard.saves.close()


def test_without_inotify_it_goes_on_by_looking(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Saves, "_schedule", lambda self, wanted: (_ for _ in ()).throw(OSError(28, "inotify watch limit reached")))
    (tmp_path / "main.py").write_text(OLD)
    heard = Heard(tmp_path)
    try:
        assert heard.saves.polling
        in_place(tmp_path / "main.py")
        assert heard.one() == {"main.py"}
    finally:
        heard.saves.close()


def test_a_slow_writer_is_waited_for(heard) -> None:
    heard.saves.patience = SOON
    with (heard.folder / "main.py").open("w") as file:
        for _ in range(3):
            file.write("half a line ")
            file.flush()
            time.sleep(0.1)
            assert heard.told.empty()
    assert heard.one() == {"main.py"}
    assert heard.rest() == []


def test_a_writer_that_never_closes_is_told_when_it_is_quiet(heard) -> None:
    with (heard.folder / "main.py").open("w") as file:
        file.write(NEW)
        file.flush()
        assert heard.one() == {"main.py"}


def test_a_save_through_a_link_is_noticed_where_the_file_lies(tmp_path) -> None:
    home, far = tmp_path / "session", tmp_path / "far"
    home.mkdir()
    far.mkdir()
    (far / "real.py").write_text(OLD)
    (home / "main.py").symlink_to(far / "real.py")
    heard = Heard(home)
    try:
        (far / "real.py").write_text(NEW)
        assert heard.one() == {"main.py"}
        other = far / "another.py"
        other.write_text(OLD)
        beside = home / "link.tmp"
        beside.symlink_to(other)
        os.replace(beside, home / "main.py")
        assert heard.one() == {"main.py"}
    finally:
        heard.saves.close()


def test_what_editors_drop_is_ignored(heard) -> None:
    for name in ("4913", ".main.py.swp", "main.py~", "#main.py#", ".#main.py", "main.py.tmp", "notes.txt", "take.wav"):
        (heard.folder / name).write_text("dropped")
    assert heard.rest() == []


def test_a_folder_with_many_takes_beside_is_not_followed(heard) -> None:
    takes = heard.folder / "takes"
    takes.mkdir()
    for take in range(20):
        (takes / f"take{take}.py").write_text("loud")
    assert heard.rest() == []


def test_modules_of_the_session_are_noticed_and_those_in_folders_when_they_are_followed(heard) -> None:
    (heard.folder / "drums.py").write_text(NEW)
    assert heard.one() == {"drums.py"}
    deep = heard.folder / "kit"
    deep.mkdir()
    (deep / "snare.py").write_text(OLD)
    heard.saves.follow([deep / "snare.py"])
    time.sleep(0.4)  # the folder is watched from the next look on
    (deep / "snare.py").write_text(NEW)
    assert heard.one() == {"snare.py"}


def test_files_saved_together_are_told_together(heard) -> None:
    (heard.folder / "drums.py").write_text(NEW)
    (heard.folder / "main.py").write_text(NEW)
    assert heard.one() == {"main.py", "drums.py"}


def test_a_file_that_goes_and_comes_back_is_told(heard) -> None:
    main = heard.folder / "main.py"
    main.unlink()
    assert heard.one() == {"main.py"}
    main.write_text(NEW)
    assert heard.one() == {"main.py"}


def test_a_folder_put_in_place_of_the_session_is_followed(heard) -> None:
    other = heard.folder.with_name("other")
    other.mkdir()
    (other / "main.py").write_text(NEW)
    os.rename(heard.folder, heard.folder.with_name("was"))
    os.rename(other, heard.folder)
    assert heard.one() == {"main.py"}
    time.sleep(0.4)
    in_place(heard.folder / "main.py")
    assert heard.one() == {"main.py"}


def test_a_listener_that_stumbles_hears_the_next_save(tmp_path) -> None:
    (tmp_path / "main.py").write_text(OLD)
    heard = threading.Event()
    times = []

    def stumble(files: set[Path]) -> None:
        times.append(1)
        if len(times) > 1:
            heard.set()
        raise RuntimeError("no")

    saves = Saves(tmp_path, stumble).start()
    try:
        assert saves.ready.wait(SOON)
        (tmp_path / "main.py").write_text(NEW)
        time.sleep(0.1)
        (tmp_path / "main.py").write_text(OLD)
        assert heard.wait(SOON)
    finally:
        saves.close()


def test_names_of_scripts() -> None:
    assert is_script("main.py")
    assert not any(is_script(name) for name in (".#main.py", "#main.py#", "main.py~", ".hidden.py", "main.pyc"))
