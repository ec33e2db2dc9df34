"""A session file for Open Stage Control: open it there, or start it with --load FILE --send HOST:PORT.

Written as version 1.25 of its format, which has the shape of today's files; whatever is left out rests as there. It says hello by
itself when it opens, so its faders stand where the sound stands. Faders listen where they send.
"""

from __future__ import annotations

import json
import re
from typing import Any

from live.layouts import Button, Page, Slider, Surface

VERSION = "1.25.0"


def written(made: Surface) -> bytes:
    """The file."""
    target = [f"{made.host}:{made.port}"]
    tabs = [_tab(page, number, target) for number, page in enumerate(made.pages)]
    root = {"type": "root", "id": "root", "tabs": tabs, "onCreate": f"send({json.dumps(target[0])}, '/hello', {made.reply or 1})"}
    whole = {"createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": root}
    return json.dumps(whole, indent=1).encode()


def _tab(page: Page, number: int, target: list[str]) -> dict[str, Any]:
    sliders = {
        "type": "panel", "id": f"faders_{number}", "layout": "horizontal", "expand": True, "scroll": True, "contain": False,
        "widgets": [_strip(one, f"{number}_{count}", target) for count, one in enumerate(page.sliders)],
    }  # fmt: skip
    buttons = {
        "type": "panel", "id": f"buttons_{number}", "layout": "horizontal", "height": 90, "scroll": True, "contain": False,
        "widgets": [_button(one, f"{number}_{count}", target) for count, one in enumerate(page.buttons)],
    }  # fmt: skip
    widgets = [one for one in (sliders, buttons) if one["widgets"]]
    return {"type": "tab", "id": f"page_{number}", "label": plain(page.name), "layout": "vertical", "widgets": widgets}


def _strip(one: Slider, number: str, target: list[str]) -> dict[str, Any]:
    digits = 5 if one.high - one.low <= 10 else 2
    fader = {
        "type": "fader", "id": f"fader_{number}", "expand": True, "range": {"min": one.low, "max": one.high}, "default": one.at,
        "decimals": digits, "address": one.address, "typeTags": "f", "target": target, "comments": one.says,
    }  # fmt: skip
    label = {
        "type": "text",
        "id": f"name_{number}",
        "height": 45,
        "default": f"{plain(one.label)}\n{plain(one.says)}",
        "address": f"/name/{number}",
    }
    return {
        "type": "panel", "id": f"strip_{number}", "layout": "vertical", "width": 90, "scroll": False, "innerPadding": False,
        "widgets": [label, fader],
    }  # fmt: skip


def _button(one: Button, number: str, target: list[str]) -> dict[str, Any]:
    return {
        "type": "button", "id": f"button_{number}", "label": plain(one.label), "mode": "toggle" if one.stays else "tap", "width": 90,
        "on": one.sends, "off": 0, "address": one.address, "target": target,
    }  # fmt: skip


def plain(text: str) -> str:
    """A label without what that program would read as a formula or an icon."""
    return re.sub(r"[@#{}^<>]", " ", text)
