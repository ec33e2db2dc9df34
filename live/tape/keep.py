"""keep(60): the last minute, after the fact, as stems whose sum is the mix.

What lies on the reels is joined with what only the core's tape still holds,
then written in slices by a thread that gives way to everything that sounds.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import soundfile

from live.core import layout as at
from live.core.memory import Map
from live.core.pacing import seen
from live.tape.recorder import STATUS, _goes_on
from live.tape.reels import HOLD, Label, Reel, Shelf, past, read_reel, reels, size
from live.tape.stretch import Follower, TapeError, look
from live.tape.take import BIG, Take, legible

T = TypeVar("T")
SPARE = 50_000_000  # bytes a take leaves free on the disk


@dataclass(frozen=True)
class Kept:
    """A take that was written."""

    folder: Path
    seconds: float
    frames: int
    places: tuple[str, ...]
    files: tuple[str, ...]
    holes: tuple[tuple[int, int], ...]  # first frame and frames, within the take
    said: str  # one line for the performer
    before: Path | None = None  # what an earlier core played within the asked time
    lost: tuple[tuple[str, int, int], ...] = field(default=())


def keep(
    seconds: float, out_folder: Path | str, runtime_folder: Path | str, name: str | None = None,
    *, reels_folder: Path | None = None, wide: bool | None = None, big: int = BIG, free: int | None = None,
) -> Kept:  # fmt: skip
    """Write the last ``seconds`` as a folder of wave files and a take.toml.

    ``wide``: stems have all output channels as in the mix. Left open, they do up to 8 outputs; beyond, a stem
    has only the channels its place was sent to (take.toml names them), or a minute would fill the disk with zeros.
    ``big``: bytes from which a file is an RF64. ``free``: bytes the disk may give, if not what it says.
    """
    if not (isinstance(seconds, int | float) and math.isfinite(seconds) and seconds > 0):
        raise TapeError(f"keep({seconds!r}) asks for no time at all. Say how many seconds back, like keep(60). Nothing was written.")
    return _softly(lambda stop: _keep(float(seconds), Path(out_folder), Path(runtime_folder), name, reels_folder, wide, big, free, stop))


def _softly(work: Callable[[threading.Event], T]) -> T:
    """Do it in a thread of low priority, where a system can give one thread less; an interrupt here stops it."""
    stop, answer, trouble = threading.Event(), [], []

    def run() -> None:
        with contextlib.suppress(OSError, AttributeError):
            if os.uname().sysname == "Linux":  # elsewhere it would slow the whole desk, for good
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        try:
            answer.append(work(stop))
        except BaseException as why:  # noqa: BLE001 - handed to the asker, who raises it
            trouble.append(why)

    thread = threading.Thread(target=run, name="keep", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.2)
    except BaseException:
        stop.set()
        thread.join()
        raise
    if trouble:
        raise trouble[0]
    return answer[0]


def _keep(
    seconds: float, out: Path, runtime: Path, name: str | None, folder: Path | None, wide: bool | None, big: int, free: int | None,
    stop: threading.Event,
) -> Kept:  # fmt: skip
    title = legible(name) if name else time.strftime("take-%Y%m%d-%H%M%S")
    folder = folder or _reels_folder(out, runtime)
    temp = out / f".{title}-{os.getpid()}-{threading.get_native_id()}"
    needed = 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        temp.mkdir()
        with _held(folder) as touch:
            chains = _chains(folder, runtime, temp)
            if not chains:
                raise TapeError("nothing is recorded yet. Nothing was written; the sound goes on.")
            take = Take(chains[-1], seconds, wide=wide)
            had = take.frames / take.shape.rate
            older = _older(chains, seconds, had)
            needed = take.bytes + (older.bytes if older else 0)
            _fits(needed, seconds, take, out, free)

            def between() -> None:
                touch()
                if stop.is_set():
                    raise KeyboardInterrupt

            take.write(temp, big, between, _tempo(runtime, take))
            if older:
                (temp / "before").mkdir()
                older.write(temp / "before", big, between, {})
        for spool in temp.glob("*.reel"):
            spool.unlink()
        final = _place(temp, out, title)
    except (OSError, soundfile.SoundFileError, AssertionError) as why:
        raise TapeError(_why(why, out, needed)) from None
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return _kept(final, take, older, seconds, had)


def _kept(final: Path, take: Take, older: Take | None, seconds: float, had: float) -> Kept:
    said = f"kept {had:.1f} s in {final.name}: the mix and {len(take.places())} stems, {size(take.bytes)}"
    if older:
        said += f"; the core began anew, {older.frames / older.shape.rate:.1f} s from before that are in {final.name}/before"
    elif had < seconds - 0.05:
        said += f"; {seconds:g} s were asked, there is no more"
    if take.holes:
        gone = sum(n for _, n in take.holes) / take.shape.rate
        said += f"; nothing was recorded for {gone:.2f} s of it ({len(take.holes)} holes, silent; take.toml says where)"
    if take.lost:
        said += f"; the first moments of {', '.join(sorted({n for n, _, _ in take.lost}))} are missing from the stems"
    return Kept(
        final, had, take.frames, tuple(take.places()), tuple(o.file for o in take.outputs), tuple(take.holes), said + ".",
        final / "before" if older else None, tuple(take.lost),
    )  # fmt: skip


def _reels_folder(out: Path, runtime: Path) -> Path | None:
    """Where the recorder says it puts its reels, or where it would."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        told = Path(json.loads((runtime / STATUS).read_text())["reels"])
        if told.is_dir():
            return told
    return out / "reels" if (out / "reels").is_dir() else None


@contextlib.contextmanager
def _held(folder: Path | None) -> Iterator[Callable[[], None]]:
    """While this lasts the recorder throws nothing away. The answer is to be called now and then."""
    last = [0.0]

    def touch() -> None:
        if folder is not None and time.monotonic() - last[0] > 3:
            last[0] = time.monotonic()
            with contextlib.suppress(OSError):
                (folder / HOLD).touch()

    touch()
    yield touch  # the mark goes stale by itself, for another take may be under way


def _chains(folder: Path | None, runtime: Path, temp: Path) -> list[list[Reel]]:
    """The reels of every run, newest run last; the newest ends with what only the core's tape held."""
    found: dict[str, list[Reel]] = {}
    for reel in reels(folder) if folder else []:
        found.setdefault(reel.label.run, []).append(reel)
    chains = [found[run] for run in sorted(found)]
    path = runtime / "tape.map"
    if not path.exists():
        return chains
    try:
        shape = look(path)
    except TapeError:
        return chains
    last = chains[-1] if chains else []
    told = past(last[-3:])
    with contextlib.closing(Follower(path)) as probe:
        on = bool(last) and _goes_on(last[-1].label, shape, told.end, probe.written(), last[-1].changed)
    follower = Follower(path, told.end, told.known) if on else Follower(path)
    run = last[-1].label.run if on else "now"
    shelf = Shelf(temp, Label(run, shape), minutes=1e6, cap=1 << 62, share=1.0, free=lambda _: (1 << 62, 0))
    with contextlib.closing(follower):
        for piece in follower.lift():
            shelf.put(piece)
    shelf.close()
    spools = [r for r in (read_reel(p) for p in sorted(temp.glob("*.reel"))) if r is not None]
    if on:
        last.extend(spools)
    elif spools:
        chains.append(spools)
    return chains


def last_take(seconds: float, out: Path, runtime: Path, temp: Path) -> Take:
    """The last ``seconds``, to be listened to rather than written; ``temp`` takes what only the core's tape still holds."""
    folder = _reels_folder(out, runtime)
    with _held(folder):
        chains = _chains(folder, runtime, temp)
        if not chains:
            raise TapeError("nothing is recorded yet.")
        return Take(chains[-1], seconds, wide=False)


def _older(chains: list[list[Reel]], seconds: float, had: float) -> Take | None:
    """What the core before this one played, if the asked time reaches back to it."""
    left = seconds - had
    if len(chains) < 2 or left < 0.5 or time.time() - chains[-2][-1].changed > seconds:
        return None
    try:
        return Take(chains[-2], left)
    except TapeError:
        return None


def _fits(needed: int, seconds: float, take: Take, out: Path, free: int | None) -> None:
    free = shutil.disk_usage(out).free if free is None else free
    if needed + SPARE > free:
        shorter = int(seconds * max(free - SPARE, 0) / max(needed, 1))
        hint = f"keep({shorter}) would fit" if shorter >= 1 else "make room"
        what = f"{take.frames / take.shape.rate:g} s of {take.shape.outs} channels and {len(take.places())} stems"
        raise TapeError(f"{what} need {size(needed)}, and the disk has {size(free)} free: {hint}. Nothing was written; the sound goes on.")


def _why(why: BaseException, out: Path, needed: int) -> str:
    full = isinstance(why, OSError) and why.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
    if full or isinstance(why, soundfile.SoundFileError | AssertionError):
        need = f" (it needs {size(needed)})" if needed else ""
        return f"the disk took no more of the take{need}. Nothing was left behind; make room and keep again, the sound goes on."
    text = why.strerror if isinstance(why, OSError) and why.strerror else str(why)
    return f"cannot write a take to {out.name}: {text.lower()}. Nothing was written; the sound goes on."


def _place(temp: Path, out: Path, title: str) -> Path:
    """Give the finished folder its name, or the nearest that is free."""
    for k in range(1, 1000):
        final = out / (title if k == 1 else f"{title}-{k}")
        if not final.exists():
            with contextlib.suppress(FileExistsError):
                os.rename(temp, final)
                return final
    raise TapeError(f"{out.name} holds a thousand takes named {title}: say another name. Nothing was written.")


def _tempo(runtime: Path, take: Take) -> dict[str, Any]:
    """Tempo, and the beat heard at the take's first frame."""
    try:
        core = Map(runtime / "core.map", at.CORE)
    except (OSError, ValueError):
        return {}
    clock = seen(core.tempo, take.shape.rate)
    core.close()
    if not clock.bpm > 0:
        return {}
    return {"bpm": clock.bpm, "bar": clock.bar, "beat": clock.beat(take.start - take.shape.lookahead)}
