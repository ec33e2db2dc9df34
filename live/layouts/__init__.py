"""Surfaces for a session: its faders, mutes, scenes and verbs as files that OSC programs open.

A surface is plain data, made from the table of faders; each program has a file of its own that writes it down. Faders that
travel in octaves, and none but those, go by ``/at``: 0 to 1, so that no program needs to know what an octave is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from live.control.addresses import of_control, of_level, sendable
from live.faders import Fader, faders, levels

WIDE = 1e5  # a control that goes anywhere makes no fader


@dataclass(frozen=True)
class Slider:
    """A fader: where it sends to and listens, from where to where it goes, and where it stands."""

    address: str
    label: str
    low: float = 0.0
    high: float = 1.0
    at: float = 0.0
    says: str = ""  # its range in words


@dataclass(frozen=True)
class Button:
    """A button. ``stays``: it is on until it is pressed again, and shows it."""

    address: str
    label: str
    stays: bool = False
    sends: float = 1.0


@dataclass(frozen=True)
class Page:
    """What belongs together: a place and its controls, the levels of an output, the verbs."""

    name: str
    sliders: tuple[Slider, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Surface:
    """A whole surface: where Antiphon listens, and the pages."""

    name: str
    host: str = "127.0.0.1"
    port: int = 9123
    reply: int = 0
    pages: tuple[Page, ...] = field(default_factory=tuple)


def surface(table: Mapping[str, Any], host: str = "127.0.0.1", port: int = 9123, reply: int = 0) -> Surface:
    """The surface of a session: the mixer and the verbs first, then each place, then the scenes.

    ``reply``: the port it listens on, which its hello says; 0: the one it sends from.
    """
    pages = []
    mixer = [_slider(of_level(name), name.replace("/", " "), fader) for name, fader in levels(table).items() if not fader.follows]
    tempo = Slider("/clock/bpm", "bpm", 40.0, 240.0, min(max(float(table.get("tempo", 120.0)), 40.0), 240.0), "40 to 240 bpm")
    verbs = ("hush", "go", "undo", "panic")
    pages.append(
        Page(
            "mixer",
            (*mixer, tempo),
            (
                Button("/clock/tap", "tap"),
                *(Button(f"/{word}", word) for word in verbs),
                Button("/hello", "hello", sends=float(reply or 1)),
            ),
        )
    )
    found: dict[str, list[Slider]] = {str(place): [] for place in table.get("places", ())}
    for name, fader in faders(table).items():
        place, _, control = name.rpartition(".")
        if not fader.follows and fader.high - fader.low <= WIDE:
            found.setdefault(place, []).append(_slider(of_control(name), control, fader))
    for place, sliders in found.items():
        own = f"/v/{sendable(place)}"
        sounds = place in table.get("places", ())
        pressed = (Button(f"{own}/mute", "mute", stays=True), Button(f"{own}/solo", "solo", stays=True)) if sounds else ()
        if sliders or pressed:
            pages.append(Page(place, tuple(sliders), pressed))
    scenes = [Button(f"/scene/{sendable(str(name))}", str(name)) for name in table.get("scenes", ())]
    if scenes:
        pages.append(Page("scenes", (), tuple(scenes)))
    return Surface(str(table.get("session") or "antiphon"), host, port, reply, tuple(pages))


def _slider(address: str, label: str, fader: Fader) -> Slider:
    at = fader.rest if fader.at is None else fader.clip(fader.at)
    says = f"{fader.low:g} to {fader.high:g}" + (f" {fader.unit}" if fader.unit else "")
    if fader.curve == "log" and fader.low > 0:
        return Slider(address + "/at", label, 0.0, 1.0, fader.position(at), says)
    return Slider(address, label, fader.low, fader.high, at, says)


def addresses(made: Surface) -> list[str]:
    """Everything a surface sends to."""
    return [one.address for page in made.pages for one in (*page.sliders, *page.buttons)]
