"""The listening page: one file in which kernels can be seen, compared and heard. It asks nothing of the network."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines import cak
from engines.nets import cak_picture
from engines.nets.cak_bank import NEAREST, matrix
from engines.nets.cak_said import Teller
from engines.nets.cak_sounds import Refused, Sound, levelled, read, size_of

Heard = tuple[str, Sound, int]
"""A sound's name, the sound (mono), its rate."""
TEXTURES = (0.0, 0.5, 1.0)
FIRST = ("brass swell", "kalimba phrase", "rain on tin", "wood knocks")  # of our own sounds: one that swells, rings, hisses, knocks
PEAK = 0.97


def sounds_from(files: Sequence[Path], own: Path, seconds: float, only: Sequence[str] = ()) -> list[Heard]:
    """Excerpts to hear kernels on, at -20 dBFS: the files named, or the instrument's own sounds (``only`` some of them)."""
    named = list(files) or [file for file in sorted(own.glob("*.flac")) if not only or file.stem in only]
    if not named:
        raise Refused(f"{own} holds no sounds; name some with --sounds")
    if not 0.5 <= seconds <= 60:
        raise Refused(f"--seconds {seconds:g}: 0.5 to 60 of each sound")
    found = []
    for file in named:
        sound, rate = read(file)
        found.append((file.stem, levelled(sound[: round(seconds * rate)]), rate))
    return found


def uri(kind: str, content: bytes) -> str:
    """Bytes as an address that holds them."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def flac(sound: Sound, rate: int) -> bytes:
    """A sound as a FLAC file of 16 bits, its ends faded over 5 ms."""
    import soundfile

    short = min(rate // 200, len(sound) // 4)
    edge = np.ones(len(sound))
    edge[:short], edge[-short:] = np.linspace(0, 1, short), np.linspace(1, 0, short)
    held = io.BytesIO()
    soundfile.write(held, sound * edge, rate, format="FLAC", subtype="PCM_16")
    return held.getvalue()


def versions(kernels: Sequence[cak.Kernel], heard: Heard) -> dict[str, bytes]:
    """One sound, dry and with each kernel at each texture: all at one level, and none above full scale."""
    _, sound, rate = heard
    size = size_of(rate)
    made = {"dry": levelled(sound)}
    for kernel in kernels:
        for c in TEXTURES[1:]:
            made[f"{kernel.name}/{c:g}"] = levelled(cak.through(sound, c, kernel, size=size, hop=size // 4))
    gain = min(PEAK / max(float(np.abs(version).max()), 1e-9) for version in made.values())
    return {name: flac(version * min(gain, 3.0), rate) for name, version in made.items()}


# --- how it looks --------------------------------------------------------------------------

STYLE = """
:root{--paper:#faf8f3;--card:#fff;--ink:#23262d;--soft:#6a6f7a;--line:#e2ded4;--warm:226,104,28;--cold:44,104,196;--on:#23262d;--onink:#faf8f3;--heat:214,120,40}
@media (prefers-color-scheme:dark){:root{--paper:#14161b;--card:#1c1f26;--ink:#e8e6df;--soft:#979ca8;--line:#2d313b;--warm:238,128,56;--cold:82,144,232;--on:#e8e6df;--onink:#14161b;--heat:238,150,70}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 Georgia,"Iowan Old Style",serif}
main{max-width:1180px;margin:0 auto;padding:40px 24px 120px}h1{font-size:40px;line-height:1.1;margin:0 0 8px;font-weight:500;letter-spacing:-.01em}
h2{font-size:22px;font-weight:500;margin:56px 0 12px}.lead{max-width:64ch;color:var(--soft);margin:0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(520px,1fr));gap:20px;margin-top:32px}
@media (max-width:600px){.cards{grid-template-columns:1fr}main{padding:24px 14px 110px}}
article{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px;display:grid;gap:14px;align-content:start;min-width:0}
h3{margin:0;font-size:24px;font-weight:500}.says{margin:2px 0 0;color:var(--soft);font-style:italic}
.shape{display:flex;gap:20px;align-items:center;flex-wrap:wrap}.taps{display:grid;grid-template-columns:repeat(3,56px);gap:2px;font:12px/44px ui-monospace,Menlo,Consolas,monospace;text-align:center}
.taps i{font-style:normal;border-radius:3px;background:var(--line)}.axis{font:11px/1.4 ui-sans-serif,system-ui,sans-serif;color:var(--soft)}
dl{display:grid;grid-template-columns:auto 1fr;gap:0 10px;margin:0;font:13px/1.5 ui-sans-serif,system-ui,sans-serif;flex:1;min-width:180px}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
img{display:block;width:100%;height:132px;border-radius:6px;image-rendering:auto}.under{display:grid;grid-template-columns:repeat(3,1fr);font:11px/1 ui-sans-serif,system-ui,sans-serif;color:var(--soft);text-align:center;margin-top:6px}
table.play{border-spacing:4px;width:100%;table-layout:fixed;font:13px ui-sans-serif,system-ui,sans-serif}table.play th{font-weight:400;text-align:left;color:var(--soft);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
button{font:inherit;width:100%;padding:7px 0;border:1px solid var(--line);border-radius:6px;background:transparent;color:var(--ink);cursor:pointer}
button:hover,button:focus-visible{border-color:var(--ink);outline:none}button[aria-pressed=true]{background:var(--on);color:var(--onink);border-color:var(--on)}
details{font:13px/1.5 ui-sans-serif,system-ui,sans-serif;color:var(--soft)}summary{cursor:pointer}details dl{margin-top:8px}details dd{max-height:9em;overflow:auto}
.scroll{overflow-x:auto}table.gaps{border-spacing:2px;font:12px/1 ui-sans-serif,system-ui,sans-serif}table.gaps td{width:46px;height:30px;text-align:center;border-radius:3px}
table.gaps th{font-weight:400;color:var(--soft);padding:2px 6px;text-align:right;white-space:nowrap}table.gaps thead th{text-align:center;height:84px;vertical-align:bottom;padding:0}table.gaps thead span{writing-mode:vertical-rl;transform:rotate(180deg)}
.now{position:fixed;left:0;right:0;bottom:0;background:var(--card);border-top:1px solid var(--line);padding:10px 24px;font:14px/1.4 ui-sans-serif,system-ui,sans-serif;display:flex;gap:16px;align-items:center}
.now b{font-weight:600}.now progress{flex:1;height:4px;accent-color:rgb(var(--warm))}.now label{color:var(--soft);white-space:nowrap}.now span{min-width:16em}
"""

SCRIPT = """
const clips=JSON.parse(document.getElementById('clips').textContent),audio=new Audio(),says=document.querySelector('.now span'),bar=document.querySelector('progress'),round=document.querySelector('#round');
let pressed=null;
function release(){if(pressed)pressed.setAttribute('aria-pressed','false');pressed=null}
function press(b){const same=b===pressed,other=pressed&&pressed.dataset.sound===b.dataset.sound&&!audio.paused?audio.currentTime:0;release();audio.pause();if(same){says.textContent='';return}
audio.src=clips[b.dataset.sound][b.dataset.clip];audio.loop=round.checked;audio.onloadedmetadata=()=>{audio.currentTime=Math.min(other,audio.duration-.01)};audio.play();
b.setAttribute('aria-pressed','true');pressed=b;says.innerHTML='<b></b> ';says.firstChild.textContent=b.dataset.who;says.append(' on '+b.dataset.sound+', texture '+b.dataset.texture)}
document.addEventListener('click',e=>{const b=e.target.closest('button[data-clip]');if(b)press(b)});
audio.onended=()=>{release();bar.value=0};audio.ontimeupdate=()=>{bar.value=audio.duration?audio.currentTime/audio.duration:0};round.onchange=()=>{audio.loop=round.checked};
"""


def tint(tap: float, most: float) -> str:
    """A tap's colour on light and on dark paper."""
    share = min(1.0, abs(tap) / max(most, 1e-12)) ** 0.9
    ink = ";color:#fff" if share > 0.6 and tap < 0 else ""
    return f"background:rgba(var(--{'warm' if tap > 0 else 'cold'}),{0.08 + 0.8 * share:.2f}){ink}"


def shape(kernel: cak.Kernel) -> str:
    """The eleven numbers: nine squares, and two beside them."""
    most = max(abs(tap) for tap in kernel.taps)
    squares = "".join(f'<i style="{tint(tap, most)}">{tap:+.3f}</i>' for row in kernel.picture[::-1].tolist() for tap in row)
    axis = '<div class="axis">above, own, below &#8595;<br>before, now, after &#8594;</div>'
    return f'<div><div class="taps" role="img" aria-label="nine taps">{squares}</div>{axis}</div>'


def card(kernel: cak.Kernel) -> str:
    """The two numbers beside the taps, the game, and what it came to."""
    rows: dict[str, Any] = {"bias": f"{kernel.bias:+.4f}", "scale": f"{kernel.scale:.4f}"}
    rows |= {name: kernel.card[name] for name in ("game", "seed") if name in kernel.card}
    return _told(rows | dict(list(_figures(kernel).items())[:3]))


def how(kernel: cak.Kernel) -> str:
    """The rest of its card, to be opened."""
    learnt = kernel.card.get("trained on", "")
    rows: dict[str, Any] = {name: kernel.card[name] for name in ("wet", "strength", "learned", "near", "source") if name in kernel.card}
    rows |= dict(list(_figures(kernel).items())[3:])
    rows["trained on"] = ", ".join(map(str, learnt)) if isinstance(learnt, list | tuple) else str(learnt)
    return f"<details><summary>how it was taught</summary>{_told(rows)}</details>"


def _figures(kernel: cak.Kernel) -> dict[str, str]:
    figures = kernel.card.get("figures", {})
    return {str(name): _figure(value) for name, value in figures.items()} if isinstance(figures, Mapping) else {}


def _told(rows: Mapping[str, Any]) -> str:
    told = "".join(f"<dt>{html.escape(str(name))}</dt><dd>{html.escape(str(value))}</dd>" for name, value in rows.items())
    return f"<dl>{told}</dl>"


def _figure(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def players(kernel: cak.Kernel, heard: Sequence[Heard]) -> str:
    """A row for each sound, a button for each texture."""
    rows = []
    for name, *_ in heard:
        cells = ""
        for c in TEXTURES:
            clip = "dry" if c == 0 else f"{kernel.name}/{c:g}"
            told = " ".join(
                f'data-{k}="{html.escape(v, True)}"'
                for k, v in (("sound", name), ("clip", clip), ("texture", f"{c:g}"), ("who", kernel.name))
            )
            cells += f'<td><button type="button" aria-pressed="false" {told}>{"dry" if c == 0 else f"{c:g}"}</button></td>'
        rows.append(f"<tr><th>{html.escape(name)}</th>{cells}</tr>")
    return f'<table class="play">{"".join(rows)}</table>'


def article(kernel: cak.Kernel, heard: Sequence[Heard]) -> str:
    """One kernel."""
    name, sound, rate = heard[min(1, len(heard) - 1)]
    picture = uri("image/png", cak_picture.png(cak_picture.strip(kernel, sound, rate, 132, 200)))
    return (
        f'<article id="{html.escape(kernel.name, True)}"><header><h3>{html.escape(kernel.name)}</h3><p class="says">{html.escape(str(kernel.card.get("says", "")))}</p></header>'
        f'<div class="shape">{shape(kernel)}{card(kernel)}</div>'
        f'<div><img alt="{html.escape(name, True)} at texture 0, 0.5 and 1: 40 Hz to 16 kHz over time" src="{picture}"><div class="under"><span>{html.escape(name)}, dry</span><span>0.5</span><span>1</span></div></div>'
        f"{players(kernel, heard)}{how(kernel)}</article>"
    )


def gaps(kernels: Sequence[cak.Kernel], apart: NDArray[np.float64], c: float) -> str:
    """How far every two are apart."""
    names = [*(html.escape(kernel.name) for kernel in kernels), "dry"]
    most = max(float(apart.max()), 1e-9)
    head = "".join(f"<th><span>{name}</span></th>" for name in names)
    body = ""
    for a, name in enumerate(names):
        cells = "".join(
            "<td></td>"
            if a == b
            else f'<td style="background:rgba(var(--heat),{0.06 + 0.74 * apart[a, b] / most:.2f})">{apart[a, b]:.1f}</td>'
            for b in range(len(names))
        )
        body += f"<tr><th>{name}</th>{cells}</tr>"
    return f'<h2>How far apart, at texture {c:g}</h2><div class="scroll"><table class="gaps"><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def page(kernels: Sequence[cak.Kernel], heard: Sequence[Heard], out: Path, teller: Teller) -> Path:
    """Write it; where it lies."""
    if len({kernel.name for kernel in kernels}) < len(kernels):
        raise Refused("two of these kernels have one name; give each its own")
    if out.suffix.lower() not in (".html", ".htm"):
        raise Refused(f"--out {out}: a page's file ends in .html; nearest: {out.with_suffix('.html')}")
    clips: dict[str, dict[str, str]] = {}
    for k, one in enumerate(heard, 1):
        clips[one[0]] = {name: uri("audio/flac", content) for name, content in versions(kernels, one).items()}
        teller.step(k, 2 * len(heard))
    sounds = [(sound, rate) for _, sound, rate in heard]
    tables = "".join(gaps(kernels, matrix(kernels, sounds, c), c) for c in sorted(NEAREST, reverse=True))
    teller.step(2 * len(heard), 2 * len(heard))
    held = json.dumps(clips).replace("<", "\\u003c")  # a name must not end the script it stands in
    whole = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>CAK kernels</title><style>{STYLE}</style></head>
<body><main><h1>Eleven numbers</h1>
<p class="lead">A kernel looks at a sound's spectrum as a picture, sees each point and its eight neighbours, and says what to add. Orange adds, blue takes away.
Texture 0 is the dry sound; every clip is at one level. Press a second button while one sounds: it goes on from there.</p>
<div class="cards">{"".join(article(kernel, heard) for kernel in kernels)}</div>
{tables}
<p class="lead">Log-spectral distance in dB, over what lies within 60 dB of the loudest, at equal level; the mean of {html.escape(", ".join(name for name, *_ in heard))}.</p>
</main><div class="now"><label><input type="checkbox" id="round" checked> round and round</label><progress max="1" value="0"></progress><span></span></div>
<script type="application/json" id="clips">{held}</script><script>{SCRIPT}</script></body></html>
"""
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_suffix(".part")
    fresh.write_text(whole, "utf-8")
    fresh.replace(out)
    return out
