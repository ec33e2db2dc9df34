"""The scores the bench plays: small ones that prove something, large ones that weigh something."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from live.bench.witness import CODE, SCALE
from live.score import Drive, Node, Score, Send

BINS = 6.0  # the width of every smear, ours and scsynth's
QUIET = 0.002  # so that 500 of anything stay far below the ceiling


def loop_file(folder: Path, seconds: float = 4.0, rate: int = 48000) -> Path:
    """The stereo sound every player loops: quiet noise, so that nothing can be skipped as silence."""
    import soundfile

    path = folder / "loop.wav"
    if not path.exists():
        soundfile.write(path, np.random.default_rng(5).normal(0, 0.1, (int(seconds * rate), 2)).astype(np.float32), rate, subtype="FLOAT")
    return path


def clock_file(folder: Path, rate: int = 48000) -> Path:
    """The witness's clock as a file: looped at its own speed it never breaks."""
    import soundfile

    path = folder / "clock.wav"
    if not path.exists():
        code = np.arange(CODE)
        sound = (code / SCALE * np.where((code >> 3) & 1, -1, 1)).astype(np.float32)
        soundfile.write(path, sound, rate, subtype="FLOAT")
    return path


def voices(n: int, file: Path) -> Score:
    """N stereo looping cubic players, a state-variable filter and a pan each."""
    places: dict[str, Node] = {}
    for i in range(n):
        places[f"clip{i}"] = Node("clip", controls={"rate": 1.01 + 0.001 * (i % 40)}, settings={"file": str(file)})
        places[f"soft{i}"] = Node("filter", (f"clip{i}",), {"cutoff": 500.0 + 40 * (i % 100), "q": 1.4})
        places[f"pan{i}"] = Node("pan", (f"soft{i}",), {"at": (i % 21) / 10 - 1})
    return Score(places, tuple(Send(f"pan{i}", 0, 2, QUIET) for i in range(n)))


def smears(n: int, file: Path) -> Score:
    """N spectral treatments, 2048 points each 512 frames, of one noise."""
    places = {"hiss": Node("clip", settings={"file": str(file)})}
    places |= {f"smear{i}": Node("smear", ("hiss",), {"bins": BINS}) for i in range(n)}
    return Score(places, tuple(Send(f"smear{i}", 0, 1, QUIET) for i in range(n)))


def hiss_file(folder: Path, rate: int = 48000) -> Path:
    """One channel of noise, for the smears to hear."""
    import soundfile

    path = folder / "hiss.wav"
    if not path.exists():
        soundfile.write(path, np.random.default_rng(6).normal(0, 0.1, 4 * rate).astype(np.float32), rate, subtype="FLOAT")
    return path


def witnessed(folder: Path, *, load: bool = True) -> Score:
    """Output 1 echoes input 1, output 2 plays the clock file, output 3 is input 2 under knob 21; the rest is music."""
    places = {
        "ear": Node("mic", settings={"first": 0, "width": 1}),
        "clock": Node("clip", settings={"file": str(clock_file(folder))}),
        "hand": Node("mic", settings={"first": 1, "width": 1}),
        "held": Node("gain", ("hand",), {"gain": Drive("knob:21")}),
    }
    sends = [Send("ear", 0, 1), Send("clock", 1, 1), Send("held", 2, 1)]
    if load:
        file = loop_file(folder)
        band, haze = voices(8, file), smears(2, hiss_file(folder))
        places |= {**band.places, **haze.places}
        sends += [Send(s.place, 4, 2, 0.02) for s in band.sends] + [Send(s.place, 6, 1, 0.02) for s in haze.sends]
    return Score(places, tuple(sends))


def worn(folder: Path, places: int = 8) -> Score:
    """The witnessed score, and so many cak beside it, each texture moving by itself."""
    base = witnessed(folder)
    hiss = Node("clip", settings={"file": str(hiss_file(folder))})
    moves = {f"slow{k}": Node("lfo", controls={"rate": 0.2 + 0.1 * k, "low": 0.1, "high": 1.0}) for k in range(places)}
    caks = {f"worn{k}": Node("cak", ("hiss_",), {"texture": Drive(f"slow{k}")}) for k in range(places)}
    sends = tuple(Send(name, 6, 1, 0.02) for name in caks)
    return Score({**base.places, "hiss_": hiss, **moves, **caks}, (*base.sends, *sends))


def partnered(folder: Path, places: int = 4) -> Score:
    """The witnessed score, and so many partners beside it, two of them listening to the other two."""
    base, sounds = witnessed(folder), Path(__file__).parents[2] / "sounds"
    lead = Node("clip", settings={"file": "reed solo"})
    settings = {"memory": str(sounds / "horn lines.flac")}
    heard = ("lead_", "lead_", "partner0", "partner1")
    partners = {f"partner{k}": Node("answer", (heard[k % 4],), {"dare": 0.2 + 0.2 * k}, settings) for k in range(places)}
    return Score({**base.places, "lead_": lead, **partners}, (*base.sends, *(Send(name, 6, 1, 0.02) for name in partners)))


def storm(base: Score, turn: int, folder: Path, *, lines: int = 400) -> Score:
    """The witnessed score and a plan of ``lines`` steps beside it: places come, go, are retuned, and samples are loaded."""
    rng = np.random.default_rng(turn)
    places, sends = dict(base.places), list(base.sends)
    file = loop_file(folder)
    each = lines // 4
    for i in range(each):
        new = f"storm{turn % 2}x{i}" if i % 10 == 0 else f"storm{i}"
        places[new] = Node("gain", ("ear",), {"gain": float(rng.uniform(0, 0.01))})
        sends.append(Send(new, 7, 1, float(rng.uniform(0, 0.01))))
    if turn % 10 == 0:
        places[f"fresh{turn}"] = Node("clip", controls={"gain": 0.01}, settings={"file": str(fresh_file(folder, turn, file))})
        sends.append(Send(f"fresh{turn}", 4, 2, 0.01))
    return Score(places, tuple(sends))


def fresh_file(folder: Path, turn: int, like: Path) -> Path:
    """A sample nobody has loaded yet."""
    import soundfile

    path = folder / f"fresh{turn % 40}.wav"
    if not path.exists():
        sound, rate = soundfile.read(like, dtype="float32")
        soundfile.write(path, np.roll(sound, turn * 97, axis=0), rate, subtype="FLOAT")
    return path
