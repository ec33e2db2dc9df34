"""The loudspeakers, by name or by number."""

from __future__ import annotations

from typing import Any

from live.mistakes import Mistake, nearest
from live.noun import Noun, mixed
from live.page import page
from live.typed import typed
from live.values import Latent, Sound, is_number, what_is


class Out:
    """The loudspeakers: out.stage, out.rear, out.ring as the rig names them, or out[1], out[3, 4] by number."""

    def __setattr__(self, name: str, value: Any) -> None:
        named = getattr(page().room, "outputs", None)
        if named is not None and name not in named:
            raise Mistake(f"This rig has no output {name!r}.", near=nearest(name, named), word=name)
        page().outs[name] = _send(value, f"out.{name}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return page().outs.get(name, 0)

    def __delattr__(self, name: str) -> None:
        page().outs.pop(name, None)

    def __setitem__(self, which: int | tuple[int, ...], value: Any) -> None:
        spots = which if isinstance(which, tuple) else (which,)
        there = getattr(page().room, "outs", 0) or 0
        for spot in spots:
            if type(spot) is not int or spot < 1:
                raise Mistake("Loudspeakers are counted from 1.", near="Write: out[1] or out[3, 4]", word="out")
            if there and spot > there:
                raise Mistake(
                    f"This rig has {there} loudspeaker{'s' * (there != 1)}; {spot} is not there.",
                    near=f"Nearest: out[{there}].",
                    word=str(spot),
                )
        if list(spots) != list(range(spots[0], spots[0] + len(spots))):
            raise Mistake("Loudspeakers of one output stand side by side.", near=f"Nearest: out[{spots[0]}, {spots[0] + 1}].", word="out")
        page().outs["-".join(str(spot) for spot in (spots[0], spots[-1]))] = _send(value, f"out[{', '.join(map(str, spots))}]")

    def __getitem__(self, which: int | tuple[int, ...]) -> Any:
        spots = which if isinstance(which, tuple) else (which,)
        return page().outs.get("-".join(str(spot) for spot in (spots[0], spots[-1])), 0)

    def __repr__(self) -> str:
        from live.paging import spot

        return (
            "\n".join(f"{spot(name)} = {typed(value, top=False)}" for name, value in page().outs.items() if value is not None)
            or "out: nothing goes to the loudspeakers"
        )


def _send(value: Any, where: str) -> Any:
    """What goes out: a sound, or a list of them mixed."""
    if isinstance(value, list | tuple):
        value = mixed(value) if value else None
    if isinstance(value, dict):
        value = mixed(value.values()) if value else None
    if value is None or (is_number(value) and value == 0):
        return None
    if isinstance(value, Noun):
        raise Mistake(f"{value.word} is a word; to hear it, call it.", near=f"Write: {where} = {value.word}(...)", word=value.word)
    if not isinstance(value, Sound | Latent):
        raise Mistake(
            f"Only sounds go to the loudspeakers; this is {what_is(value)}.", near=f"Write: {where} = rain", word=where.split(".")[-1]
        )
    return value


out = Out()
