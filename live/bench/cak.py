"""``antiphon bench cak``: the eleven numbers as promised. Law, identity, control, streaming, what is heard, safety, load.

Every check bears its number in the list of what cak was to keep. Those of the load are in cak_load.py, of training in cak_school.py.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engines.cak import BadKernel, Kernel, added, denorm, effective, find, norm, pattern, read, write
from live.bench.cak_ear import (
    BARE,
    KNOB,
    RATE,
    Ear,
    chords,
    drums,
    heard,
    hiss,
    level_db,
    lsd,
    material,
    mixed,
    reference,
    snr,
    spurs,
    tone,
    whole,
)
from live.bench.cak_twin import Twin, pictured, root_of
from live.bench.report import Report
from live.core import layout as at
from live.score import Drive

BLOCKS = (64, 128, 256, 512)
CENTRED, HOLD, LIVE = {"mode": "centred"}, {"mode": "hold"}, {"mode": "live"}
MODES = (CENTRED, HOLD, LIVE)
# texture -> e, and bin-centred sine (dBFS) -> gain at texture .25, .5, 1 and at twice the scale: as measured on the published kernel
E_OF = {
    0: 0, 0.05: 0.00026, 0.1: 0.00141, 0.2: 0.0187, 0.25: 0.0527, 0.3: 0.1177, 0.4: 0.2764, 0.5: 0.3852,
    0.6: 0.4695, 0.75: 0.5883, 1: 0.7844, 1.5: 1.1767, 2: 1.5689, -0.25: -3.3e-6, -1: -4e-12,
}  # fmt: skip
LEVELS = {
    -100: (0.5, 3.4, 6.7, 12.7), -80: (0.8, 5.9, 11.9, 23.3), -60: (1.3, 9.5, 19.7, 36.3),
    -40: (1.9, 14.3, 19.4, 20.9), -30: (2.2, 9.8, 10.9, 10.9), -24: (2.2, 4.9, 4.9, 4.9),
}  # fmt: skip
EXACT = 400.0
CARRIER = 43 * RATE / 2048  # 1007.8 Hz, the middle of a bin: there the law itself adds nothing beside it


def rust() -> Kernel:
    """A second kernel to go to: the published one backwards, sharper, with another bias."""
    k = find("published").mirrored()
    return Kernel.of([1.3 * t for t in k.taps] + [-0.06, 0.9], "rust")


def eleven(kernel: Kernel) -> dict[str, float]:
    """A kernel as controls."""
    from engines.cak import NUMBERS

    return dict(zip(NUMBERS, kernel.numbers, strict=True))


def least(report: Report, check: str, figure: float, limit: float, **more: str) -> None:
    """A figure that is to be at least so much."""
    report.add(check, figure, limit, met=bool(figure >= limit), **more)


# --- the model ------------------------------------------------------------------------------


def model(report: Report) -> None:
    """1-5: eleven numbers, a file, the law in two precisions."""
    kernel = find("published")
    with tempfile.TemporaryDirectory() as folder:
        write(kernel, Path(folder) / "kernels" / "again.json")
        again = read(Path(folder) / "kernels" / "again.json")
        (Path(folder) / "bad.json").write_text('{"numbers": [1, 2]}')
        try:
            read(Path(folder) / "bad.json")
            refused = ""
        except BadKernel as slip:
            refused = str(slip)
    same = again.numbers == kernel.numbers and len(kernel.numbers) == 11
    report.add("cak 1: numbers of a kernel, back from JSON exactly", len(kernel.numbers), 11, met=same)
    report.add("cak 1: a bad file is refused in a line", len(refused.splitlines()), 1, met=refused.startswith("bad.json"), note=refused)

    rng = np.random.default_rng(1)
    magnitude = 10 ** rng.uniform(-6, 1.6, (200, 60))
    picture = norm(magnitude)
    worst = 0.0
    for c in (0.0, 0.25, 0.5, 1.0, 2.0):
        law = added(picture, pattern(picture, kernel), effective(c, kernel.scale))
        worst = max(worst, float(np.abs(law - plain(magnitude, c, kernel)).max()), float(np.abs(single(magnitude, c, kernel) - law).max()))
    report.add("cak 2: law against the formula written out, and in single precision", worst, 1e-6, note="5 textures, 12000 points")
    off = max(abs(float(effective(c)) - e) for c, e in E_OF.items())
    report.add("cak 3: e(texture) against its table", off, 6e-5, note="the table has four digits")
    report.add(
        "cak 3: |e(-1)|, and e(0) is 0", abs(float(effective(-1))), 1e-11, met=bool(abs(effective(-1)) < 1e-11 and effective(0) == 0)
    )
    m = np.geomspace(1e-3, 42.6, 20000)
    back = float(np.max(np.abs(denorm(norm(m)) / m - 1)))
    # of the single one a ratio is all that is heard: the factor is that of the double one
    one = root_of(pictured(m.astype(np.float32))).astype(np.float64) ** 2 / 100
    single_back = float(np.max(np.abs(one / m - 1)))
    report.add("cak 4: to the picture and back, relative error", back, 5e-6, note=f"double; single precision {single_back:.2g}")
    nothing = np.abs(added(picture, pattern(picture, kernel), 0.0) - picture).max()
    report.add("cak 5: texture 0, change of the picture", float(nothing), 0, met=bool(nothing == 0))


def plain(magnitude: np.ndarray, c: float, kernel: Kernel) -> np.ndarray:
    """The published formula point by point, with nothing of ours but the numbers."""
    n = np.clip((np.log(1 + 10 * np.sqrt(magnitude)) + 0.0001081228256225586) / (4.194316387176514 + 0.0001081228256225586 + 1e-8), 0, None)
    n = n**0.85
    bins, frames = n.shape
    made = np.empty_like(n)
    for f in range(bins):
        for t in range(frames):
            total = kernel.bias
            for row in range(3):
                for column in range(3):
                    i, j = f + row - 1, t + column - 1
                    if 0 <= i < bins and 0 <= j < frames:
                        total += kernel.taps[3 * row + column] * n[i, j]
            y = n[f, t] + total * c * kernel.scale / (1 + np.exp(-20 * (c - 0.3)))
            made[f, t] = min(max(y, 0), max(1, n[f, t]))
    return made


def single(magnitude: np.ndarray, c: float, kernel: Kernel) -> np.ndarray:
    """The new picture as the numpy twin makes it."""
    n, e = pictured(magnitude.astype(np.float32)), np.float32(effective(c, kernel.scale))
    twin = Twin(kernel, 1, size=2 * (len(n) - 1))
    padded = np.pad(n, ((1, 1), (1, 1)))
    made = np.empty_like(n)
    for t in range(n.shape[1]):
        twin.pictures[0] = padded[:, t : t + 3]
        made[:, t] = np.clip(n[:, t] + e * twin.seen()[0], np.float32(0), np.maximum(np.float32(1), n[:, t]))
    return made


# --- texture 0 --------------------------------------------------------------------------------


def identity(report: Report, quick: bool) -> None:
    """6-8: to the bit, in every mode; again after the knob comes back; silence stays silence."""
    off = tried = 0
    for settings in MODES:
        for block in BLOCKS:
            for channels in (1, 2, 8):
                for sound in plains(channels, 0.2 if quick else 0.5):
                    off += not np.array_equal(heard(sound, settings=settings, block=block, texture=0.0), sound)
                    tried += 1
    note = f"of {tried}: 3 modes x blocks 64-512 x 1, 2, 8 channels x noise from -90 to +6 dBFS, DC, a square"
    report.add("cak 6: sounds that texture 0 changed in a single bit", off, 0, met=off == 0, note=note)

    for settings in MODES:
        ear = Ear(1, controls={"texture": Drive(KNOB)}, settings=settings, knob=1.0, block=64)
        x = hiss(4.0)
        zero = 2 * RATE
        y = ear.through(x, [(zero, lambda one: one.core.turn(64, 0.0))])
        differ = np.flatnonzero(y[0] != x[0])
        hop, size = (256, 2048) if settings is LIVE else (512, 2048)
        limit = size + 16 * hop + 960  # and the knob's own way of 20 ms
        after = int(differ[-1]) + ear.late - zero
        report.add(
            f"cak 7: exact again after texture 1, {settings['mode']}",
            after,
            limit + ear.late,
            unit="frames",
            note="from the turn of the knob, as it comes out",
        )
    loudest = max(
        float(np.abs(heard(np.zeros((2, 24000), np.float32), settings=s, texture=c)).max()) for s in MODES for c in (0, 0.3, 0.5, 0.8, 1.0)
    )
    report.add("cak 8: silence in, loudest out", loudest, 0, met=loudest == 0, note="3 modes x 5 textures")


def plains(channels: int, seconds: float) -> list[np.ndarray]:
    """Sounds that show a bypass that is none."""
    frames = round(seconds * RATE)
    noises = [hiss(seconds, 10 ** (db / 20) / 4, channels, seed=99 + db) for db in (-90, -60, -24, -6, 6)]
    steady = np.full((channels, frames), 0.37, np.float32)
    steady[:, round(0.2 * RATE) :] = 0.0  # longer, and the mixer takes it for a fault and fades it
    square = np.where(np.arange(frames) // 120 % 2, 0.9, -0.9).astype(np.float32)[None].repeat(channels, 0)
    return [*noises, steady, square]


# --- the knob ----------------------------------------------------------------------------------


def control(report: Report, quick: bool) -> None:
    """9-11: in proportion, without a click, in time."""
    kernel = find("published")
    quiet = norm(np.abs(np.fft.rfft(hiss(0.1, 0.001)[0, :2048] * np.hanning(2048)))[:, None].repeat(3, 1))
    seen = pattern(quiet, kernel)
    for what, low, high, enough in (("0 to 1", 0, 1, 0.98), ("0.5 to 1", 0.5, 1, 0.9999)):
        c = np.linspace(low, high, 101)
        change = np.array([np.mean(np.abs(e * seen)) for e in effective(c, kernel.scale)])
        fit = straight(c, change)
        least(report, f"cak 9: change against texture {what}, R2", fit, enough)
    c = np.linspace(0, 1, 101)
    unclipped = [float(np.mean((added(quiet, seen, e) - quiet)[seen > 0])) for e in effective(c, kernel.scale)]
    fit = straight(effective(c, kernel.scale), np.array(unclipped))
    least(report, "cak 9: change against e(texture), R2", fit, 0.999999)
    x = mixed(1.0)
    worst = EXACT
    for c in (0.05, 0.2, 0.5, 1.0):
        ear = Ear(1, controls={"texture": c}, settings={**BARE, "linear": True})
        worst = min(worst, snr(ear.through(x), whole(x, c * kernel.scale, kernel, ear.shift % 512)[None]))
    least(report, "cak 9: linear=True, core against e = texture x scale", worst, 100, unit="dB", note="so R2 is 1")

    for settings in ({**HOLD, "match": False}, HOLD, LIVE):
        name = settings["mode"] + ("" if settings.get("match", True) else ", no match")
        for what, path in paths(1.0 if quick else 2.0).items():
            found = spurs(ridden(path, settings, 1.0 if quick else 2.0), CARRIER)
            if settings["mode"] == "live":
                report.add(
                    f"cak 10: spurs beyond 300 Hz, {name}, {what}", found, unit="dB", note="a filter moves once a hop: another sound"
                )
            else:
                report.add(f"cak 10: spurs beyond 300 Hz, {name}, {what}", found, -95.0, unit="dB", note="1 kHz at -20 dBFS")
    beside(report)
    for settings in MODES:
        ear = Ear(1, controls={"texture": Drive(KNOB)}, settings=settings, block=64)
        x, when = hiss(1.0), 24000
        y = ear.through(x, [(when, lambda one: one.core.turn(64, 1.0, 1.0))])
        heard_at = int(np.flatnonzero(y[0] != x[0])[0]) + ear.late - when
        full = heard(x, settings=settings, texture=1.0)
        near = np.array([snr(y[:, a : a + 512], full[:, a : a + 512]) > 20 for a in range(0, 46000, 256)])
        there = int(np.flatnonzero(~near)[-1] + 1) * 256 + ear.late - when
        hop = 256 if settings is LIVE else 512
        report.add(
            f"cak 11: from the set to the first sound of it, {settings['mode']}",
            1000 * heard_at / RATE,
            1000 * (ear.late + hop) / RATE,
            unit="ms",
            note=f"all of it after {1000 * there / RATE:.0f} ms (hops of smoothing, and the match where there is one)",
        )


def beside(report: Report) -> None:
    """10: beside the middle of a bin the published law has spurs of its own; the core has the same, no more."""
    worst, where = -400.0, ""
    for level in (-6.0, -20.0, -40.0):
        for c in (0.3, 0.6, 1.0):
            ear = Ear(1, controls={"texture": c}, settings=BARE)
            x = tone(1000.0, level, 2.0)
            law, ours = spurs(reference(ear, x, c, find("published")), 1000.0), spurs(ear.through(x), 1000.0)
            if ours - law > worst:
                worst, where = ours - law, f"{level:g} dBFS, texture {c:g}: the law {law:.1f}, the core {ours:.1f} dB"
    report.add("cak 10: spurs of 1000 Hz, steady, above the law's own", worst, 0.5, unit="dB", note=where)


def straight(x: np.ndarray, y: np.ndarray) -> float:
    """How much of y a straight line over x explains."""
    line = np.polyval(np.polyfit(x, y, 1), x)
    return 1 - float(np.sum((y - line) ** 2) / np.sum((y - y.mean()) ** 2))


Path_ = Callable[[Ear], list[tuple[int, Callable[[Ear], object]]]]


def paths(seconds: float) -> dict[str, Path_]:
    """Ways a hand goes: for each what to do at which frame."""
    end, rng = round(seconds * RATE), np.random.default_rng(3)

    def turns(values: list[tuple[int, float]]) -> Path_:
        return lambda _ear: [(when, lambda one, v=v: one.core.turn(64, v, 1.0)) for when, v in values]

    steps = np.round(np.linspace(0, 127, 80)) / 127
    every = end // 80 // 64 * 64

    def swap(ear: Ear) -> list[tuple[int, Callable[[Ear], object]]]:
        ear.core.turn(64, 0.6, 1.0)
        kernels = [find("published"), rust()]
        ahead = [(when, k % 2) for k, when in enumerate(range(end // 4, end, end // 4 // 64 * 64))]
        return [(when, lambda one, k=k: one.core.play(one.of({"texture": Drive(KNOB), **eleven(kernels[1 - k])}))) for when, k in ahead]

    def morphed(_ear: Ear) -> list[tuple[int, Callable[[Ear], object]]]:
        a, b = eleven(find("published")), eleven(rust())
        both = {"texture": 0.6, **{k: Drive(KNOB, b[k] - a[k], a[k]) for k in a}}
        going = np.sin(np.linspace(0, 6, 80)) ** 2
        begin: list[tuple[int, Callable[[Ear], object]]] = [(0, lambda one: one.core.play(one.of(both)))]
        return begin + [(k * every, lambda one, v=v: one.core.turn(64, float(v), 1.0)) for k, v in enumerate(going) if k]

    return {
        "a steady 0.6": turns([(0, 0.6)]),
        "a MIDI staircase": turns([(k * every, float(v)) for k, v in enumerate(steps)]),
        "0.2 and 0.7 at 10 Hz": turns([(k * 4800 // 64 * 64, 0.2 + 0.5 * (k % 2)) for k in range(end // 4800)]),
        "0 to 1 at once": turns([(0, 0.0), (end // 2 // 64 * 64, 1.0)]),
        "at random, 100 Hz": turns([(k * 480 // 64 * 64, float(rng.uniform())) for k in range(end // 480)]),
        "another kernel": swap,
        "a morph of kernels": morphed,
    }


def ridden(path: Path_, settings: dict[str, object], seconds: float) -> np.ndarray:
    """A carrier of 1 kHz while texture goes that way."""
    ear = Ear(1, controls={"texture": Drive(KNOB)}, settings=settings, block=64)
    return ear.through(tone(CARRIER, -20.0, seconds), path(ear))


# --- streaming -----------------------------------------------------------------------------------


def streaming(report: Report, quick: bool) -> None:
    """12-16: the same as at once, however it is cut, as late as stated."""
    kernel, seconds = find("published"), 1.0 if quick else 3.0
    for settings in (BARE, {**HOLD, "match": False}):
        for c in (0.5, 1.0):
            found = {}
            for name, x in material(seconds).items():
                ear = Ear(1, controls={"texture": c}, settings=settings)
                found[name] = snr(ear.through(x), reference(ear, x, c, kernel))
            worst = min(found.values())
            note = ", ".join(f"{name} {db:.0f}" for name, db in found.items())
            least(report, f"cak 12: {settings['mode']} against the whole, texture {c:g}", worst, 100, unit="dB", note=note)
    ear = Ear(1, controls={"texture": 0.8}, settings=BARE)
    x = mixed(seconds)
    moved = ear.shift % 512
    twin = Twin(kernel).whole(np.pad(x, ((0, 0), (moved, 0))), [0.8])[:, moved:]
    db = snr(ear.through(x), twin)
    least(report, "cak 12: core against its numpy twin", db, 100, unit="dB")

    rng, off = np.random.default_rng(2), 0
    for settings in MODES:
        x = np.concatenate([mixed(1.0), hiss(1.0)])
        first = heard(x, settings=settings, block=64, texture=0.7)
        off += sum(not np.array_equal(first, heard(x, settings=settings, block=block, texture=0.7)) for block in BLOCKS[1:])
        ear = Ear(2, controls={"texture": 0.7}, settings=settings)
        off += not np.array_equal(first, ear.through(x, cuts=np.cumsum(rng.integers(1, 900, 200)).tolist()))
    report.add("cak 13: cuts that changed a bit", off, 0, met=off == 0, note="3 modes x blocks 128, 256, 512, and at random")

    wrong, tried = 0, 0
    for rate in (44100, 48000, 96000):
        for more in ({}, {"size": 1024}, {"size": 512}, {"match": False}):
            for settings in MODES:
                for block in BLOCKS:
                    ear = Ear(1, rate, block, {"texture": 0.0}, {**settings, **more})
                    x = np.zeros((1, 20000), np.float32)
                    x[0, 7777] = 0.5
                    spot = np.flatnonzero(ear.feed(x)[0]).tolist()
                    wrong += spot != [7777 + ear.late]
                    tried += 1
    note = f"of {tried}: rates, sizes, modes, match, blocks; the limiter's 64 frames are in it"
    report.add("cak 14: clicks that came out at another frame than stated", wrong, 0, met=wrong == 0, note=note)

    near = {**LIVE, "match": False}
    for c, most in ((0.5, 0.5), (1.0, 1.0)):
        found = {
            n: lsd(heard(x, settings={**HOLD, "match": False}, texture=c), heard(x, settings=BARE, texture=c))
            for n, x in material(seconds).items()
        }
        report.add(
            f"cak 15: hold against centred, texture {c:g}, mean of four",
            float(np.mean(list(found.values()))),
            most,
            unit="dB",
            note=told(found),
        )
        live = {n: lsd(heard(x, settings=near, texture=c), heard(x, settings=BARE, texture=c)) for n, x in material(seconds).items()}
        report.add(
            f"cak 15: live against centred, texture {c:g}",
            max(live.values()),
            unit="dB",
            note=f"{told(live)}: another sound, nothing is promised",
        )
    rates(report, seconds)


def told(found: dict[str, float]) -> str:
    """Figures by name in a line."""
    return ", ".join(f"{name} {value:.2f}" for name, value in found.items())


def rates(report: Report, seconds: float) -> None:
    """16: a sound at 44.1 and at 48 kHz, each with the law at its own rate, is the same sound."""
    try:
        import soxr
    except ImportError as why:
        report.skip("cak 16: 44.1 against 48 kHz", str(why))
        return
    found, grids = {}, {}
    for name, x in material(seconds).items():
        slow = soxr.resample(x[0], 48000, 44100, "VHQ").astype(np.float32)[None]
        other = soxr.resample(heard(slow, settings=BARE, rate=44100, texture=1.0)[0], 44100, 48000, "VHQ")
        one = heard(x, settings=BARE, texture=1.0)[0]
        frames = min(len(one), len(other))
        moved = heard(np.pad(x, ((0, 0), (137, 0))), settings=BARE, texture=1.0)[0, 137:]
        grid = lsd(one[: len(moved)], moved[: len(one)], below=17000)
        found[name] = lsd(one[:frames], other[:frames], below=17000) - grid
        grids[name] = grid
    note = f"{told(found)}; another grid alone: {told(grids)}"
    report.add("cak 16: 44.1 against 48 kHz, more than another grid", max(found.values()), 1.0, unit="dB", note=note)


# --- what is heard ---------------------------------------------------------------------------------


def facts(report: Report, quick: bool) -> None:
    """17-18: the same at every pitch, more or less by level, no harmonics."""
    bins = np.unique(np.round(np.geomspace(2, 1022, 6 if quick else 18)).astype(int))
    gains = [gained(tone(k * RATE / 2048, -40.0, 0.4), 1.0) for k in bins]
    spread = float(max(gains) - min(gains))
    report.add(
        "cak 17: gain from bin to bin, texture 1", spread, 0.05, unit="dB", note=f"{len(bins)} bins from 2 to 1022, {np.mean(gains):.2f} dB"
    )
    pitches = np.round(np.geomspace(4, 469, 4 if quick else 10)) * RATE / 2048  # in the middle of a bin: beside it the level is another
    late = [earlier(hertz) for hertz in pitches]
    report.add(
        "cak 17: time shift from 94 Hz to 11 kHz, spread", max(late) - min(late), 2.0, unit="frames", note=f"{np.mean(late):.1f} on average"
    )
    worst, where = 0.0, ""
    for level, should in LEVELS.items():
        for (c, scale), gain in zip(((0.25, 1), (0.5, 1), (1.0, 1), (1.0, 2)), should, strict=True):
            is_ = gained(tone(100 * RATE / 2048, level, 0.4), c, scale=scale * find("published").scale)
            if abs(is_ - gain) > worst:
                worst, where = abs(is_ - gain), f"{level} dBFS, texture {c * scale:g}: {is_:+.2f}, published {gain:+.1f}"
    report.add("cak 17: gain by level against the published kernel's", worst, 0.3, unit="dB", note=where)
    worst = -400.0
    for level in (-3.1, -20.0, -50.0):
        for settings in (BARE, HOLD, LIVE):
            for c in (0.0, 1.0):
                worst = max(worst, harmonic(heard(tone(1760.0, level, 1.0), settings=settings, texture=c)))
    report.add("cak 18: the strongest harmonic of 1760 Hz", worst, -90.0, unit="dB", note="3 levels x 3 modes, texture 0 and 1")


def gained(x: np.ndarray, c: float, **more: float) -> float:
    """How much louder the middle of a steady sound is."""
    y = heard(x, settings=BARE, texture=c, **more)
    third = x.shape[1] // 3
    return level_db(y[:, third:-third]) - level_db(x[:, third:-third])


def earlier(hertz: float) -> float:
    """How much later the middle of a burst's energy comes out, in frames."""
    t = (np.arange(24000) - 12000) / RATE
    x = (0.01 * np.exp(-((t / 0.04) ** 2)) * np.sin(2 * np.pi * hertz * t)).astype(np.float32)[None]
    y = heard(x, settings=BARE, texture=1.0)
    a, b = (float(np.sum(np.arange(24000) * s[0].astype(float) ** 2) / np.sum(s[0].astype(float) ** 2)) for s in (x, y))
    return b - a


def harmonic(sound: np.ndarray, hertz: float = 1760.0) -> float:
    """The strongest multiple of a tone, beside it, in dB."""
    x = sound[0, 8000:40000].astype(float)
    size, per = np.abs(np.fft.rfft(x * np.kaiser(len(x), 22.0))), RATE / len(x)
    near = [size[round(k * hertz / per) - 8 : round(k * hertz / per) + 9].max() for k in range(1, 13)]
    return 20 * float(np.log10(max(near[1:]) / near[0]))


# --- safety ------------------------------------------------------------------------------------------


def safety(report: Report, quick: bool) -> None:
    """19: as loud as it was, never over full scale, nothing that is not a number."""
    seconds = 2.0 if quick else 4.0
    worst, where, top = 0.0, "", 0.0
    for name, x in {"mix": mixed(seconds), "drums": drums(seconds), "chords": chords(seconds)}.items():
        for drive in (0.0, -12.0, -24.0):
            for c in (0.5, 1.0):
                y = heard(x, settings=HOLD, texture=c, drive=drive)
                halves = [level_db(y[:, a : a + 24000]) - level_db(x[:, a : a + 24000]) for a in range(0, x.shape[1] - 23999, 24000)]
                far = max(halves, key=abs)
                if abs(far) > worst:
                    worst, where = abs(far), f"{name}, drive {drive:g}, texture {c:g}: {far:+.1f}"
                top = max(top, float(np.abs(y).max()))
    report.add("cak 19: half a second beside the dry sound", worst, 3.0, unit="dB", note=where)
    for hot in (hiss(1.0, 0.3), drums(1.0) * np.float32(1.8), tone(300, -0.1, 1.0)):
        inside = np.clip(hot, -1, 1)
        top = max(top, *(float(np.abs(heard(inside, settings=s, texture=c)).max()) for s in (HOLD, CENTRED) for c in (0.5, 1.0)))
    report.add("cak 19: highest peak of sounds within full scale", top, 1.0, note="hold and centred; without a match nothing is guarded")
    bare, matched = (
        max(recovered({**s, "match": match}, bad) for s in MODES for bad in (10.0, -10.0, 1e-40, 1e-44)) for match in (False, True)
    )
    report.add("cak 19: after +-10 or a denormal, no match: as before", bare, 3 * 2048, unit="frames", note="to 60 dB below the peak")
    report.add(
        "cak 19: after +-10 or a denormal, match: as before", matched, 33600 + 2 * 2048, unit="frames", note="seven times its 100 ms"
    )
    worst = max(broken(settings, bad) for settings in MODES for bad in (np.nan, np.inf, -np.inf))
    report.add(
        "cak 19: samples that are no number, after NaN or Inf", worst, 0, note="the core fades the place they come from, and names it"
    )


def recovered(settings: dict[str, object], bad: float) -> int:
    """Frames from a bad sample until the sound is as without it, to 60 dB below the peak."""
    x = hiss(2.0)
    hurt = x.copy()
    hurt[0, 20000:20004] = bad
    one, other = (heard(s, settings=settings, texture=0.6) for s in (x, hurt))
    far = np.flatnonzero(~(np.abs(one - other)[0] <= 1e-3 * np.abs(x).max()))
    return int(far[-1]) - 20000 if len(far) else 0


def broken(settings: dict[str, object], bad: float) -> int:
    """Samples that are no number when a source breaks, and one more when nobody is told of it."""
    x = hiss(1.0)
    x[0, 20000:20004] = bad
    ear = Ear(1, controls={"texture": 0.6}, settings=settings)
    y = ear.through(x)
    return int(np.sum(~np.isfinite(y))) + int(ear.core.stand.clock[at.C_BAD] < 1)


# --- files -------------------------------------------------------------------------------------------


def files(report: Report, quick: bool) -> None:
    """28: a file has no seams, and texture goes along in time."""
    kernel = find("published")
    x = np.concatenate([mixed(6.0 if quick else 30.0), chords(6.0 if quick else 30.0)])
    ear = Ear(2, controls={"texture": 0.7}, settings=BARE)
    one = ear.through(x)
    seams = float(np.abs(one - heard(x, settings=BARE, block=64, texture=0.7)).max())
    at_once = snr(one, reference(ear, x, 0.7, kernel))
    report.add("cak 28: one pass against passes of 64", seams, 1e-6, met=seams < 1e-6, note=f"{x.shape[1] / RATE:.0f} s, stereo")
    least(report, "cak 28: a file in blocks against the whole at once", at_once, 100, unit="dB")
    ear = Ear(1, controls={"texture": Drive(KNOB)}, settings=BARE, trace=True, block=64)
    x = mixed(3.0)
    turns = [(k * 9600, lambda one, v=v: one.core.turn(64, v, 9600.0)) for k, v in enumerate(np.sin(np.arange(15)) ** 2)]
    y, knob = ear.through(x, turns)
    db = snr(y[None], whole(x, stands(knob, ear.shift % 512), kernel, ear.shift % 512)[None])
    least(report, "cak 28: texture moved along a file, against the law frame by frame", db, 90, unit="dB")


def stands(knob: np.ndarray, moved: int, hop: int = 512, size: int = 2048) -> np.ndarray:
    """e of every frame that ``whole`` makes, from where the knob stood: two hops behind it, and one hop for the frame after."""
    ends = (
        np.arange((len(knob) + moved + size // 2) // hop + 3) * hop - hop + size // 2 - moved
    )  # where each frame ends, in frames of the sound
    c, path = float(knob[0]), []
    for when in ends + hop:  # centred: worked when the frame after has ended
        want = float(knob[min(max(when, 0), len(knob) - 1)])
        c += (want - c) * (1 - np.exp(-0.5))
        c = want if abs(want - c) < 1e-3 else c
        path.append(c)
    many = -(-(len(knob) + moved + size // 2) // hop) + 1
    return effective(np.array(path[:many]), find("published").scale)


def run(report: Report, *, minutes: float = 10.0, quick: bool = False) -> None:
    """All of them, by number."""
    from live.bench import cak_load, cak_school

    model(report)
    identity(report, quick)
    control(report, quick)
    streaming(report, quick)
    facts(report, quick)
    safety(report, quick)
    cak_load.cost(report, quick)
    cak_load.real_time(report, minutes=0.5 if quick else minutes)
    cak_school.run(report, quick)
    cak_load.swapping(report)
    files(report, quick)
