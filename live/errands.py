"""What the commands do, each in a few steps. Only the front door calls these; what they need is imported here and late."""

from __future__ import annotations

import argparse
import json
import math
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live.cli import Sorry, nearest
from live.score import Score

if TYPE_CHECKING:
    from live.bounce import Bounced


def say(line: str) -> None:
    """One line to the performer."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


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
        raise Sorry(f"{script.name} {what}. Write: score = Score(places={{...}}, sends=(...)).")
    return found


def folder_for(named: str) -> Path:
    """A folder to write into, made when missing; Sorry when it cannot be."""
    from live.settings import can_write

    path = Path(named).expanduser()
    if not can_write(path):
        raise Sorry(f"Cannot write into {named}: choose another folder with --out.")
    return path


def tell(as_json: bool, made: Bounced, **more: Any) -> None:
    """What was rendered, in a few lines or as JSON."""
    loud = made.lufs if math.isfinite(made.lufs) else None
    told = {
        "seconds": round(made.seconds, 3), "rate": made.rate, "channels": made.channels, "took": round(made.took, 3),
        "times_real": round(made.seconds / max(made.took, 1e-9), 1), "peak_db": round(made.peak_db, 2),
        "loudness_lufs": None if loud is None else round(loud, 2), "heard": list(made.heard), **more, "files": [str(f) for f in made.files],
    }  # fmt: skip
    if as_json:
        say(json.dumps(told, indent=1))
        return
    say(f"{made.seconds:g} s on {made.channels} channels in {made.took:.2f} s ({told['times_real']:g} x real time)")
    say(f"peak {made.peak_db:.1f} dBFS, loudness {'none: silence' if loud is None else f'{loud:.1f} LUFS'}")
    from live.paging import is_name

    say("heard: " + (", ".join(name for name in made.heard if is_name(name)) or "nothing"))
    for word, value in more.items():
        say(f"{word.replace('_', ' ')}: {value}")
    for file in made.files:
        say(f"  {file}")


def train(asked: argparse.Namespace) -> int:
    """Hand over to the program that teaches, studies or shows: it has its own flags, and perhaps torch."""
    import os
    import subprocess

    from live.cli import TAUGHT

    program = TAUGHT[asked.command][asked.what]
    root = str(Path(__file__).parent.parent)
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p))
    command = [sys.executable, "-m", program, asked.command, *asked.rest]
    with subprocess.Popen(command, env=env) as teacher:
        try:
            return teacher.wait()
        except KeyboardInterrupt:  # it has heard it, too, and puts away what it has
            return teacher.wait()


study = show = convert = tune = train


def render(asked: argparse.Namespace) -> int:
    """A session into files, faster than real time."""
    from live.session import Session
    from live.sheet import by_hand, sheet

    session = Session.find(asked.script)
    channels, ins, seed = asked.channels, 0, asked.seed
    knobs: Mapping[int, float] = {}
    if by_hand(session.script):
        score = score_of(session.script)
    else:
        found = sheet(session, {"rig": asked.rig}, outs=channels, warn=lambda line: None if asked.json else say(line))
        score, channels, ins, knobs = found.score, found.outs, found.ins, found.knobs
        seed = seed if seed is not None or found.settings.said_by["seed"] == "default" else found.settings.seed
        if not score.sends:
            raise Sorry(f"{session.script.name} sends nothing to the loudspeakers. Write: out.stage = the name of a place.")
    out = folder_for(asked.out)
    from live.bounce import bounce
    from live.cue import Cue

    cues = [*(Cue(0, (knob, stands)) for knob, stands in knobs.items()), Cue(0, score)]
    made = bounce(cues, asked.seconds, out, rate=asked.rate, channels=channels or 2, ins=ins, seed=seed or 0, stems=asked.stems)
    if made.refused:
        raise Sorry(f"{session.script.name}: {made.refused[0]}")
    tell(asked.json, made)
    return 0


def minute(asked: argparse.Namespace) -> int:
    """The scripted first minute, into files or live: it types its own lines."""
    if asked.live:
        from live.repl import evening

        return evening(None, {}, minute=True)
    out = folder_for(asked.out)
    from live import journal, minute
    from live.bounce import bounce

    rate = 48000
    cues, told = minute.written(rate)
    waiting = list(told)

    def typed(frame: int) -> None:
        while waiting and frame >= waiting[0][0]:
            at, text, answer = waiting.pop(0)
            if not asked.json:
                say(f"{minute.clock(at / rate)}  > {text.splitlines()[0]}")
                for line in answer.splitlines()[-1:] if "There is no" in answer else ():
                    say(f"        {line} What played plays on.")

    book = out / "journal.jsonl"
    book.unlink(missing_ok=True)
    made = bounce(cues, minute.SECONDS, out, rate=rate, stems=True, journal=book, on_time=typed)
    if not asked.json:
        say("")
    tell(asked.json, made, refused=made.refused[0] if made.refused else "nothing", journal=journal.fingerprint(book))
    return 0


def play(asked: argparse.Namespace) -> int:
    """An evening: live, on a device or none; or day after day, with nobody there."""
    words = ("device", "input", "rate", "block", "channels", "plain", "rig", "midi", "hands", "osc", "osc_host", "clock")
    flags = {word: getattr(asked, word) for word in words}
    if asked.headless:
        from live.headless import unattended

        return unattended(asked.session, flags, hours=asked.hours, rotate=asked.rotate, seconds=asked.seconds)
    for word in ("hours", "rotate"):
        if getattr(asked, word) is not None:
            raise Sorry(f"--{word} is for a session that plays unattended: add --headless.")
    from live.repl import evening

    return evening(asked.session, flags, asked.seconds)


def new(asked: argparse.Namespace) -> int:
    """A session that sounds at once."""
    from live.session import Session

    made = Session.new(asked.name, Path(asked.folder).expanduser() if asked.folder else None)
    say(f"{made.folder}: main.py, session.toml, map, scenes, corpus")
    say(f"Next: {made.next_line}")
    return 0


def service(asked: argparse.Namespace) -> int:
    """A systemd unit, printed."""
    from live.service import unit
    from live.session import Session

    say(unit(Session.find(asked.session), system=asked.system, rig=asked.rig, hours=asked.hours, rotate=asked.rotate).rstrip())
    return 0


def keep(asked: argparse.Namespace) -> int:
    """The last seconds of the session that runs, as stems and mix."""
    from live.core.memory import where
    from live.pids import alive
    from live.rig import Rig

    folder = where() / "main"
    if not alive(folder, "core"):
        raise Sorry("Nothing plays now, so there is nothing to keep. Start with antiphon play.")
    out = folder_for(asked.out) if asked.out else Path(Rig.read(folder / "rig.json").take)
    from live.tape import TapeError
    from live.tape import keep as write_take

    try:
        said = write_take(asked.seconds, out, folder).said
    except TapeError as why:
        raise Sorry(str(why)) from None
    say(json.dumps({"said": said, "out": str(out)}) if asked.json else said)
    return 0


def midi(asked: argparse.Namespace) -> int:
    """What hands played in a take, as a MIDI file."""
    from live.notation import told, written
    from live.replay import journal_of

    book = journal_of(asked.take)
    out = Path(asked.out).expanduser() if asked.out else book.parent / f"{book.parent.resolve().name}.mid"
    out = out if out.suffix else out.with_suffix(".mid")
    if not out.parent.is_dir():
        raise Sorry(f"There is no folder {out.parent} to write {out.name} into.")
    try:
        made = written(book, out)
    except OSError as why:
        raise Sorry(f"{out} cannot be written: {(why.strerror or str(why)).lower()}.") from None
    say(json.dumps(told(made)) if asked.json else made.said)
    return 0


def layout(asked: argparse.Namespace) -> int:
    """A session's faders as files for programs that speak OSC."""
    from live.layouts.made import made

    found = made(asked.session, host=asked.host, port=asked.port, reply=asked.reply)
    out = folder_for(asked.out)
    files = []
    for name, data in found.files(asked.app):
        (out / name).write_bytes(data)
        files.append(str(out / name))
    if asked.json:
        say(json.dumps({"session": found.surface.name, "running": found.running, "faders": found.faders, "files": files}))
        return 0
    say(f"{found.said}:")
    for file in files:
        say(f"  {file}")
    return 0


def stop(asked: argparse.Namespace) -> int:
    """End what plays."""
    from live.stop import stop

    said = stop()
    say(json.dumps({"said": said}) if asked.json else said)
    return 0


def replay(asked: argparse.Namespace) -> int:
    """A played take again, from its journal."""
    from live.replay import Heard, journal_of, listens, played

    book = journal_of(asked.take)
    take = played(book)
    if asked.change:
        from live.change import changed

        take.cues = changed(take.cues, asked.change, rate=take.room["rate"], last=round(take.seconds * take.room["rate"]), names=take.names)
    out = folder_for(asked.out)
    from live import journal
    from live.bounce import bounce

    room = take.room
    with Heard(book.parent, room["ins"] if listens(take.cues) else 0) as heard:
        if heard.ins and (gone := heard.missing(take.last + 1, room["rate"])):
            take.notes.append(gone)
        made = bounce(
            take.cues, take.seconds, out, rate=room["rate"], channels=room["outs"], ins=room["ins"], seed=room["seed"], stems=True,
            ceiling=room["ceiling"], lookahead=room["lookahead"], heard=heard if heard.ins else None, names=take.names,
            engines=take.engines, block=min([256, *(size for _, size in take.blocks)]),
        )  # fmt: skip
    tell(
        asked.json,
        made,
        journal=journal.fingerprint(book),
        **({"changed": asked.change if asked.json else "; ".join(asked.change)} if asked.change else {}),
        notes=[*take.notes, *made.refused] if asked.json else _noted(take.notes, made.refused),
    )
    return 0


def _noted(notes: list[str], refused: tuple[str, ...]) -> str:
    """What was not as it was, in a line."""
    return "; ".join([*notes, *(f"refused: {why}" for why in refused)]) or "none"


def devices(asked: argparse.Namespace) -> int:
    """What can be played on and heard through."""
    from live.ports import audio
    from live.rig import Rig

    found = audio.devices()
    if asked.json:
        say(json.dumps([{**vars(d), "loop": d.loop + Rig().lookahead} for d in found], indent=1))
        return 0
    look = Rig().lookahead
    say(f"  {'':1} {'name':40} {'through':10} {'in':>3} {'out':>4} {'rate':>7}  out to in, patched together")
    for d in found:
        late = (
            f"{d.loop + look} frames ({1000 * (d.loop + look) / d.rate:.1f} ms): {d.loop} the device, {look} the limiter"
            if d.ins and d.outs
            else ""
        )
        say(f"  {'*' if d.default else ' '} {d.name[:40]:40} {d.backend:10} {d.ins:3} {d.outs:4} {int(d.rate):7}  {late}")
    return 0


def bench(asked: argparse.Namespace) -> int:
    """Measure; the bench has a command line of its own."""
    from live.bench.run import PARTS, main

    for word in asked.what:
        if word not in PARTS and not word.replace(",", "").replace(".", "").isdigit():
            raise Sorry(f"There is no bench {word!r}. {nearest(word, list(PARTS))}")
    return main([*asked.what, *asked.rest, *(["--json"] if asked.json else [])])
