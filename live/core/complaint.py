"""A compiler's page of complaint, told in one line: where, and what to do."""

from __future__ import annotations

import re
from pathlib import Path

TYPES = {
    "unicode_type": "text",
    "float64": "a number",
    "float32": "a number",
    "int64": "a whole number",
    "none": "nothing",
    "boolean": "yes or no",
}
SKIP = ("Failed in", "During:", "File ", "There are", "- Of which", "Overload", "With argument", "Rejected", "<source", "^", ">>>")
GIVES = r"Function\((?:<class '(?:numpy\.)?)?float32(?:'>)?\).*?>>> [^(\n]*\((.*?)\)\s*\n"  # what the wrapper makes of the result


def thing(text: str) -> str:
    """A type in words."""
    text = text.strip()
    if text.startswith(("Literal[str]", "Literal[int]", "Literal[bool]")):
        return "text" if text.startswith("Literal[str]") else "a whole number"
    if text.startswith("array("):
        return "an array"
    if text.startswith(("Tuple", "UniTuple")):
        return "a tuple"
    return TYPES.get(text, text)


def things(text: str) -> str:
    """The arguments of a signature, brackets respected."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return " and ".join(thing(p) for p in parts if p.strip()) or "nothing"


def returned(kind: str) -> str:
    """A function of one sample whose answer is no number."""
    return (
        "it does not always return a number"
        if kind.startswith(("Optional", "none"))
        else f"it must return one number, not {'several' if kind.startswith(('array(', 'Tuple', 'UniTuple')) else thing(kind)}"
    )


NONE = r"No implementation of function Function\("

# what the compiler says -> what is wrong
RULES = [
    (r"module '([\w.]+)' has no attribute '(\w+)'", lambda m: f"{m[1]} has no {m[2]}"),
    (r"Unknown attribute '(\w+)' of type Module\(<module '([\w.]+)'", lambda m: f"{m[2]} has no {m[1]} that compiles into the sound"),
    (r"Unknown attribute '(\w+)' of type ([^\n]+)", lambda m: f"{thing(m[2])} has no {m[1]}"),
    (r"name '(\w+)' is not defined", lambda m: f"nothing is called {m[1]}"),
    (r"Untyped global name '(\w+)'", lambda m: f"{m[1]} does not compile into the sound"),
    (r"Cannot unify ([^\n]+?) and ([^\n]+?) for '(\w+?)(?:\.\d+)?'", lambda m: f"{m[3]} is {thing(m[1])} here and {thing(m[2])} there"),
    (r"[Vv]ariable '(\w+)' referenced before assignment", lambda m: f"{m[1]} has no value yet"),
    (r"unsupported opcode \(?(\w+)\)?", lambda m: f"{m[1].lower()} does not compile into the sound"),
    (r"Invalid use of getiter with parameters \(([^\n]+)\)", lambda m: f"{thing(m[1])} cannot be gone through: say range(...)"),
    (r"Cannot bind [^\n]*TypeError: ([^\n\"]+)", lambda m: m[1]),
    (GIVES, lambda m: returned(m[1])),
    (NONE + r"<built-in function setitem>.*?>>> setitem\(array\(float32, 1d, C\), int64, ([^\n]+)\)\s*\n", lambda m: returned(m[1])),
    (NONE + r"<\S+ (?:function )?'?(\w+).*?>>> [^(\n]*\(([^\n]*)\)\s*\n", lambda m: f"{m[1]} does not work for {things(m[2])}"),
]  # fmt: skip


def cause(text: str) -> str:
    """What is wrong, in a few words."""
    found = [(m.start(), i, say(m)) for i, (pattern, say) in enumerate(RULES) if (m := re.search(pattern, text, re.S))]
    if found:
        return min(found)[2]
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith(SKIP)), "it does not compile")


def place(text: str, why: str, path: Path) -> int:
    """The line in the performer's own text: as the compiler says, or where the word stands that it stumbles over."""
    whole = Path(path).read_text().split("\n_hand = ")[0].splitlines()
    offset = next((int(line.split("=")[1]) for line in whole if line.startswith("_LINE = ")), 0)
    name = re.escape(Path(path).name)
    told = [int(a or b) - offset for a, b in re.findall(rf'{name}", line (\d+)|{name} \((\d+)\)', text)]
    told = [n for n in told if 0 < n <= len(whole) - offset]
    if told:
        return told[0]
    mine = whole[offset:]
    words = re.findall(r"(?:called|has no) (\w+)", why) or (["return"] if "return" in why else [])
    return next((i for i, line in enumerate(mine, 1) if words and re.search(rf"\b{words[0]}\b", line)), 1)


def plain(wrong: BaseException, path: Path) -> str:
    """One line for a compiler's error."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(wrong))
    why = cause(text)
    return f"line {place(text, why, path)}: {why}"
