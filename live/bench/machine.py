"""The machine under the bench: its own JACK servers, the CPU a process takes, who else is busy."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

SERVER_ENV = {"JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}


class Jackd:
    """A JACK server of our own with a dummy device: 8 in, 8 out, 48 kHz."""

    def __init__(self, block: int, *, name: str = "", channels: int = 8, rate: int = 48000, realtime: bool = True) -> None:
        if not shutil.which("jackd"):
            raise FileNotFoundError("there is no jackd: install the Debian package jackd2; the bench measures on its dummy device")
        self.name = name or f"antiphon-bench-{block}"  # always the same: JACK knows eight names, and one killed keeps its name
        self.block, self.rate, self.channels = block, rate, channels
        self.command = ["jackd", "-n", self.name, "-R" if realtime else "-r", "-d", "dummy", "-r", str(rate), "-p", str(block), "-C", str(channels), "-P", str(channels)]  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until clients can connect (a restart after a kill sometimes needs a second try)."""
        for _ in range(3):
            env = {**os.environ, **SERVER_ENV}
            self.process = subprocess.Popen(
                self.command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            until = time.monotonic() + 5
            while time.monotonic() < until and self.process.poll() is None:
                if self._answers():
                    return
                time.sleep(0.05)
            self.stop()
        raise RuntimeError(f"the JACK server {self.name} did not start; try by hand: {' '.join(self.command)}")

    def _answers(self) -> bool:
        import jack

        try:
            jack.Client("bench-probe", no_start_server=True, servername=self.name).close()
        except jack.JackError:
            return False
        return True

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it, by its id."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self) -> Jackd:
        quiet_jack()
        self.start()
        os.environ.update(SERVER_ENV, JACK_DEFAULT_SERVER=self.name)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def quiet_jack() -> None:
    """JACK's own chatter goes nowhere: the bench says what matters."""
    import jack

    jack.set_error_function(lambda _: None)
    jack.set_info_function(lambda _: None)


def connect(server: str, pairs: list[tuple[str, str]]) -> None:
    """Make connections, by port names; those that stand already are left alone."""
    import jack

    client = jack.Client("bench-patch", no_start_server=True, servername=server)
    try:
        for source, target in pairs:
            with contextlib.suppress(jack.JackErrorCode):  # 17: it stands already
                client.connect(source, target)
            if target not in [p.name for p in client.get_all_connections(source)]:
                raise RuntimeError(
                    f"JACK would not connect {source} to {target}; its ports: {', '.join(p.name for p in client.get_ports())}"
                )
    finally:
        client.close()


def ports(server: str, pattern: str = "", **which: bool) -> list[str]:
    """Names of the ports on a server."""
    import jack

    client = jack.Client("bench-look", no_start_server=True, servername=server)
    try:
        return [p.name for p in client.get_ports(pattern, **which)]
    finally:
        client.close()


# --- CPU --------------------------------------------------------------------------------


def process_seconds(pid: int) -> float:
    """CPU seconds all threads of a process took so far, to the nanosecond (ticks of 10 ms would be too coarse)."""
    return time.clock_gettime((~pid << 3) | 2)


def thread_seconds(pid: int) -> dict[int, float]:
    """CPU seconds of each thread, from the scheduler's own account."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
    return found


def audio_thread(pid: int) -> int | None:
    """The thread with real-time rights that works most; None without one."""
    rt = [t for t in thread_seconds(pid) if _policy(t) in (os.SCHED_FIFO, os.SCHED_RR)]
    return max(rt, key=lambda t: thread_seconds(pid)[t]) if rt else None


def _policy(tid: int) -> int:
    try:
        return os.sched_getscheduler(tid)
    except OSError:
        return -1


@contextlib.contextmanager
def others() -> Iterator[dict[str, float]]:
    """How much of the machine everything together took meanwhile: ``busy`` (cores), ``stolen`` (cores) and ``seconds``."""
    told: dict[str, float] = {}
    start, clock = _stat(), time.monotonic()
    try:
        yield told
    finally:
        now, took = _stat(), max(time.monotonic() - clock, 1e-6)
        told.update(seconds=took, busy=(now[0] - start[0]) / took, stolen=(now[1] - start[1]) / took)


def _stat() -> tuple[float, float]:
    fields = [int(f) for f in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    tick = os.sysconf("SC_CLK_TCK")
    user, nice, system, _idle, _wait, irq, soft, steal = fields[:8]
    return (user + nice + system + irq + soft) / tick, steal / tick


def quiet(seconds: float = 2.0) -> float:
    """Cores that are busy while we only wait: what others take. Below 0.1 the figures can be trusted."""
    with others() as told:
        time.sleep(seconds)
    return told["busy"]
