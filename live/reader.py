"""Scripts are read here: a process that nothing a script does can harm, because each one is run in another and thrown away.

    python -m live.reader [--once]       (the desk starts it; it warms up, then waits on its standard input)

On Linux the warm process itself runs nothing: for every script there is a copy of it, made and rehearsed beforehand.
Elsewhere (``--once``) it reads one script itself and is not used again. Either way endless loops, ``sys.exit()``, threads,
signal handlers and a changed folder end with the process. A frame comes in (what to read), frames go out: ``warm`` and the
number of the process that listens; its answer; ``gone`` and how it ended. Where a script stood when its time was over is written to
the error stream by a C thread, so that even a loop inside C is found.
"""

from __future__ import annotations

import ast
import builtins
import faulthandler
import gc
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from live.frames import hear, say
from live.script import packed, ready, run, spread, words

LINUX = sys.platform == "linux"
ALONE = 42  # how a process ends when the desk has gone
LATER = 0.03  # seconds to the next copy: first the desk may think about what it was told
WARMING = """from live import *
tempo(100)
rain = clip("rain on tin", rate=0.5, hits=seq("x-o-"))
dusk = filter(rain, cutoff=lfo(200, 2000, beats=8)) + 0.5 * rain
out.stage = dusk
"""


def pipes() -> tuple[int, int, int]:
    """The three pipes to the desk, moved out of the script's reach: it finds nothing to read, and nobody who hears."""
    kept = os.dup(0), os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    return kept


def warm() -> None:
    """Everything a reading needs, imported."""
    import soundfile  # noqa: F401  the widths of sounds are read from their files

    from live import mistakes, texts  # noqa: F401

    if LINUX:
        import ctypes  # noqa: F401  for die_with
    rehearse()
    gc.collect()
    gc.freeze()
    gc.disable()  # a script is over before it would pay


def rehearse() -> None:
    """Go through a whole reading once: what is touched now need not be fetched, or copied, when it matters."""
    from live import mistakes

    spread()
    page, scope = words().begin(), {"__name__": "warm", "__builtins__": builtins}
    try:
        exec(compile(ast.parse(WARMING), "warm.py", "exec"), scope)
        packed(words().finish(page, scope))
        raise NameError("name 'warm' is not defined", name="warm")
    except Exception as slip:  # to load what explains mistakes; never shown
        mistakes.from_exception(slip, {"warm.py": WARMING}, names=scope)


def gently(what: Callable[[], None], nice: int) -> None:
    """Do something in a thread that lets everybody else go first."""

    def do() -> None:
        if LINUX:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)  # a thread's own there; the script runs at full speed
        what()

    thread = threading.Thread(target=do, name="warm")
    thread.start()
    thread.join()


def bounded(memory: int) -> None:
    """Not more memory than this, no dump of it, and an end even if nobody is left to bring it about."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time limit holds there too
        return
    if LINUX:
        with open("/proc/self/statm", encoding="ascii") as file:  # what it has already is not the script's
            memory += int(file.read().split()[0]) * resource.getpagesize()
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, 15)):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (most, hard))
        except (OSError, ValueError):
            continue  # macOS refuses the first of them


def follow(pipe: int) -> None:
    """Leave when the desk has gone."""
    while os.read(pipe, 64):
        pass
    os._exit(ALONE)


def die_with(parent: int) -> None:
    """When the warm process goes, so does this one."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(0)


def read(ask: int, answer: int, trace: int) -> NoReturn:
    """Wait for one script, read it, answer, go."""
    gently(rehearse, 10)
    leave: Callable[[int], NoReturn] = os._exit  # a script may put something else in its place
    send, pack, me = say, pickle.dumps, os.getpid()
    send(answer, b"warm %d" % me)
    frame = hear(ask)
    if not frame:
        leave(ALONE)
    request: dict[str, Any] = pickle.loads(frame)
    faulthandler.dump_traceback_later(request.pop("seconds"), repeat=True, file=trace)
    threading.Thread(target=follow, args=(ask,), daemon=True, name="desk").start()
    bounded(request.pop("memory"))
    told = pack(run(ready(request)), 5)
    if os.getpid() == me:  # not in a child that a script has forked
        send(answer, told)
    leave(0)


def copies(ask: int, answer: int, trace: int) -> NoReturn:
    """One copy of this process after the other, each for one script; this one only makes them, and says how they ended."""
    me = os.getpid()
    while True:
        copy = os.fork()
        if copy == 0:
            os.setsid()
            die_with(me)
            read(ask, answer, trace)
        code = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
        if code == ALONE:
            os._exit(0)
        say(answer, b"gone %d" % code)
        time.sleep(LATER)


def main() -> NoReturn:
    """Warm up, then wait for scripts."""
    ask, answer, trace = pipes()
    faulthandler.enable(trace)  # if Python itself falls over, the line is known
    gently(warm, 5)
    if LINUX and "--once" not in sys.argv:
        copies(ask, answer, trace)
    read(ask, answer, trace)


if __name__ == "__main__":
    main()
