"""How the small wav2vec was taught: to tell hidden moments of a recording from other moments of it.

    python -m agents.nets.wav2vec train FOLDER_OR_FILES --out DIR --minutes 25 --seed 0

A folder with a ``manifest.jsonl`` is read by it, and only its files of the
tier "free"; one recording in five is kept apart. Training may be ended at any
moment: the same command goes on where it stopped, until its minutes of
processor time are used up. Frames are 20 ms apart::

    sound (frames,) at 16 kHz --7 convolutions--> (n, 64) --2 layers--> (n, 128)
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from agents.nets.wav2vec import RATE, hugging

CROP = 4 * RATE
BATCH = 8
NEGATIVES = 20
MASKED, SPAN = 0.65, 10  # how much is hidden, in stretches of 200 ms
FASTEST = 7e-4
WARM = 0.04  # of the whole: the step grows to its fastest
HOT, COLD = 2.0, 0.5  # how freely the codes are drawn, first and last
EVERY = 100  # steps between two lines of the log
FAINT = 3e-3  # a crop softer than -50 dB teaches nothing


def tiny() -> Any:
    """The shape of the net: half a million numbers."""
    return hugging().Wav2Vec2Config(
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=512,
        conv_dim=(64,) * 7,
        feat_extract_norm="layer",  # each frame by itself: what is heard now does not wait for what comes
        conv_bias=True,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        num_codevectors_per_group=64,
        num_codevector_groups=2,
        codevector_dim=64,
        proj_codevector_dim=64,
        num_negatives=NEGATIVES,
        mask_time_prob=MASKED,
        mask_time_length=SPAN,
        layerdrop=0.0,
        hidden_dropout=0.0,
        activation_dropout=0.0,
        attention_dropout=0.0,
        feat_proj_dropout=0.0,
        feat_quantizer_dropout=0.0,
    )


@dataclass(frozen=True)
class Heap:
    """All recordings end to end at 16 kHz, on disk: what is learnt from, and what is kept apart."""

    learn: NDArray[np.int16]
    apart: NDArray[np.int16]

    def crops(self, which: str, chance: np.random.Generator) -> torch.Tensor:
        """Stretches of four seconds, each as loud as the next: (8, 64000)."""
        heap, found = getattr(self, which), []
        while len(found) < BATCH:
            start = int(chance.integers(0, heap.size - CROP + 1))
            crop = heap[start : start + CROP].astype(np.float32) / 32768
            if crop.std() > FAINT:
                found.append((crop - crop.mean()) / crop.std())
        return torch.from_numpy(np.stack(found))


def heaped(places: list[Path], out: Path, seed: int) -> Heap:
    """The recordings of these folders and files, read once."""
    files = {"learn": out / "learn.i16", "apart": out / "apart.i16"}
    if not all(file.exists() for file in files.values()):
        out.mkdir(parents=True, exist_ok=True)
        parts = {name: file.with_suffix(".part") for name, file in files.items()}
        with parts["learn"].open("wb") as learn, parts["apart"].open("wb") as apart:
            for path, held_out in recordings(places, seed):
                sound = at_16k(path)
                (apart if held_out else learn).write((np.clip(sound, -1, 1) * 32767).astype(np.int16).tobytes())
        for name, part in parts.items():
            part.replace(files[name])
    sounds = {name: np.fromfile(file, np.int16) for name, file in files.items()}
    short = [name for name, sound in sounds.items() if sound.size < CROP]
    if short:
        raise SystemExit(
            f"{places[0]}{' and others' * (len(places) > 1)}: fewer than 4 seconds to {'learn from' if 'learn' in short else 'keep apart'}"
        )
    return Heap(**sounds)


def recordings(places: list[Path], seed: int) -> Iterator[tuple[Path, bool]]:
    """Each file, and whether it is kept apart."""
    from engines.nets.latent import Recording
    from engines.nets.latent import recordings as listed

    for place in places:
        for one in listed(place) if place.is_dir() else [Recording(place, "sound", place.name)]:
            yield one.file, one.held_out(seed)


def at_16k(path: Path) -> NDArray[np.float32]:
    """A file, mono, 16 kHz."""
    import soundfile

    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return soxr.resample(sound.mean(axis=1), rate, RATE).astype(np.float32)


def losses(net: Any, sound: torch.Tensor, chance: np.random.Generator) -> tuple[torch.Tensor, dict[str, float]]:
    """How badly hidden frames are told from others, a hidden frame; and what is said about it."""
    from transformers.models.wav2vec2.modeling_wav2vec2 import _compute_mask_indices, _sample_negative_indices

    frames = int(net._get_feat_extract_output_lengths(sound.shape[1]))
    np.random.seed(int(chance.integers(2**31)))  # these two draw from numpy's own dice
    hidden = _compute_mask_indices((len(sound), frames), MASKED, SPAN)
    others = _sample_negative_indices((len(sound), frames), NEGATIVES, hidden)
    told = net(sound, mask_time_indices=torch.from_numpy(hidden), sampled_negative_indices=torch.from_numpy(others))
    count = hidden.sum()
    return told.loss / count, {
        "contrast": told.contrastive_loss.item() / count,
        "diversity": told.diversity_loss.item() / count,
        "codes": told.codevector_perplexity.item(),
    }


def train(places: list[Path], out: Path, *, minutes: float, seed: int = 0, quiet: bool = False) -> dict[str, float]:
    """Learn until so many minutes of processor time are used up; write the ear to ``out``/ear. Answers the last figures."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    heap, chance = heaped(places, out, seed), np.random.default_rng(seed)
    net = hugging().Wav2Vec2ForPreTraining(tiny())
    adam = torch.optim.AdamW(net.parameters(), lr=FASTEST, betas=(0.9, 0.98), weight_decay=0.01)
    step, used, kept = 0, 0.0, out / "state.pt"
    if kept.exists():
        state = torch.load(kept, weights_only=True)
        net.load_state_dict(state["net"])
        adam.load_state_dict(state["adam"])
        step, used = state["step"], state["used"]
        chance = np.random.default_rng([seed, step])
        torch.manual_seed(seed + step)
    began, told, net_said = time.process_time() - used, [], {}
    while (done := (time.process_time() - began) / (60 * minutes)) < 1:
        for group in adam.param_groups:
            group["lr"] = float(FASTEST * min(done / WARM + 0.01, 1, 0.5 + 0.5 * np.cos(np.pi * done) + 0.02))
        net.set_gumbel_temperature(max(COLD, HOT * (COLD / HOT) ** (2 * done)))
        net.train()
        loss, said = losses(net, heap.crops("learn", chance), chance)
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        step += 1
        told.append(said)
        if step % EVERY == 0:
            net_said = log(net, heap, out, step, done * minutes, told, quiet)
            told = []
            torch.save({"net": net.state_dict(), "adam": adam.state_dict(), "step": step, "used": time.process_time() - began}, kept)
    save(net, out / "ear")
    return {"steps": step, **net_said}


def log(net: Any, heap: Heap, out: Path, step: int, minutes: float, told: list[dict[str, float]], quiet: bool) -> dict[str, float]:
    """One line of the log: the figures since the last, and the contrast on what was kept apart."""
    net.eval()
    chance = np.random.default_rng(1)
    with torch.no_grad():
        apart = [losses(net, heap.crops("apart", chance), chance)[1]["contrast"] for _ in range(3)]
    line = {"step": step, "minutes": round(minutes, 2)}
    line |= {name: round(float(np.mean([one[name] for one in told])), 4) for name in told[0]} | {"apart": round(float(np.mean(apart)), 4)}
    with (out / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    if not quiet:
        sys.stderr.write(f"\r{json.dumps(line)} ")
        sys.stderr.flush()
    return line


def save(net: Any, folder: Path) -> None:
    """The ear alone, in 16 bits: what was only needed to learn stays behind."""
    ear = net.wav2vec2
    ear.config.architectures = ["Wav2Vec2Model"]
    hugging().Wav2Vec2Model.from_pretrained(None, config=ear.config, state_dict=ear.state_dict()).half().save_pretrained(folder)
