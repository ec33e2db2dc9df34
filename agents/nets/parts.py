"""Plays written scores, a stem for every part, so that there is something in several parts to learn from.

    python -m agents.nets.parts SCORES... --out FOLDER --soundfont FILE.sf2

A score is MusicXML (.musicxml, .xml, .mxl), read with the standard library. Each
part is played by a General MIDI instrument, cast by chance, with a tempo that
breathes and hands that are not quite together; a part on several staves is one
part a staff. The sound comes from the ``fluidsynth`` program. A piece becomes a folder::

    FOLDER/name/1_violin.wav  2_cello.wav ...   the same length, begun together
    FOLDER/name/piece.json                      {"group": who wrote it, "beats": [seconds where they fell]}
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

SCORES = (".mxl", ".musicxml", ".xml")
RATE = 16000
TAIL = 0.5  # seconds that ring on after the last note
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
CAST = {  # General MIDI programs that can hold a line, counted from 0
    "piano": 0, "harpsichord": 6, "vibraphone": 11, "organ": 19, "guitar": 24, "violin": 40, "viola": 41, "cello": 42, "strings": 48,
    "choir": 52, "trumpet": 56, "trombone": 57, "horn": 60, "saxophone": 65, "oboe": 68, "bassoon": 70, "clarinet": 71, "flute": 73,
    "ocarina": 79, "pad": 89,
}  # fmt: skip


@dataclass(frozen=True)
class Note:
    """One note of a part: when and how long in quarters, and its MIDI pitch."""

    at: float
    long: float
    pitch: int


@dataclass
class Score:
    """What is written: notes by part, and where which tempo begins (quarter, beats a minute)."""

    parts: dict[str, list[Note]] = field(default_factory=dict)
    tempi: list[tuple[float, float]] = field(default_factory=list)
    composer: str = ""

    @property
    def quarters(self) -> float:
        """How long it is."""
        return max((note.at + note.long for notes in self.parts.values() for note in notes), default=0.0)


def read(path: Path) -> Score:
    """A score from a MusicXML file, packed or not. Repeats are played once; grace notes, cues and drums are left out."""
    try:
        root = ElementTree.fromstring(_text(path))
    except (ElementTree.ParseError, zipfile.BadZipFile, KeyError) as e:
        raise ValueError(f"{path.name} cannot be read as MusicXML ({e}); a score is {', '.join(SCORES)}") from None
    if root.tag != "score-partwise":
        raise ValueError(f"{path.name} begins with <{root.tag}>; a score written part by part begins with <score-partwise>")
    told = [_part(part) for part in root.iter("part")]
    lengths = [max(part[1][k] if k < len(part[1]) else 0.0 for part in told) for k in range(max((len(p[1]) for p in told), default=0))]
    starts = np.concatenate([[0.0], np.cumsum(lengths)])
    score = Score(composer=next((c.text or "" for c in root.iter("creator") if c.get("type") == "composer"), "").strip())
    for number, (notes, _, tempi) in enumerate(told, 1):
        score.tempi += [(starts[bar] + at, tempo) for bar, at, tempo in tempi]
        for staff in sorted({note[0] for note in notes}):
            own = [(starts[bar] + at, long, pitch, tied) for where, bar, at, long, pitch, tied in notes if where == staff]
            score.parts[f"{number}.{staff}"] = _tied(own)
    score.tempi = sorted(score.tempi)
    return score


def _text(path: Path) -> bytes:
    """The XML itself; a packed score says in its container which file that is."""
    if path.suffix.lower() != ".mxl":
        return path.read_bytes()
    with zipfile.ZipFile(path) as pack:
        box = ElementTree.fromstring(pack.read("META-INF/container.xml"))
        name = next(one.get("full-path", "") for one in box.iter() if one.tag.endswith("rootfile"))
        return pack.read(name)


def _part(part: ElementTree.Element) -> tuple[list[tuple[int, int, float, float, int, bool]], list[float], list[tuple[int, float, float]]]:
    """A part's notes (staff, bar, quarter in the bar, length, pitch, tied to the last), its bars' lengths, its tempi."""
    notes: list[tuple[int, int, float, float, int, bool]] = []
    lengths: list[float] = []
    tempi: list[tuple[int, float, float]] = []
    unit, shift = 1.0, 0
    for bar, measure in enumerate(part.findall("measure")):
        now = last = end = 0.0
        for thing in measure:
            if thing.tag == "attributes":
                unit = float(thing.findtext("divisions") or unit)
                if (moved := thing.find("transpose")) is not None:
                    shift = int(float(moved.findtext("chromatic") or 0)) + 12 * int(moved.findtext("octave-change") or 0)
            long = float(thing.findtext("duration") or 0) / unit
            if (sound := thing if thing.tag == "sound" else thing.find("sound")) is not None and sound.get("tempo"):
                tempi.append((bar, now, float(sound.get("tempo", 0))))
            if thing.tag in ("backup", "forward"):
                now += long if thing.tag == "forward" else -long
            if thing.tag != "note" or thing.find("grace") is not None or thing.find("cue") is not None:
                continue
            at = last if thing.find("chord") is not None else now
            if (pitch := thing.find("pitch")) is not None:
                tone = STEPS[pitch.findtext("step", "C")] + round(float(pitch.findtext("alter") or 0))
                tied = any(tie.get("type") == "stop" for tie in thing.findall("tie"))
                key = 12 * (int(pitch.findtext("octave", "4")) + 1) + tone + shift
                notes.append((int(thing.findtext("staff") or 1), bar, at, long, key, tied))
            if thing.find("chord") is None:
                last, now = now, now + long
            end = max(end, now)
        lengths.append(end)
    return notes, lengths, tempi


def _tied(notes: list[tuple[float, float, int, bool]]) -> list[Note]:
    """Notes in order, a tied one joined to the one it prolongs."""
    done: list[Note] = []
    held: dict[int, int] = {}
    for at, long, pitch, tied in sorted(notes):
        before = held.get(pitch)
        if tied and before is not None and abs(done[before].at + done[before].long - at) < 0.01:
            done[before] = Note(done[before].at, at + long - done[before].at, pitch)
        else:
            held[pitch] = len(done)
            done.append(Note(at, long, pitch))
    return done


def breathe(score: Score, chance: np.random.Generator) -> NDArray[np.float64]:
    """When each quarter falls, in seconds: the written tempi, a pace for the day, and a slow wander around it."""
    count = int(np.ceil(score.quarters)) + 2
    written = np.full(count, 96.0)
    for at, tempo in score.tempi:
        written[int(at) :] = min(max(tempo, 40.0), 200.0)
    wander = np.convolve(chance.standard_normal(count + 15), np.ones(16) / 4, "valid")[:count]
    return np.concatenate([[0.0], np.cumsum(60 / (written * chance.uniform(0.85, 1.15) * np.exp(0.03 * wander)))])


def midi(notes: list[Note], clock: NDArray[np.float64], program: int, chance: np.random.Generator) -> bytes:
    """A part as a Standard MIDI file whose tick is a millisecond."""
    quarters = np.arange(len(clock))
    events: list[tuple[int, int, bytes]] = [(0, 0, bytes([0xC0, program]))]
    louder = np.clip(84 + 8 * np.convolve(chance.standard_normal(len(clock) + 7), np.ones(8) / 2.8, "valid"), 50, 120)
    for note in notes:
        begin, end = np.interp([note.at, note.at + max(note.long * 0.96, 0.05)], quarters, clock) + abs(chance.normal(0, 0.008))
        key = min(max(note.pitch, 12), 115)
        events.append((round(1000 * begin), 2, bytes([0x90, key, int(louder[int(note.at)])])))
        events.append((max(round(1000 * end), round(1000 * begin) + 20), 1, bytes([0x80, key, 0])))
    ordered = sorted(events)
    waits = [_length(after[0] - before[0]) for before, after in zip([(0, 0, b""), *ordered], ordered, strict=False)]
    track = b"".join(wait + message for wait, (_, _, message) in zip(waits, ordered, strict=True)) + b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 500) + b"MTrk" + struct.pack(">I", len(track)) + track


def _length(ticks: int) -> bytes:
    """A number as MIDI writes it, seven bits a byte."""
    told = [ticks & 127]
    while ticks := ticks >> 7:
        told.append(128 | ticks & 127)
    return bytes(reversed(told))


def sound(file: Path, soundfont: Path, rate: int = RATE) -> NDArray[np.float32]:
    """What a MIDI file sounds like: mono."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise FileNotFoundError("the fluidsynth program is not there; it plays the scores (Debian: apt install fluidsynth)")
    if not soundfont.exists():
        raise FileNotFoundError(f"{soundfont} is not there; fluidsynth needs a General MIDI soundfont (Debian: fluid-soundfont-gm)")
    raw = file.with_suffix(".raw")
    ask = ["-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(rate), "-o", "synth.dynamic-sample-loading=1"]
    done = subprocess.run([program, *ask, "-O", "s16", "-T", "raw", "-F", str(raw), str(soundfont), str(file)], capture_output=True)
    if done.returncode or not raw.exists():
        raise RuntimeError(f"fluidsynth did not play {file.name}: {done.stderr.decode(errors='replace').strip()[-200:]}")
    heard = np.fromfile(raw, np.int16).reshape(-1, 2).mean(axis=1, dtype=np.float32) / 32768
    raw.unlink()
    return heard


def play(
    path: Path, soundfont: Path, work: Path, *, seed: int = 0, longest: float = 480.0, rate: int = RATE
) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    """A score's parts as stems of one length, by name, and what piece.json says. ``work`` is a folder for what passes."""
    chance = np.random.default_rng([seed, *path.name.encode()])
    score = read(path)
    clock = breathe(score, chance)
    first = 0.0
    if clock[-1] > longest:  # a stretch of a long piece, from a beat on
        first = float(chance.integers(0, np.searchsorted(clock, clock[-1] - longest) + 1))
    until = float(np.searchsorted(clock, clock[int(first)] + longest, side="right") - 1)
    beats = clock[int(first) : int(until) + 1] - clock[int(first)]
    frames = round(rate * (beats[-1] + TAIL))
    names = list(CAST)
    stems: dict[str, NDArray[np.float32]] = {}
    for part, notes in score.parts.items():
        own = [Note(n.at - first, n.long, n.pitch) for n in notes if first <= n.at < until]
        if len(own) < 8:
            continue  # a part that hardly plays says nothing about the others
        name = names[int(chance.integers(len(names)))]
        file = work / f"{path.stem}-{part}.mid"
        file.write_bytes(midi(own, beats, CAST[name], chance))
        heard = sound(file, soundfont, rate)[:frames]
        file.unlink()
        stems[f"{part}_{name}"] = np.pad(heard, (0, frames - heard.size))
    return stems, {"group": score.composer or path.stem, "beats": beats.round(4).tolist()}


def scores(paths: list[Path]) -> Iterator[Path]:
    """Every score among these files and folders, in order of name."""
    for path in paths:
        yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in SCORES) if path.is_dir() else [path]


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    import soundfile

    parser = argparse.ArgumentParser(prog="python -m agents.nets.parts", description="Play scores, a stem for every part.")
    parser.add_argument("scores", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="another seed: another cast, another tempo")
    parser.add_argument("--longest", type=float, default=480.0, help="seconds taken from one piece")
    a: Any = parser.parse_args(argv)
    for path in scores(a.scores):
        try:
            folder = a.out / path.stem
            folder.mkdir(parents=True, exist_ok=True)
            stems, about = play(path, a.soundfont, folder, seed=a.seed, longest=a.longest)
        except (ValueError, OSError, RuntimeError) as e:
            sys.stderr.write(f"{e}\n")
            if isinstance(e, FileNotFoundError):
                return 1
            continue
        for name, stem in stems.items():
            soundfile.write(folder / f"{name}.wav", stem, RATE)
        (folder / "piece.json").write_text(json.dumps(about), "utf-8")
        sys.stderr.write(f"{path.stem}: {len(stems)} parts, {about['beats'][-1]:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
