"""What is well and what is not: one line of cause and one of cure for each thing that could cost you sound.

Nothing is changed and nothing here can crash the doctor: device libraries are
tried in child processes, because importing one may end the process that does.
"""

from __future__ import annotations

import ctypes.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

WELL, NOTE, ILL = "well", "note", "ill"
MARKS = {WELL: "ok  ", NOTE: "note", ILL: "ILL "}
AT_ONCE = ("devices", "priority", "cache", "left over")  # notes that even a brief look mentions
LINUX = sys.platform.startswith("linux")
DOORS = {"jack": "JACK", "alsa": "ALSA", "coremidi": "CoreMIDI", "winmm": "Windows"}

PACKAGES = {  # what a missing library is called: Debian and Ubuntu, Fedora, Arch, Homebrew
    "portaudio": ("libportaudio2", "portaudio", "portaudio", "portaudio"),
    "jack": ("jackd2", "jack-audio-connection-kit", "jack2", "jack"),
    "asound": ("libasound2", "alsa-lib", "alsa-lib", ""),
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    about: str
    state: str  # well, note (worth knowing), ill (costs you sound)
    says: str
    cure: str = ""


def package(library: str) -> str:
    """How to get a missing system library, on the systems we know."""
    debian, fedora, arch, brew = PACKAGES[library]
    ways = [f"Debian: apt install {debian}", f"Fedora: dnf install {fedora}", f"Arch: pacman -S {arch}"]
    return "; ".join(ways + ([f"macOS: brew install {brew}"] if brew else []))


def child(code: str, seconds: float = 15) -> tuple[int, str, str]:
    """Run a few lines of Python where they may crash: exit status, what it said, its last words of trouble."""
    try:
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return 124, "", f"no answer within {seconds:g} s"
    return run.returncode, run.stdout, (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]


def python() -> Finding:
    """The interpreter we run on."""
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 12):
        return Finding("python", WELL, f"Python {version} at {sys.executable}")
    return Finding("python", ILL, f"Python {version}; antiphon is made for 3.11 and 3.12", "Install one of them and run ./play again")


def portaudio() -> Finding:
    """The library that reaches most sound cards, tried for real."""
    status, said, trouble = child("import sounddevice as s; print(s.get_portaudio_version()[1])")
    if status == 0:
        return Finding("portaudio", WELL, said.strip().split(",")[0])
    if not ctypes.util.find_library("portaudio") and LINUX:
        return Finding("portaudio", ILL, "the PortAudio library is missing; playing on the null device", package("portaudio"))
    if status < 0:
        return Finding(
            "portaudio",
            ILL,
            f"the PortAudio library ends the process that loads it (signal {-status}): usually a broken ALSA configuration",
            "Look into /etc/asound.conf and ~/.asoundrc, or install libasound2-data (Debian) / alsa-lib (others) again",
        )
    return Finding("portaudio", ILL, f"PortAudio cannot be used: {trouble}", package("portaudio"))


def jack() -> Finding:
    """The JACK library, and a server that answers."""
    if not ctypes.util.find_library("jack"):
        return Finding("jack", NOTE, "no JACK library: PortAudio plays alone", package("jack"))
    status, said, trouble = child(
        "import jack\nc = jack.Client('antiphon-doctor', no_start_server=True)\n"
        "ins = len(c.get_ports(is_audio=True, is_physical=True, is_output=True))\n"
        "outs = len(c.get_ports(is_audio=True, is_physical=True, is_input=True))\n"
        "print(f'{c.samplerate} Hz, blocks of {c.blocksize}, {ins} in, {outs} out')\nc.close()"
    )
    server = os.environ.get("JACK_DEFAULT_SERVER", "default")
    if status == 0:
        return Finding("jack", WELL, f"server {server!r} runs: {said.strip()}")
    if "ModuleNotFoundError" in trouble:
        return Finding("jack", NOTE, "the JACK library is there but the Python package JACK-Client is not", "Run ./play again")
    return Finding(
        "jack",
        NOTE,
        f"no JACK server called {server!r} runs",
        "Start one (qjackctl, jackd, pw-jack) if you want one; PortAudio is used meanwhile",
    )


def alsa() -> Finding | None:
    """Linux's own configuration of sound cards: an empty one ends every process that looks for a device."""
    if not LINUX:
        return None
    named = os.environ.get("ALSA_CONFIG_PATH")
    config = Path(named.split(":")[0] if named else "/usr/share/alsa/alsa.conf")
    try:
        empty = not config.read_text(errors="replace").strip()
    except OSError:
        return Finding("alsa", NOTE, f"no ALSA configuration at {config}", package("asound") + " (and libasound2-data on Debian)")
    if empty:
        return Finding(
            "alsa", ILL, f"the ALSA configuration {config} is empty", "Unset ALSA_CONFIG_PATH, or install libasound2-data (Debian) again"
        )
    cards = Path("/proc/asound/cards")
    if cards.exists() and "no soundcards" not in cards.read_text(errors="replace"):
        return Finding("alsa", WELL, "cards: " + ", ".join(p.name for p in sorted(Path("/proc/asound").glob("card[0-9]*"))))
    return Finding("alsa", NOTE, "this system has no sound card", "Plug one in any time; JACK and the null device need none")


def devices() -> Finding:
    """What could be played on, as the audio port sees it."""
    status, said, trouble = child(
        "import json\nfrom live.ports import audio\n"
        "print(json.dumps([[d.name, d.backend, d.ins, d.outs, bool(d.default)] for d in audio.devices()]))",
        30,
    )
    try:
        found = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return Finding(
            "devices", NOTE, f"the list of devices cannot be had: {trouble}", "The null device plays meanwhile; see the lines above"
        )
    real = [d for d in found if d[1] != "null" and d[3] > 0]
    if not real:
        return Finding("devices", NOTE, "no output device: the null device keeps time and takes are recorded", "Plug one in or start JACK")
    first = next((d for d in real if d[4]), real[0])
    return Finding("devices", WELL, f"{len(real)} to play on; the first choice is {first[0]!r} ({first[1]}, {first[2]} in, {first[3]} out)")


def priority() -> Finding | None:
    """Whether the sound may go before everything else."""
    if not LINUX:
        return None
    import resource

    most = resource.getrlimit(resource.RLIMIT_RTPRIO)[1]
    if hasattr(os, "geteuid") and os.geteuid() == 0 or most == resource.RLIM_INFINITY or most >= 60:
        status, _, trouble = child("import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(60))")
        if status == 0:
            return Finding("priority", WELL, "real-time priority is granted")
        return Finding(
            "priority",
            NOTE,
            f"real-time priority is refused in spite of the rights: {trouble}",
            "A container may need --cap-add=SYS_NICE; blocks of 1024 go without",
        )
    if shutil.which("rtkit-daemon") or Path("/usr/libexec/rtkit-daemon").exists():
        return Finding("priority", NOTE, "no real-time rights of our own; rtkit lends them through PipeWire or JACK", _limits())
    return Finding(
        "priority",
        NOTE,
        f"no real-time priority (limit {most}): short blocks will crackle when the machine is busy; 1024 is used",
        _limits(),
    )


def _limits() -> str:
    """The file and the line that grant real-time rights."""
    lines = "'@audio - rtprio 95' and '@audio - memlock unlimited'"
    return f"Put {lines} into /etc/security/limits.d/audio.conf, join the group audio, log in again"


def memlock() -> Finding | None:
    """Whether the sound's memory may be nailed down."""
    if not LINUX:
        return None
    import resource

    most = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    if most == resource.RLIM_INFINITY or most >= 512 << 20 or os.geteuid() == 0:
        return Finding("memory", WELL, "memory may be locked")
    return Finding("memory", NOTE, f"only {most >> 20} MB of memory may be locked: a machine that swaps may crackle", _limits())


def runtime() -> Finding:
    """The folder the processes share: in memory, private, with room."""
    from live import settings

    named = os.environ.get("ANTIPHON_RUNTIME")
    shm = Path("/dev/shm")
    base = Path(named) if named else shm if os.access(shm, os.W_OK) else Path(tempfile.gettempdir())
    if not settings.can_write(base):
        return Finding("shared memory", ILL, f"{base} cannot be written", "Set ANTIPHON_RUNTIME to a folder of your own, best in memory")
    free = shutil.disk_usage(base).free >> 20
    if free < 256:
        return Finding(
            "shared memory",
            ILL,
            f"only {free} MB free in {base}; 256 are needed",
            "Free some, give the container --shm-size=1g, or set ANTIPHON_RUNTIME",
        )
    if LINUX and base != shm and not named:
        return Finding(
            "shared memory",
            NOTE,
            f"/dev/shm cannot be written: using {base} on disk",
            "mount -t tmpfs tmpfs /dev/shm (root), or set ANTIPHON_RUNTIME",
        )
    return Finding("shared memory", WELL, f"{base} has {free} MB free")


def cache() -> Finding:
    """Where compiled code is kept, and whether it is there."""
    import platformdirs

    from live.core import cache as compiled

    wanted = Path(os.environ.get("ANTIPHON_CACHE") or platformdirs.user_cache_dir("antiphon", appauthor=False))
    folder = compiled.home()
    if folder != wanted:
        cure = "Set ANTIPHON_CACHE to a folder that stays"
        return Finding("cache", NOTE, f"{wanted} cannot be written (read-only home?): compiled code goes to {folder}", cure)
    compiled.use_cache()
    numba = Path(os.environ["NUMBA_CACHE_DIR"])
    if any(numba.rglob("*.nbi")):
        return Finding("cache", WELL, f"compiled code is ready in {numba}")
    return Finding(
        "cache", NOTE, f"no compiled code yet in {numba}: the first start compiles", "Run ./play once, or python -m live.core.warm"
    )


def home() -> Finding:
    """Whether your own settings can be kept."""
    from live import settings

    folder = settings.user_folder()
    nearest = next(p for p in (folder, *folder.parents) if p.exists())
    if os.access(nearest, os.W_OK):
        return Finding("settings", WELL, f"yours are in {settings.user_file()}" + ("" if settings.user_file().exists() else " (none yet)"))
    return Finding(
        "settings",
        NOTE,
        f"{nearest} is read-only: your own settings cannot be saved",
        "Keep them in the session's session.toml or in ANTIPHON_ variables",
    )


def disk() -> Finding:
    """How long a take may get here."""
    free = shutil.disk_usage(Path.cwd()).free
    minutes = int(free / (60 * 48000 * 4 * 16))  # 16 tracks of float32
    says = f"{free / 1e9:.1f} GB free here: about {minutes} minutes of 16 tracks"
    if not os.access(Path.cwd(), os.W_OK):
        return Finding("disk", NOTE, f"{Path.cwd()} is read-only: takes go to a temporary folder", "Start in a folder of your own")
    if minutes < 40:
        return Finding("disk", NOTE, says, "Free some: recording stops (the sound does not) when 1 GB is left")
    return Finding("disk", WELL, says)


def midi() -> Finding:
    """The doors for controllers, and who is behind them."""
    status, said, trouble = child("import json\nfrom live.ports import midi\nprint(json.dumps(midi.look()))")
    try:
        found = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return Finding("midi", NOTE, f"controllers cannot be looked for: {trouble or f'exit status {status}'}", "Everything else plays")
    missing = next((t for t in found["troubles"] if "rtmidi" in t and "No module" in t), "")
    if missing:
        return Finding(
            "midi", NOTE, "the Python package python-rtmidi is not there: controllers arrive through JACK only", "Run ./play again"
        )
    there = ", ".join(found["controllers"]) or "no controller is plugged in; that may change any time"
    doors = " and ".join(DOORS[d] for d in found["doors"])
    sequencer = Path("/dev/snd/seq")
    if LINUX and "alsa" not in found["doors"]:
        if sequencer.exists():
            return Finding("midi", NOTE, "/dev/snd/seq may not be opened", "Join the group audio and log in again")
        if not doors:
            says = "no ALSA sequencer (/dev/snd/seq) and no JACK server: no controller can be heard, all else plays"
            return Finding("midi", NOTE, says, "modprobe snd-seq (root), or start JACK")
        return Finding(
            "midi", NOTE, f"no ALSA sequencer (/dev/snd/seq): controllers arrive through {doors} only; {there}", "modprobe snd-seq (root)"
        )
    if not doors:
        return Finding("midi", NOTE, f"no MIDI opens: {'; '.join(found['troubles'])}", "Everything else plays")
    return Finding("midi", WELL, f"heard through {doors}: {there}")


def link() -> Finding:
    """Whether Ableton Link could be joined: installed, and its group reachable."""
    from live.ports.link import is_installed, reaches_others

    if not is_installed():
        return Finding(
            "link", NOTE, "Ableton Link is not installed; tap and MIDI clock need none", "pip install 'antiphon[link]' (contains GPL code)"
        )
    trouble = reaches_others()
    if trouble:
        return Finding(
            "link", NOTE, f"Ableton Link is installed, but {trouble}", "Bring up a network interface, or let UDP 20808 through the firewall"
        )
    return Finding("link", WELL, "Ableton Link is installed and multicast works")


def governor() -> Finding | None:
    """Whether the processor saves power at the sound's expense."""
    files = sorted(Path("/sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor"))
    words = {f.read_text().strip() for f in files if os.access(f, os.R_OK)}
    if not words:
        return None
    if "powersave" in words and not any(Path(f"/sys/devices/system/cpu/{d}_pstate").exists() for d in ("intel", "amd")):
        return Finding(
            "processor",
            NOTE,
            "the processor saves power (governor powersave): short blocks may crackle",
            "cpupower frequency-set -g performance (root)",
        )
    return Finding("processor", WELL, f"governor {', '.join(sorted(words))}, {os.cpu_count()} cores")


def stale() -> Finding | None:
    """Processes and shared memory that an earlier evening left behind."""
    from live.pids import alive

    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "me")
    named = os.environ.get("ANTIPHON_RUNTIME")
    bases = [Path(named)] if named else [Path("/dev/shm") / f"antiphon-{user}", Path(tempfile.gettempdir()) / f"antiphon-{user}"]
    maps = [f for base in bases if base.is_dir() for f in base.rglob("*.map")]
    folders = sorted({f.parent for f in maps})
    running = {role: pid for folder in folders for role in ("core", "watch", "tape", "hands") if (pid := alive(folder, role))}
    if running:
        who = ", ".join(f"{role} {pid}" for role, pid in running.items())
        return Finding("left over", NOTE, f"antiphon plays already: {who}", "antiphon stop ends it; antiphon play joins it")
    if maps:
        mb = sum(f.stat().st_blocks * 512 for f in maps if f.exists()) >> 20
        return Finding(
            "left over",
            NOTE,
            f"{len(maps)} shared files ({mb} MB) of a session that is gone",
            "antiphon stop clears them away; so does the next start",
        )
    return Finding("left over", WELL, "nothing of an earlier session")


LOOKS: tuple[Callable[[], Finding | None], ...] = (
    python, portaudio, jack, alsa, devices, priority, memlock, runtime, cache, home, disk, midi, link, governor, stale,
)  # fmt: skip


def look() -> list[Finding]:
    """Everything looked at, side by side, in a fixed order."""

    def one(examine: Callable[[], Finding | None]) -> Finding | None:
        try:
            return examine()
        except Exception as trouble:  # the doctor must not be the one who falls ill
            return Finding(examine.__name__, NOTE, f"could not be looked at: {type(trouble).__name__}: {trouble}")

    with ThreadPoolExecutor(len(LOOKS)) as side_by_side:
        return [finding for finding in side_by_side.map(one, LOOKS) if finding]


def told(findings: list[Finding], brief: bool = False) -> str:
    """The findings as lines: two for what needs a cure, one for what is well (none when brief)."""
    lines = []
    for f in findings:
        if brief and f.state == WELL or brief and f.state == NOTE and f.about not in AT_ONCE:
            continue
        lines.append(f"  {MARKS[f.state]}  {f.about:14} {f.says}")
        if f.cure and f.state != WELL:
            lines.append(f"  {'':4}  {'':14} cure: {f.cure}")
    count = {state: sum(f.state == state for f in findings) for state in MARKS}
    end = "Everything that can cost you sound is well." if not count[ILL] else f"{count[ILL]} of {len(findings)} would cost you sound."
    return "\n".join([*lines, end])


def main(as_json: bool = False, strict: bool = False, brief: bool = False) -> int:
    """Look, tell; the exit status is 0 unless strict and something is ill."""
    began = time.monotonic()
    findings = look()
    if as_json:
        print(json.dumps({"findings": [asdict(f) for f in findings], "seconds": round(time.monotonic() - began, 2)}, indent=1))
    else:
        print(told(findings, brief))
    return int(strict and any(f.state == ILL for f in findings))
