"""An ear that taught itself: a wav2vec 2.0, ours or any other, as one more way to tell segments.

    python -m agents.nets.wav2vec train FOLDER_OR_FILES --out DIR --minutes 25 --seed 0

``ear("wav2vec")`` is the small one that comes with Antiphon, ``ear("wav2vec:PLACE")``
any checkpoint in a folder, or one of the hub's that is already on this machine.
A segment is heard with half a second of what came before it; only its own
frames count, by the middle of what each has heard::

    sound (frames,) at 16 kHz --convolutions--> one frame every 20 ms --layers--> (n, 128)
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from agents import descriptors

if TYPE_CHECKING:
    from agents.hear import Ear

RATE = 16000
BUNDLED = Path(__file__).parent.parent / "weights" / "wav2vec"
CONTEXT = 0.5  # seconds heard before a segment


def hugging() -> Any:
    """The transformers module. A torchaudio that does not fit the torch beside it is left out: nothing here needs it."""
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        sys.modules["torchaudio"] = None  # type: ignore[assignment]
    import transformers
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return transformers


class Frames:
    """A wav2vec 2.0 by its folder or name: sound to one vector every 20 ms."""

    def __init__(self, place: str | Path = BUNDLED, layer: int = -1) -> None:
        torch.set_num_threads(1)  # a partner is one of many on the machine
        self.place, self.layer = str(place), layer
        self.net = opened(place)
        config = self.net.config
        self.width = int(config.hidden_size)
        self.hop = int(np.prod(config.conv_stride))
        self.reach = 1 + sum((k - 1) * int(np.prod(config.conv_stride[:i])) for i, k in enumerate(config.conv_kernel))

    def __call__(self, sound: NDArray[Any]) -> NDArray[np.float32]:
        """(frames,) at 16 kHz to (n, width); shorter than one frame is filled up with silence."""
        own = np.asarray(sound, np.float32)
        if own.size < self.reach:
            own = np.pad(own, (0, self.reach - own.size))
        own = (own - own.mean()) / (own.std() + 1e-5)
        with torch.inference_mode():
            told = self.net(torch.from_numpy(own)[None], output_hidden_states=self.layer != -1)
        return (told.last_hidden_state if self.layer == -1 else told.hidden_states[self.layer])[0].numpy()

    def middles(self, count: int) -> NDArray[np.float64]:
        """The middle of what each frame has heard, in frames of 16 kHz."""
        return np.arange(count) * self.hop + self.reach / 2

    def segment(self, sound: NDArray[Any], rate: int, before: int) -> NDArray[np.float32]:
        """The mean over the segment that begins ``before`` frames into ``sound``: (width,)."""
        own = sound if rate == RATE else soxr.resample(sound, rate, RATE, "MQ")
        told = self(np.pad(own, (0, self.reach // 2)))  # so that the last frame's middle may be the segment's end
        start, end = before * RATE / rate, len(sound) * RATE / rate
        middles = self.middles(len(told))
        inside = (middles >= start) & (middles < end)
        if not inside.any():
            inside[np.abs(middles - (start + end) / 2).argmin()] = True
        return told[inside].mean(axis=0)


def opened(place: str | Path) -> Any:
    """The net, ready to listen; one line where there is none."""
    net = hugging().Wav2Vec2Model
    try:
        return net.from_pretrained(str(place), local_files_only=True, dtype=torch.float32).eval()
    except (OSError, ValueError) as slip:
        there = Path(place).exists()
        why = (
            "it holds no wav2vec 2.0 (config.json and model.safetensors)"
            if there
            else "no such folder, and not among the models on this machine"
        )
        raise ValueError(f"wav2vec {place}: {why}. Nearest: wav2vec, the one that comes with Antiphon") from slip


@lru_cache(maxsize=4)
def frames(place: str) -> Frames:
    """A net is loaded once."""
    return Frames(place)


def net_ear(name: str) -> Ear:
    """The ear that "wav2vec" or "wav2vec:PLACE" means: the net's mean over a segment, and the level last."""
    from agents.hear import Ear

    net = frames(name.partition(":")[2] or str(BUNDLED))

    def tell(sound: NDArray[np.float32], rate: int, before: int) -> NDArray[np.float32]:
        level = descriptors.vector(sound[before:], rate, "timbre")[-1:]
        return np.concatenate([net.segment(sound, rate, before), level])

    return Ear(name, tell, net.width + 1, CONTEXT)


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m agents.nets.wav2vec", description="Teach an ear from recordings.")
    parser.add_argument("verb", choices=["train"])
    parser.add_argument("places", type=Path, nargs="+", help="folders and files of sound")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=25.0, help="of processor time, all runs together")
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args(argv)
    missing = [str(place) for place in a.places if not place.exists()]
    if missing:
        parser.error(f"there is no {missing[0]}")
    from agents.nets.pretrain import train

    sys.stdout.write(json.dumps(train(a.places, a.out, minutes=a.minutes, seed=a.seed)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
