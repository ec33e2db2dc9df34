"""A checkpoint of the published game as a kernel file: eleven numbers are taken out, nothing in it is run.

Such a file is a pickle, and a pickle can run anything. It is read by torch's own reader of weights, which builds tensors and
plain containers only; besides those it may build numpy's scalars, in which the authors' files keep their figures.
"""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engines import cak
from engines.nets.cak_sounds import Refused

MOST = 64 * 2**20  # bytes: the authors' file has 0.7 MB
SCALARS = ("float64", "float32", "float16", "int64", "int32", "bool")


def loaded(file: Path) -> Any:
    """What is in a checkpoint, or Refused."""
    import _codecs

    import numpy as np
    import torch

    scalar = np.float64(0).__reduce__()[0]  # numpy's own maker of scalars; older files know it by its older name
    allowed: list[Any] = [np.dtype, _codecs.encode, scalar, *(type(np.dtype(kind)) for kind in SCALARS)]
    allowed += [(scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
    if not file.is_file():
        raise Refused(f"{file} is no file")
    if file.stat().st_size > MOST:
        raise Refused(f"{file} has {file.stat().st_size / 2**20:.0f} MB; a kernel's checkpoint has less than {MOST // 2**20}")
    try:
        with torch.serialization.safe_globals(allowed), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickles of another protocol: they are read or refused
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as slip:
        asked = re.search(r"GLOBAL ([\w.]+)", str(slip))
        what = f"it asks for {asked[1]}" if asked else "it is no plain pickle of tensors"
        raise Refused(f"{file} holds more than numbers ({what}): nothing of it is run, nothing is written") from None
    except (RuntimeError, OSError, EOFError, ValueError, LookupError, AttributeError, TypeError):
        raise Refused(f"{file} is no checkpoint that torch can read; nothing is written") from None


def states(held: Any, path: str = "", deep: int = 0) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every dictionary of tensors in it, by where it lies."""
    if isinstance(held, Mapping) and deep < 6:
        if any(hasattr(value, "numel") for value in held.values()):
            yield path, held
        for name, value in held.items():
            yield from states(value, f"{path}/{name}", deep + 1)


def numbers_in(held: Any) -> list[float] | None:
    """The eleven, if they are there: a 1x1x3x3 convolution, its bias and a scale beside it."""
    for _, state in sorted(states(held), key=lambda found: "gen" not in found[0].lower()):
        tensors = {str(name): value for name, value in state.items() if hasattr(value, "numel")}
        for name, taps in tensors.items():
            if tuple(taps.shape) != (1, 1, 3, 3) or not name.endswith("weight"):
                continue
            bias = tensors.get(name[: -len("weight")] + "bias")
            scale = next((value for other, value in tensors.items() if "scale" in other.lower() and value.numel() == 1), None)
            if bias is not None and bias.numel() == 1 and scale is not None:
                return [float(x) for x in (*taps.flatten().tolist(), bias.item(), scale.item())]
    return None


def converted(file: Path, out: Path) -> cak.Kernel:
    """The kernel in a checkpoint, written to ``out``."""
    if out.suffix != ".json":
        raise Refused(f"--out {out}: a kernel's file ends in .json; nearest: {out.with_suffix('.json')}")
    numbers = numbers_in(loaded(file))
    if numbers is None:
        raise Refused(f"{file} holds no kernel: a 1x1x3x3 convolution with a bias and a scale beside it")
    kernel = cak.Kernel.of(numbers, out.stem, says=f"from the checkpoint {file.name}", game="augan, by others", source=file.name)
    cak.write(kernel, out)
    return kernel
