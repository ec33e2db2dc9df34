"""Layouts for TouchOSC (the .tosc of 2021 and later): one compressed XML tree, version 6 of its format. Not for the old .touchosc.

Host and port are not kept in such a file: type them in under Connections. Faders listen where they send, and do not answer what
they are told. Each page of 24 faders is a file of its own.
"""

from __future__ import annotations

import re
import uuid
import zlib
from collections.abc import Iterable, Iterator

from live.layouts import Button, Page, Slider, Surface

WIDTH, GAP = 1024, 8
COLUMNS, ROWS = 8, 3
NAME, FADER, BUTTON = 40, 200, 56
SPACE = uuid.UUID("5a4f6f53-43e7-5a1c-9d6e-7b1f0a2c9123")
TEAL, GREY, AMBER = (0.16, 0.62, 0.56), (0.35, 0.38, 0.42), (0.93, 0.6, 0.2)


def written(made: Surface) -> list[bytes]:
    """The files, in order."""
    return [zlib.compress(xml(made, page).encode()) for page in pages(made)]


def pages(made: Surface) -> Iterator[Page]:
    """Places side by side until a page is full; the verbs are on the first."""
    sliders: list[Slider] = []
    buttons: list[Button] = []
    for page in made.pages:
        mine = [Slider(one.address, f"{page.name} {one.label}", one.low, one.high, one.at, one.says) for one in page.sliders]
        if page.name == "mixer":
            mine = list(page.sliders)
        own = [
            Button(one.address, one.label if not one.stays else f"{page.name} {one.label}", one.stays, one.sends) for one in page.buttons
        ]
        while sliders and len(sliders) + len(mine) > COLUMNS * ROWS:
            yield Page("", tuple(sliders[: COLUMNS * ROWS]), tuple(buttons))
            sliders, buttons = sliders[COLUMNS * ROWS :], []
        sliders += mine
        buttons += own
    while sliders or buttons:
        yield Page("", tuple(sliders[: COLUMNS * ROWS]), tuple(buttons))
        sliders, buttons = sliders[COLUMNS * ROWS :], []


def xml(made: Surface, page: Page) -> str:
    """One layout as its XML."""
    nodes: list[str] = []
    wide = (WIDTH - GAP) / COLUMNS
    y = float(GAP)
    for first in range(0, len(page.sliders), COLUMNS):
        for count, one in enumerate(page.sliders[first : first + COLUMNS]):
            x = GAP + count * wide
            nodes.append(_label(made, one.address, f"{one.label}\n{one.says}", (x, y, wide - GAP, NAME)))
            nodes.append(_slider(made, one, (x, y + NAME, wide - GAP, FADER)))
        y += NAME + FADER + GAP
    for first in range(0, len(page.buttons), COLUMNS):
        for count, pressed in enumerate(page.buttons[first : first + COLUMNS]):
            frame = (GAP + count * wide, y, wide - GAP, BUTTON)
            nodes.append(_button(made, pressed, frame))
            nodes.append(_label(made, pressed.address + "#", pressed.label, frame, bare=True))
        y += BUTTON + GAP
    root = _properties("", (0, 0, WIDTH, y), (0.0, 0.0, 0.0), interactive=False)
    whole = f"<node ID='{_id(made, 'root')}' type='GROUP'><includes></includes>{root}{_values(touch='false')}<children>{''.join(nodes)}</children></node>"
    return f"<?xml version='1.0' encoding='UTF-8'?><lexml version='6'>{whole}</lexml>"


Frame = tuple[float, float, float, float]


def _slider(made: Surface, one: Slider, frame: Frame) -> str:
    at = (one.at - one.low) / (one.high - one.low) if one.high > one.low else 0.0
    more = (_property("i", "orientation", "0"), _property("i", "response", "1"))  # relative: a touch does not make it jump
    head = _properties(one.label, frame, TEAL, more)
    sent = _message(one.address, _partial("VALUE", "FLOAT", "x", one.low, one.high), "ANY")
    return _node(made, one.address, "FADER", head, _values(x=f"{at:g}", touch="false"), sent)


def _button(made: Surface, one: Button, frame: Frame) -> str:
    more = (_property("i", "buttonType", "2" if one.stays else "0"),)  # stays on, or springs back
    head = _properties(one.label, frame, AMBER if one.stays else GREY, more)
    value = _partial("VALUE", "FLOAT", "x", 0, one.sends)
    return _node(made, one.address, "BUTTON", head, _values(x="0", touch="false"), _message(one.address, value, "ANY"))


def _label(made: Surface, key: str, text: str, frame: Frame, *, bare: bool = False) -> str:
    more = (_property("i", "textSize", "13"), _colour("textColor", (1.0, 1.0, 1.0), 1.0))
    head = _properties("", frame, (0.0, 0.0, 0.0), more, interactive=False, background=not bare)
    return _node(made, key + "|", "TEXT", head, _values(text=text, touch="false"), "")


def _node(made: Surface, key: str, kind: str, head: str, values: str, sent: str) -> str:
    said = f"<messages>{sent}</messages>" if sent else ""
    return f"<node ID='{_id(made, key)}' type='{kind}'>{head}{values}{said}</node>"


def _properties(
    name: str,
    frame: Frame,
    colour: tuple[float, float, float],
    more: Iterable[str] = (),
    *,
    interactive: bool = True,
    background: bool = True,
) -> str:
    x, y, w, h = frame
    own = [
        _property("b", "background", str(int(background))), _colour("color", colour, 1.0),
        _property("r", "frame", f"<x>{x:g}</x><y>{y:g}</y><w>{w:g}</w><h>{h:g}</h>"), _property("b", "interactive", str(int(interactive))),
        _property("b", "outline", str(int(background))), *more,
    ]  # fmt: skip
    if name:
        own.append(_property("s", "name", _text(name)))
    own.sort(key=lambda one: one.partition("CDATA[")[2])  # as that program writes them
    return f"<properties>{''.join(own)}</properties>"


def _property(kind: str, key: str, value: str) -> str:
    return f"<property type='{kind}'><key>{_text(key)}</key><value>{value}</value></property>"


def _colour(key: str, colour: tuple[float, float, float], alpha: float) -> str:
    r, g, b = colour
    return _property("c", key, f"<r>{r:g}</r><g>{g:g}</g><b>{b:g}</b><a>{alpha:g}</a>")


def _values(**values: str) -> str:
    made = [
        f"<value><key>{_text(key)}</key><locked>0</locked><lockedDefaultCurrent>0</lockedDefaultCurrent>"
        f"<default>{_text(value)}</default><defaultPull>0</defaultPull></value>"
        for key, value in values.items()
    ]
    return f"<values>{''.join(made)}</values>"


def _message(address: str, value: str, when: str) -> str:
    return (
        "<osc><enabled>1</enabled><send>1</send><receive>1</receive><feedback>0</feedback><noDuplicates>0</noDuplicates>"
        f"<connections>1111111111</connections><triggers><trigger><var>{_text('x')}</var><condition>{when}</condition></trigger></triggers>"
        f"<path>{_partial('CONSTANT', 'STRING', address)}</path><arguments>{value}</arguments></osc>"
    )


def _partial(kind: str, conversion: str, value: str, low: float = 0, high: float = 1) -> str:
    ends = f"<scaleMin>{low:g}</scaleMin><scaleMax>{high:g}</scaleMax>"
    return f"<partial><type>{kind}</type><conversion>{conversion}</conversion><value>{_text(value)}</value>{ends}</partial>"


def _text(text: str) -> str:
    text = re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text)  # what XML has no letter for
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _id(made: Surface, key: str) -> str:
    return str(uuid.uuid5(SPACE, f"{made.name}:{key}"))
