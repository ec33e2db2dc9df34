"""Teach the partner from your own music: folders of stems, or of scores, which are played first.

    python -m agents.nets.teach train FOLDER... --out mine.npz [--soundfont FILE.sf2] [--steps N]     a relation
    python -m agents.nets.teach tune YOU.wav OTHER.wav --out mine.npz                                 the bundled one, bent to two tracks

A piece is a folder of stems that begin together, or a score (MusicXML). Then: partner = answer(guitar, memory="brass", relation="mine.npz").
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

FONTS = [font for place in ("/usr/share/sounds/sf2", "/usr/share/soundfonts") for font in sorted(Path(place).glob("*.sf2"))]
SCORES = (".mxl", ".musicxml", ".xml")


def has_scores(folder: Path) -> bool:
    """Whether there are scores to be played."""
    return folder.suffix.lower() in SCORES or (folder.is_dir() and any(f.suffix.lower() in SCORES for f in folder.rglob("*")))


def main(argv: list[str] | None = None) -> int:
    """The command line: what it does not know it hands on."""
    from agents.nets import parts, relation

    argv = list(sys.argv[1:] if argv is None else argv)
    if not argv or argv[0] != "train" or {"-h", "--help"} & set(argv):
        return relation.main(argv)
    parser = argparse.ArgumentParser(prog="antiphon train partner")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--soundfont", type=Path, default=FONTS[0] if FONTS else None)
    parser.add_argument("--out", type=Path, required=True)
    a, rest = parser.parse_known_args(argv[1:])
    if missing := [folder for folder in a.folders if not folder.exists()]:
        sys.stderr.write(f"there is no {missing[0]}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="antiphon-stems-") as room:
        stems = [str(folder) for folder in a.folders if not has_scores(folder)]
        played = [str(folder) for folder in a.folders if has_scores(folder)]
        if played:
            if a.soundfont is None:
                sys.stderr.write("scores need a soundfont to be played with: --soundfont FILE.sf2 (Debian: fluid-soundfont-gm)\n")
                return 2
            if parts.main([*played, "--out", room, "--soundfont", str(a.soundfont)]):
                return 2
            stems.append(room)
        return relation.main(["train", *stems, "--out", str(a.out), *rest])


if __name__ == "__main__":
    sys.exit(main())
