"""What the commands do, each in a few steps. Only the front door calls these; what they need is imported here and late."""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import pkgutil
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from live.cli import Sorry, nearest
from live.score import Score


def say(line: str) -> None:
    """One line to the performer."""
    sys.stdout.write(line + "\n")


def script_of(named: str) -> Path:
    """The script a name means: the file itself, or main.py of a session folder; Sorry with the nearest."""
    path = Path(named).expanduser()
    if path.is_dir():
        if not (path / "main.py").is_file():
            raise Sorry(f"{named} is a folder without main.py, so it is no session.")
        return path / "main.py"
    if path.is_file():
        return path
    folder = path.parent if path.parent.is_dir() else Path()
    there = sorted(p.name for p in folder.iterdir() if p.suffix == ".py" or (p / "main.py").is_file())
    close = difflib.get_close_matches(path.name, there, 1, 0.5)
    raise Sorry(f"There is no script or session {named}." + (f" Nearest: {folder / close[0]}." if close else ""))


def score_of(script: Path) -> Score:
    """Read a script and take its ``score``; what goes wrong in it becomes one line with file and line."""
    scope: dict[str, Any] = {"__name__": "__session__", "__file__": str(script)}
    try:
        exec(compile(script.read_bytes(), str(script), "exec"), scope)
    except SyntaxError as slip:
        raise Sorry(f"{script.name}:{slip.lineno}: {slip.msg}.") from None
    except (UnicodeDecodeError, ValueError) as slip:
        raise Sorry(f"{script.name} is no Python text: {slip}.") from None
    except Exception as slip:
        lines = [frame.lineno for frame in traceback.extract_tb(slip.__traceback__) if frame.filename == str(script)]
        raise Sorry(f"{script.name}:{lines[-1] if lines else '?'}: {type(slip).__name__}: {slip}.") from None
    found = scope.get("score")
    if not isinstance(found, Score):
        what = "defines no score" if found is None else f"defines a score that is a {type(found).__name__}"
        raise Sorry(f"{script.name} {what}. Write: score = Score(places={{...}}, sends=(...)). See examples/01_one_clip.py.")
    return found


def folder_for(named: str) -> Path:
    """A folder to write into, made when missing; Sorry when it cannot be."""
    from live.settings import can_write

    path = Path(named).expanduser()
    if not can_write(path):
        raise Sorry(f"Cannot write into {named}: choose another folder with --out.")
    return path


def write(path: Path, sound: Any, rate: int) -> Path:
    """Write (channels, frames) as float32 WAV, RF64 above 4 GB."""
    import soundfile

    big = sound.size * 4 > 0xF0000000
    soundfile.write(path, sound.T, rate, subtype="FLOAT", format="RF64" if big else "WAV")
    return path


def tell(as_json: bool, mix: Any, rate: int, files: list[Path], took: float, **more: Any) -> None:
    """What was rendered, in a few lines or as JSON."""
    from live.loudness import lufs, peak_db

    length, peak, loud = mix.shape[1] / rate, peak_db(mix), lufs(mix, rate)
    found = {
        "seconds": round(length, 3), "rate": rate, "channels": mix.shape[0], "took": round(took, 3), "times_real": round(length / max(took, 1e-9), 1),
        "peak_db": round(peak, 2), "loudness_lufs": round(loud, 2) if loud > -200 else None, **more, "files": [str(f) for f in files],
    }  # fmt: skip
    if as_json:
        say(json.dumps(found, indent=1))
        return
    say(f"{length:g} s on {mix.shape[0]} channels in {took:.2f} s ({found['times_real']:g} x real time)")
    say(f"peak {peak:.1f} dBFS, loudness {loud:.1f} LUFS")
    for word, value in more.items():
        say(f"{word.replace('_', ' ')}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    for file in files:
        say(f"  {file}")


def render(asked: argparse.Namespace) -> int:
    """A script into files, faster than real time."""
    script = script_of(asked.script)
    score = score_of(script)
    out = folder_for(asked.out)
    from live.core import offline

    began = time.monotonic()
    extra = {} if asked.seed is None else {"seed": asked.seed}
    how = {"rate": asked.rate, "channels": asked.channels, **extra}
    mix = offline.render(score, asked.seconds, **how)
    took = time.monotonic() - began
    files = [write(out / "mix.wav", mix, asked.rate)]
    if asked.stems:
        for send in score.sends:
            alone = offline.render(score.with_(sends=(send,)), asked.seconds, **how)
            files.append(write(out / f"{send.place.replace('/', '-')}@{send.first + 1}.wav", alone, asked.rate))
    tell(asked.json, mix, asked.rate, files, took)
    return 0


def devices(asked: argparse.Namespace) -> int:
    """What can be played on and heard through."""
    from live.ports import audio

    found = audio.devices()
    if asked.json:
        say(json.dumps([vars(d) if hasattr(d, "__dict__") else d._asdict() for d in found], indent=1, default=str))
        return 0
    say(f"  {'':1} {'name':40} {'through':10} {'in':>3} {'out':>4} {'rate':>7}")
    for d in found:
        say(f"  {'*' if d.default else ' '} {d.name[:40]:40} {d.backend:10} {d.ins:3} {d.outs:4} {int(d.rate):7}")
    return 0


def bench(asked: argparse.Namespace) -> int:
    """Measure; each module of ``live.bench`` with a ``main`` is one word."""
    import live.bench as shelf

    words = [m.name for m in pkgutil.iter_modules(shelf.__path__) if not m.name.startswith("_")]
    if not asked.what:
        if asked.json:
            say(json.dumps(words))
        else:
            say("There is: " + ", ".join(words))
        return 0
    word, rest = asked.what[0], [*asked.what[1:], *asked.rest]
    if word not in words:
        raise Sorry(f"There is no bench {word!r}. {nearest(word, words)}")
    chosen = importlib.import_module(f"live.bench.{word}")
    if not hasattr(chosen, "main"):
        raise Sorry(f"{word} is a part of other benches, not one by itself.")
    return int(chosen.main([*rest, *(["--json"] if asked.json else [])]) or 0)
