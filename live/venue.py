"""Which device, how many channels, where takes go: settings and what is there become a rig."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from live.cli import Sorry
from live.settings import Settings, can_write

if TYPE_CHECKING:
    from live.ports.audio import Device
    from live.rig import Rig

Warn = Callable[[str], None]


def chosen(settings: Settings, there: list[Device], warn: Warn) -> tuple[str, Device | None]:
    """What the core should open, and what is known of it. A name on the command line must exist; others may come later."""
    real = [d for d in there if d.backend != "null" and d.outs > 0]
    if settings.backend == "null" or settings.device == "null":
        return "null", None
    if settings.device:
        asked = settings.device.lower()
        exact = [d for d in real if d.name.lower() == asked or d.backend == asked]
        partly = exact or [d for d in real if asked in d.name.lower()]
        if partly:
            return _opens(partly[0]), partly[0]
        names = [*dict.fromkeys(d.name for d in real), "null"]
        close = difflib.get_close_matches(settings.device, names, 1, 0.3)
        hint = f"Nearest: {close[0]}." if close else f"There is: {', '.join(names)}."
        if settings.said_by["device"] == "flag":
            raise Sorry(f"There is no output device {settings.device!r}. {hint}")
        warn(f"There is no output device {settings.device!r} now. {hint} It is taken as soon as it comes.")
        return settings.device, None
    mine = [d for d in real if settings.backend in ("auto", d.backend)]
    best = next((d for d in mine if d.backend == "jack"), None) or next((d for d in mine if d.default), None) or (mine[0] if mine else None)
    if best is None:
        return "null", None
    return _opens(best), best


def _opens(device: Device) -> str:
    """The word the core opens it by."""
    return "jack" if device.backend == "jack" else device.name


def heard(settings: Settings, there: list[Device], warn: Warn) -> tuple[str, int]:
    """The input device of its own, and how many channels it has: ('', -1) leaves the choice to the output device."""
    if settings.input in ("", "none"):
        return "", -1 if settings.input == "" else 0
    real = [d for d in there if d.ins > 0]
    for d in real:
        if settings.input.lower() in (d.name.lower(), d.backend) or settings.input.lower() in d.name.lower():
            return d.name, d.ins
    names = [*dict.fromkeys(d.name for d in real), "none"]
    close = difflib.get_close_matches(settings.input, names, 1, 0.3)
    hint = f"Nearest: {close[0]}." if close else f"There is: {', '.join(names)}."
    if settings.said_by["input"] == "flag":
        raise Sorry(f"There is no input device {settings.input!r}. {hint}")
    warn(f"There is no input device {settings.input!r} now. {hint}")
    return "", -1


def played(file: str) -> str:
    """The recorded hands of a file, or Sorry when it is none."""
    from live import midifile

    path = Path(file).expanduser().resolve()
    if not file:
        return ""
    try:
        midifile.look(path)
    except (midifile.BadFile, OSError) as why:
        raise Sorry(f"{file} plays no hands: {why}") from None
    return str(path)


def rig_of(settings: Settings, there: list[Device], takes: Path, warn: Warn) -> Rig:
    """The room as the settings want it and the device can."""
    from live.journal import new_take
    from live.rig import Rig

    word, device = chosen(settings, there, warn)
    source, ins = heard(settings, there, warn)
    rate = settings.rate or (device.rate if device else 48000)
    if device and device.backend == "jack" and rate != device.rate:
        warn(f"{device.name} runs at {device.rate}, not {rate}: playing at {device.rate}.")
        rate = device.rate
    outs = settings.channels or max(2, min(device.outs, 64) if device else 2)
    if device and device.backend != "jack" and outs > device.outs:
        warn(f"{device.name} has {device.outs} outputs, not {outs}: playing on {device.outs}.")
        outs = device.outs
    if ins < 0:
        ins = device.ins if device else 0
    ins = min(settings.inputs or ins, 32)
    if not can_write(takes):
        spare = Path(tempfile.gettempdir()) / "antiphon-takes"
        warn(f"{takes} cannot be written: takes go to {spare}.")
        takes = spare
    return Rig(
        device=word, source=source, rate=rate, block=settings.block, ins=ins, outs=outs, take=str(new_take(takes).resolve()),
        tracks=min(max(128, ins + 4 * outs), 1024), minutes=settings.keep, ceiling=settings.ceiling, seed=settings.seed,
        hands=True, midi=settings.midi, played=played(settings.hands), takeover=settings.takeover, osc=settings.osc, osc_host=settings.osc_host,
        follow=settings.clock, clocked=settings.clock_out,
    )  # fmt: skip
