"""A kernel goes by its name: eleven controls that are given, read and typed as one. And a list of textures, one a channel.

``cak(rain, kernel="rust")`` sets eleven controls, and they are all that is kept: a kernel can be changed, blended and
followed while it sounds, and a journal needs no file. What it is called is found again from its numbers.

``kernel=("published", "rust", knob(3))`` goes from one to the other. ``texture=[knob(1), knob(2)]`` turns each channel.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engines.kernel import NUMBERS, BadKernel, Kernel, find, known, read
from live.mistakes import Mistake
from live.page import folders, used
from live.values import Number, Question, is_number, what_is

if TYPE_CHECKING:
    from live.vocabulary import Word

NEAR = 1e-9
EACH = ("texture", *(f"texture{k}" for k in range(2, 9)))
HIDDEN = frozenset({*NUMBERS, *EACH[1:]})
"""Controls that are given as one: they can be turned, but no list names them."""


def told_together() -> tuple[tuple[str, str], ...]:
    """For help: what is given as one, and how."""
    return (
        ("kernel", "eleven numbers by their name, hot:"),
        *(("", line) for line in textwrap.wrap(" ".join(sorted(known(folders()))), 62)),
        ("", "turned: published mirrored, flipped, inverted"),
        ("", 'between two: kernel=("published", "published inverted", knob(3))'),
        ("texture=[]", "one for each channel: texture=[0.2, knob(1)]"),
    )


def takes(word: Word) -> bool:
    """Whether a word has a kernel."""
    return word.controls.keys() >= HIDDEN


def controls_of(word: Word) -> dict[str, Any]:
    """The controls a performer is told of."""
    return {name: control for name, control in word.controls.items() if name != "asked" and not (takes(word) and name in HIDDEN)}


def spoken(word: Word | None, control: str) -> str:
    """What a performer calls a control: one of the eleven is the kernel, one of the textures texture."""
    if word is None or not takes(word) or control not in HIDDEN:
        return control
    return "kernel" if control in NUMBERS else "texture"


def is_one_of_many(word: Word, name: str, value: Any) -> bool:
    """Whether this says where several controls stand."""
    return takes(word) and (name == "kernel" or (name == "texture" and isinstance(value, list | tuple)))


def spread(name: str, value: Any) -> dict[str, Any]:
    """What ``kernel=`` or a list of textures says of each control."""
    if name == "kernel":
        return _kernel(value)
    some = list(value)
    if not some:
        raise Mistake("An empty list turns nothing.", near="One for each channel: texture=[knob(1), knob(2)]", word=name)
    if len(some) > len(EACH):
        raise Mistake(
            f"{len(some)} textures; there are {len(EACH)} at most, channel 9 stands where channel 1 does.",
            near=f"Give the first {len(EACH)}.",
            word=name,
        )
    return {control: some[count % len(some)] for count, control in enumerate(EACH)}


def _kernel(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return dict(zip(NUMBERS, _found(value).numbers, strict=True))
    if isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], str):
        first, second, at = _found(value[0]), _found(value[1]), value[2]
        at = at.number() if isinstance(at, Question) else at.plain() if isinstance(at, Number) else at
        if not isinstance(at, Number) and not is_number(at):
            raise Mistake(f"How far from one kernel to the other is a number; this is {what_is(at)}.", near=f"{WAY}", word="kernel")
        both = zip(NUMBERS, first.numbers, second.numbers, strict=True)
        return {name: a + (b - a) * at if a != b else a for name, a, b in both}
    if isinstance(value, list | tuple) and all(is_number(x) for x in value):
        try:
            return dict(zip(NUMBERS, Kernel.of(value).numbers, strict=True))
        except BadKernel as slip:
            raise Mistake(f"kernel: {slip}.", near='A kernel by its name: kernel="published"', word="kernel") from None
    raise Mistake(f"A kernel goes by its name; this is {what_is(value)}.", near=WAY, word="kernel")


WAY = 'kernel="published", or from one to another: kernel=("published", "rust", knob(3))'


def _found(name: str) -> Kernel:
    try:
        kernel = find(name, folders())
    except BadKernel as slip:
        raise Mistake(
            f"{slip}.", near='Nine taps, a bias, a scale: {"numbers": [...]}, as in a kernel that was trained.', word=name
        ) from None
    except LookupError as slip:
        what, _, near = str(slip.args[0]).partition(". ")
        raise Mistake(f"{what[:1].upper()}{what[1:]}.", near=near, word=name) from None
    used(known(folders()).values())
    return kernel


def bent(value: Any) -> list[list[float]]:
    """How much of the effect there is at which pitch: ``curve=[(200, 0), (2000, 1)]``, straight between in octaves."""
    near = "From little below 200 Hz to all of it above 2000: curve=[(200, 0.1), (2000, 1)]"
    if not isinstance(value, list | tuple) or not value:
        raise Mistake(f"curve is a list of pitches and amounts; this is {what_is(value)}.", near=near, word="curve")
    points = []
    for point in value:
        if not (isinstance(point, list | tuple) and len(point) == 2 and all(is_number(x) and abs(x) < 1e6 for x in point)):
            raise Mistake("Each point of a curve is a pitch in Hz and an amount.", near=near, word="curve")
        hertz, amount = map(float, point)
        if hertz <= 0 or not -4 <= amount <= 4:
            raise Mistake(
                f"A curve's pitches are above 0, its amounts from -4 to 4; this is ({hertz:g}, {amount:g}).", near=near, word="curve"
            )
        points.append([hertz, amount])
    return points


# --- and back: what the eleven are called ---------------------------------------------------

_names: dict[tuple[tuple[str, int], ...], dict[tuple[float, ...], str]] = {}


def names() -> dict[tuple[float, ...], str]:
    """Ten numbers of every kernel at hand (the scale may be turned), as it is called. Read again when a file has changed."""
    files = known(folders())
    key = tuple((str(file), file.stat().st_mtime_ns) for file in files.values() if file.exists())
    if key not in _names:
        found: dict[tuple[float, ...], str] = {}
        for name, file in files.items():
            try:
                own = read(file)
            except BadKernel:
                continue
            for ways, kernel in (
                ("", own),
                (" flipped", own.flipped()),
                (" mirrored", own.mirrored()),
                (" flipped mirrored", own.flipped().mirrored()),
            ):
                found.setdefault(kernel.numbers[:10], name + ways)
        _names.clear()
        _names[key] = found
    return _names[key]


def called(numbers: Iterable[float]) -> str:
    """The name of a kernel by its numbers, or nothing. The scale is left aside."""
    ten = tuple(numbers)[:10]
    found = names().get(ten)
    return found or next((name for known_, name in names().items() if all(abs(a - b) < NEAR for a, b in zip(known_, ten, strict=True))), "")


def folded(controls: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Controls without those that were given as one, and what was: ``{"kernel": "rust"}``."""
    if not HIDDEN & controls.keys():
        return dict(controls), {}
    rest, told = dict(controls), {}
    eleven = [controls.get(name) for name in NUMBERS]
    if None not in eleven and (kernel := _said(eleven)) is not None:
        told["kernel"], scale = kernel
        for name in NUMBERS[:10]:
            del rest[name]
        if not scale:
            del rest["scale"]
    if all(name in rest for name in EACH):
        some = [rest.pop(name) for name in EACH]
        many = next(n for n in range(1, len(EACH) + 1) if all(_same(one, some[k % n]) for k, one in enumerate(some)))
        told["texture"] = some[:many]
    return rest, told


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Number) and isinstance(b, Number):
        return (a.source, a.scale, a.offset) == (b.source, b.scale, b.offset)
    return is_number(a) and is_number(b) and a == b


def _said(eleven: list[Any]) -> tuple[Any, bool] | None:
    """What was typed for a kernel, and whether its scale must be typed beside it; None when they are eleven apart."""
    scale = eleven[10]
    if all(is_number(x) for x in eleven[:10]) and not (isinstance(scale, Number) and abs(2 * scale.offset + scale.scale) < NEAR):
        name = called(eleven)
        if not name:
            return ([float(x) for x in eleven], False) if is_number(scale) else None
        return (name, True) if isinstance(scale, Number) else _turned(name, scale)
    moving = [x for x in eleven if isinstance(x, Number)]
    if any(x.source is not moving[0].source and x.source != moving[0].source for x in moving):
        return None
    first = [x.offset if isinstance(x, Number) else x for x in eleven]
    second = [x.offset + x.scale if isinstance(x, Number) else x for x in eleven]
    a, b = called(first), called(second)
    if not a or not b:
        return None
    (a, strange), (b, odd) = _turned(a, first[10]), _turned(b, second[10])
    return ((a, b, Number(moving[0].source)), False) if not (strange or odd) else None


def _turned(name: str, scale: float) -> tuple[str, bool]:
    """Its name with its scale in mind, and whether the scale is another than its own."""
    own = find(name, folders()).scale
    if own and abs(scale + own) < NEAR:
        return f"{name} inverted", False
    return name, abs(scale - own) >= NEAR


def kernel_of(controls: Mapping[str, Any], rests: Mapping[str, Any]) -> Any:
    """``worn.kernel``: its name, or its numbers."""
    eleven = [controls.get(name, rests[name]) for name in NUMBERS]
    said = _said(eleven)
    return eleven if said is None else said[0]
