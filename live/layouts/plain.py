"""The addresses of a session as a table: for programs that have no file of ours, and for people who patch by hand."""

from __future__ import annotations

import csv
import io
import json

from live.layouts import Surface

HEAD = ("page", "kind", "address", "label", "low", "high", "at", "says")


def rows(made: Surface) -> list[dict[str, object]]:
    """One row each."""
    found: list[dict[str, object]] = []
    for page in made.pages:
        for one in page.sliders:
            found.append(dict(zip(HEAD, (page.name, "fader", one.address, one.label, one.low, one.high, one.at, one.says), strict=True)))
        for pressed in page.buttons:
            kind = "toggle" if pressed.stays else "button"
            found.append(dict(zip(HEAD, (page.name, kind, pressed.address, pressed.label, 0.0, pressed.sends, 0.0, ""), strict=True)))
    return found


def table(made: Surface) -> bytes:
    """As CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEAD, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(made))
    return out.getvalue().encode()


def whole(made: Surface) -> bytes:
    """As JSON."""
    return json.dumps({"session": made.name, "host": made.host, "port": made.port, "addresses": rows(made)}, indent=1).encode()
