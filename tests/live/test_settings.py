"""Settings: who speaks loudest, and what happens to a slip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live import settings


def load(tmp: Path, flags: dict[str, Any] | None = None, env: dict[str, str] | None = None, session: str = "", user: str = ""):
    """The settings from four layers written out."""
    (tmp / "session.toml").write_text(session)
    (tmp / "user.toml").write_text(user)
    return settings.load(flags, tmp, env or {}, tmp / "user.toml")


def test_the_loudest_layer_that_speaks_is_heard(tmp_path):
    layers = [
        ("flag", {"flags": {"block": 64}}),
        ("environment", {"env": {"ANTIPHON_BLOCK": "128"}}),
        ("session", {"session": "block = 512"}),
        ("user", {"user": "block = 1024"}),
    ]
    for first in range(4):
        said: dict[str, Any] = {}
        for _, layer in layers[first:]:
            said |= layer
        heard = load(tmp_path, **said)
        assert (heard.block, heard.said_by["block"]) == ((64, 128, 512, 1024)[first], layers[first][0])
        assert heard.warnings == ()


def test_nothing_said_means_every_default(tmp_path):
    heard = settings.load({}, None, {}, tmp_path / "missing.toml")
    assert dict(heard.values) == {key: wish.rest for key, wish in settings.WISHES.items()}
    assert set(heard.said_by.values()) == {"default"}


def test_a_flag_that_was_not_given_does_not_speak(tmp_path):
    assert load(tmp_path, flags={"block": None}, user="block = 512").block == 512


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        ({"session": "chanels = 8"}, "session.toml: there is no setting 'chanels'. Nearest: channels."),
        ({"user": "chanels = 8"}, "user.toml: there is no setting 'chanels'. Nearest: channels."),
        ({"env": {"ANTIPHON_CHANELS": "8"}}, "environment: there is no setting 'ANTIPHON_CHANELS'. Nearest: channels."),
    ],
)
def test_an_unknown_key_warns_with_the_nearest(tmp_path, layer, shown):
    heard = load(tmp_path, **layer)
    assert heard.channels == 0
    assert len(heard.warnings) == 1
    assert shown in heard.warnings[0]


@pytest.mark.parametrize(
    ("key", "raw", "legal"),
    [
        ("block", "100", "one of 64, 128, 256, 512, 1024"),
        ("rate", '"fast"', "a whole number from 0 to 384000"),
        ("ceiling", "3.0", "a number from -60 to 0"),
        ("plain", '"perhaps"', "true or false"),
        ("device", "7", "a text in quotes"),
        ("channels", "true", "a whole number from 0 to 64"),
        ("tempo", "nan", "a number from 1 to 1000"),
    ],
)
def test_a_value_out_of_bounds_warns_and_the_next_layer_speaks(tmp_path, key, raw, legal):
    heard = load(tmp_path, session=f"{key} = {raw}")
    assert getattr(heard, key) == settings.WISHES[key].rest
    assert len(heard.warnings) == 1
    assert f"takes {legal}" in heard.warnings[0]


def test_a_broken_file_is_one_warning_and_the_rest_is_heard(tmp_path):
    heard = load(tmp_path, session="block = = 3", user="block = 512")
    assert heard.block == 512
    assert len(heard.warnings) == 1
    assert "is not TOML" in heard.warnings[0]


def test_the_environment_may_say_yes_and_no_in_words(tmp_path):
    assert load(tmp_path, env={"ANTIPHON_PLAIN": "yes"}).plain is True
    assert load(tmp_path, env={"ANTIPHON_PLAIN": "off"}, session="plain = true").plain is False


def test_tables_that_others_read_pass_without_a_warning(tmp_path):
    heard = load(tmp_path, session="block = 64\n[rig]\nstage = [1, 2]\n")
    assert heard.warnings == ()
    assert heard.tables == {"rig": {"stage": [1, 2]}}


def test_a_whole_number_is_good_enough_where_a_fraction_may_stand(tmp_path):
    assert load(tmp_path, session="tempo = 96").tempo == 96.0


def test_asking_for_a_setting_that_does_not_exist_names_the_nearest(tmp_path):
    with pytest.raises(AttributeError, match="Nearest: ceiling"):
        _ = load(tmp_path).cieling


def test_a_folder_is_writable_only_if_a_file_can_really_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    assert settings.can_write(tmp_path / "new")
    assert not settings.can_write(tmp_path / "file" / "below")


@given(st.dictionaries(st.sampled_from([*settings.WISHES, "x"]), st.text(max_size=12), max_size=5))
def test_whatever_the_environment_says_the_settings_are_legal(said):
    heard = settings.load({}, None, {settings.PREFIX + key.upper(): raw for key, raw in said.items()}, Path("missing.toml"))
    for key, wish in settings.WISHES.items():
        assert wish.read(getattr(heard, key)) == getattr(heard, key)
