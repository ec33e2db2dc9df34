"""CAK at the desk: teach a kernel, find out what teaching is worth, look at kernels and listen to them.

    python -m engines.nets.cak train FOLDER --game fit|audit|augan
    python -m engines.nets.cak study [FOLDER] --out DIR
    python -m engines.nets.cak show [KERNEL ...] --out cak.html
    python -m engines.nets.cak convert CHECKPOINT --out NAME.json

``fit`` learns from the same sound dry and wet; ``audit`` from recordings alone; ``augan`` is the published game. A kernel is
written whole, and only when it is better than the one that lies there, so a session that plays it may go on playing.
It ends with 0 when something was learned, 1 when nothing was (it says so), 2 when what it was given will not do (one line).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from engines import cak
from engines.nets.cak_said import Teller
from engines.nets.cak_sounds import Refused, clip_of, gathered

OWN_SOUNDS = Path(__file__).parents[2] / "sounds"


class Parser(argparse.ArgumentParser):
    """Says one line where it is given something it cannot take."""

    def error(self, message: str) -> NoReturn:
        """What, and how to ask."""
        raise Refused(f"{message} (see {self.prog} --help)")


def parser() -> argparse.ArgumentParser:
    """All that can be asked for."""
    whole = Parser(prog="python -m engines.nets.cak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks = whole.add_subparsers(dest="ask", required=True, parser_class=Parser)
    train = asks.add_parser("train", help="teach a kernel")
    train.add_argument(
        "folder",
        type=Path,
        nargs="?",
        help="recordings (audit, augan) or pairs of them: dry/NAME and wet/NAME, NAME dry and NAME wet (fit)",
    )
    train.add_argument("--game", choices=("fit", "audit", "augan"), default="fit")
    train.add_argument("--dry", type=Path, help="fit: one recording before")
    train.add_argument("--wet", type=Path, help="fit: and after")
    train.add_argument("--level", action="store_true", help="fit: bring both to -20 dBFS first; only their colour is learnt")
    train.add_argument(
        "--reach", type=float, default=0.0, help="fit: make it so strong that texture 1 lies so many dB from dry (15 is much)"
    )
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--name", help="what the kernel is called (rests at the folder's name)")
    train.add_argument("--out", type=Path, help="its file (rests at kernels/NAME.json)")
    train.add_argument("--says", default="", help="its card: how it sounds, in a line")
    train.add_argument("--minutes", type=float, default=0.0, help="stop after so long; --resume goes on")
    train.add_argument("--steps", type=int, default=0)
    train.add_argument("--resume", action="store_true", help="go on where it was stopped or killed")
    train.add_argument("--clips", type=int, default=0, help="recordings taken from the folder (rests at 48)")
    train.add_argument("--seconds", type=float, default=0.0, help="of each (rests at 6)")
    train.add_argument("--near", type=float, default=0.5, help="audit: how dear change is (0.5: edges; 5: lines)")
    train.add_argument(
        "--labels", choices=("random", "texture"), default="random", help="augan: drawn, as published, or measured from the sound"
    )
    train.add_argument("--published-size", action="store_true", help="augan: the paper's size, 200 recordings of 15 s; days without a GPU")
    train.add_argument("--critic", type=int, default=0, help="augan: channels of the critic's first layer")
    train.add_argument("--batch", type=int, default=0, help="augan: examples a step")
    train.add_argument("--crop", default="", help="augan: BINSxFRAMES of a picture that are seen at once")
    train.add_argument("--gpu", action="store_true", help="augan: on a GPU")
    study = asks.add_parser("study", help="frequency, seeds, stand-ins: what training finds and what it does not")
    study.add_argument("folder", type=Path, nargs="?", default=OWN_SOUNDS)
    study.add_argument("--seeds", type=int, default=8)
    study.add_argument("--jobs", type=int, default=0, help="processes (rests at 2)")
    study.add_argument("--clips", type=int, default=48)
    study.add_argument("--out", type=Path, default=Path("study"))
    show = asks.add_parser("show", help="a page to look at kernels and listen to them")
    show.add_argument("kernels", nargs="*", help="names or files (rests at all that are known)")
    show.add_argument("--sounds", type=Path, nargs="+", default=[], help="recordings to hear them on")
    show.add_argument("--seconds", type=float, default=2.5, help="of each")
    show.add_argument("--out", type=Path, default=Path("cak.html"))
    convert = asks.add_parser("convert", help="the authors' checkpoint as a kernel")
    convert.add_argument("checkpoint", type=Path)
    convert.add_argument("--out", type=Path, required=True)
    bank = asks.add_parser("bank", help="teach the kernels that come with the instrument again")
    bank.add_argument("folder", type=Path, help="a corpus with a manifest; only what it calls free is learnt from")
    bank.add_argument("--out", type=Path, required=True)
    for each in (train, study, show, convert, bank):
        each.add_argument("--json", action="store_true", help="progress as lines of JSON")
    return whole


def size_from(a: argparse.Namespace) -> Any:
    """How large the published game is to be played."""
    from engines.nets.cak_augan import Size

    size = Size.published() if a.published_size else Size()
    if a.crop:
        sides = a.crop.lower().split("x")
        if len(sides) != 2 or not all(side.isdigit() and int(side) >= 16 for side in sides):
            raise Refused(f"--crop {a.crop}: bins and frames, 16 or more each, as in 64x64")
        size = replace(size, crop=(int(sides[0]), int(sides[1])))
    return replace(size, critic=a.critic or size.critic, batch=a.batch or size.batch, steps=a.steps or size.steps)


def train(a: argparse.Namespace, teller: Teller) -> int:
    """Teach; 0, or 1 when nothing was learned."""
    from engines.nets import cak_picture as picture

    if a.steps < 0 or a.minutes < 0 or a.clips < 0 or a.seconds < 0 or a.batch < 0 or a.critic < 0:
        raise Refused("--steps, --minutes, --clips, --seconds, --batch and --critic are above 0")
    name = a.name or (a.out.stem if a.out else (a.dry or a.folder or Path("kernel")).resolve().stem)
    out = a.out or Path("kernels") / f"{name}.json"
    if out.suffix != ".json":
        raise Refused(f"--out {out}: a kernel's file ends in .json; nearest: {out.with_suffix('.json')}")
    if a.gpu and a.game != "augan":
        raise Refused(f"--gpu: {a.game} is over in seconds and needs none; it is for --game augan")
    if out.exists():
        try:
            cak.read(out)
        except cak.BadKernel as slip:
            raise Refused(f"{slip}. It is left as it is; give another --out") from None
    course: list[tuple[int, float]] = []
    if a.game == "fit":
        from engines.nets.cak_fit import Lesson, fit, pairs_from

        pairs = pairs_from(a.folder, a.dry, a.wet)
        lesson = Lesson(pairs, out, name, a.seed, a.level, a.reach, a.says)
        kernel, _ = fit(lesson, resume=a.resume, teller=teller)
        heard = pairs[0][0]
    else:
        if a.folder is None:
            raise Refused(f"{a.game} needs a FOLDER of recordings")
        if a.game == "augan":
            from engines.nets.cak_augan import augan, device_for

            device_for(a.gpu)
        clips, seconds = (200, 15.0) if a.published_size else (48, 6.0)
        learnt, apart, passed_over = gathered(
            a.folder, a.clips or clips, a.seconds or seconds, a.seed, a.game, 4 if a.game == "audit" else 8
        )
        for line in passed_over:
            teller.note(f"passed over: {line}")
        common: dict[str, Any] = {"name": name, "seed": a.seed, "minutes": a.minutes, "resume": a.resume, "teller": teller, "says": a.says}
        if a.game == "audit":
            from engines.nets.cak_audit import STEPS, audit

            kernel, _, course = audit(learnt, apart, out, steps=a.steps or STEPS, near=a.near, **common)
        else:
            kernel, _, course = augan(learnt, apart, out, size=size_from(a), labels=a.labels, gpu=a.gpu, **common)
        heard = None
    if kernel is None:
        return 1
    clip = clip_of(heard, 3.0) if heard else apart[0]
    at = picture.save(picture.portrait(kernel, clip.sound[: 3 * clip.rate], clip.rate, course), out.with_suffix(".png"))
    teller.note(
        f"{at}: its taps, how it went, and a sound at texture 0, 0.5 and 1", kernel=str(out), picture=str(at), card=dict(kernel.card)
    )
    return 1 if "learned" in kernel.card else 0


def study(a: argparse.Namespace, teller: Teller) -> int:
    """Find out."""
    from engines.nets.cak_study import study as find_out

    find_out(a.folder, a.out, seeds=a.seeds, jobs=a.jobs, clips=a.clips, teller=teller)
    return 0


def show(a: argparse.Namespace, teller: Teller) -> int:
    """A page."""
    from engines.nets.cak_page import FIRST, page, sounds_from

    kernels = [cak.read(Path(k)) if k.endswith(".json") else cak.find(k) for k in a.kernels] or [cak.read(f) for f in cak.known().values()]
    written = page(kernels, sounds_from(a.sounds, OWN_SOUNDS, a.seconds, FIRST), a.out, teller)
    teller.note(f"{written}: {len(kernels)} kernels, {written.stat().st_size / 1e6:.1f} MB. Open it in a browser", page=str(written))
    return 0


def convert(a: argparse.Namespace, teller: Teller) -> int:
    """A checkpoint."""
    from engines.nets.cak_convert import converted

    kernel = converted(a.checkpoint, a.out)
    teller.note(f"{a.out}: " + " ".join(f"{x:.5g}" for x in kernel.numbers), kernel=str(a.out))
    return 0


def bank(a: argparse.Namespace, teller: Teller) -> int:
    """The kernels that come with the instrument."""
    from engines.nets.cak_bank import bank as teach
    from engines.nets.cak_page import sounds_from

    heard = sounds_from([], OWN_SOUNDS, 2.0)
    teach(a.folder, a.out, [(sound, rate) for _, sound, rate in heard], teller)
    return 0


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    try:
        a = parser().parse_args(argv)
        return {"train": train, "study": study, "show": show, "convert": convert, "bank": bank}[a.ask](a, Teller(a.json))
    except (Refused, cak.BadKernel, LookupError) as slip:
        sys.stderr.write(f"{slip.args[0] if slip.args else slip}\n")
        return 2
    except OSError as slip:
        sys.stderr.write(f"{slip.filename or ''}: {slip.strerror or slip}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; --resume goes on\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
