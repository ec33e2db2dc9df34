"""What would be played next to what is heard: a relation between two parts, learnt from music in several parts, in labels.

At every segment the relation is told the label heard in the segment just over,
and the label played in it. It answers how likely each label is in the next one::

    heard    a0  a1  a2  a3 |
    played   b0  b1  b2  b3 | ?      log-probabilities over the alphabet

It knows which labels the memory has, and what lies outside never comes out. The
net is small (see ``agents.nets.relation``, which teaches it) and runs here in
numpy: each step keeps the keys and values of the last segments and no more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codebook import Codebook

WEIGHTS = Path(__file__).parent / "weights" / "relation"
BUNDLED = WEIGHTS / "harmony-64.npz"
FLOOR = 0.0  # of the evenest choice there is: a choice less open than that is warmed first
LISTENING = 2.0  # how much of what hearing changes is played: 1 as taught, 0 deaf
FAR = np.float32(-1e9)

LogP = NDArray[np.float32]
"""(K,) log-probabilities, one a label; their exponentials add up to one."""


@dataclass
class State:
    """What one sounding partner remembers of this relation."""

    memory: NDArray[np.float32]  # (width,) what the memory adds to every step
    outside: NDArray[np.float32]  # (K,) what labels outside the memory lose
    keys: NDArray[np.float32]  # (layers, heads, window, width of a head) as a ring
    values: NDArray[np.float32]
    listening: float = 1.0
    deaf: State | None = None  # what it would remember, had it heard nobody
    steps: int = 0


class Relation:
    """A learnt relation: ``start`` once, then ``step`` and ``choose`` at every segment."""

    def __init__(self, weights: dict[str, NDArray[Any]], book: Codebook, about: dict[str, Any]) -> None:
        self.about, self.book = about, book
        self.labels: int = about["labels"]
        self.alphabet: str = about["alphabet"]
        self.layers: int = about["layers"]
        self.heads: int = about["heads"]
        self.window: int = about["window"]
        self.w = {name: np.ascontiguousarray(w, np.float32) for name, w in weights.items()}
        self.width = self.w["own"].shape[1]
        if "vector" in self.w:  # what stands for a label whose sound is not at hand: its kind's centre, or nothing at all
            kinds = np.vstack([book.centres, -book.mean / book.scale]).astype(np.float32)
            self.typical = kinds @ self.w["vector"]

    @classmethod
    def load(cls, path: Path | str | None = None, *, alphabet: str | None = None) -> Relation:
        """The bundled relation, another one by its name, such as harmony-16, or one of your own by its file.

        ``alphabet`` is the fingerprint of the codebook in use: a relation in another one is refused.
        """
        file = Path(path) if path is not None else BUNDLED
        if file.suffix != ".npz" and len(file.parts) == 1:
            file = WEIGHTS / f"{file.name}.npz"
        if not file.exists():
            there = ", ".join(sorted(one.stem for one in WEIGHTS.glob("*.npz")))
            raise FileNotFoundError(f"{file.name} is not there; {there} come with Antiphon, your own comes from: agents.nets.relation tune")
        try:
            with np.load(file, allow_pickle=False) as pack:
                about = json.loads(str(pack["about"]))
                book = Codebook(*(pack[f"book.{name}"].astype(np.float32) for name in ("centres", "mean", "scale")), **about["book"])
                weights = {name: pack[name] for name in pack.files if name != "about" and not name.startswith("book.")}
        except (ValueError, KeyError, OSError, EOFError) as e:
            raise ValueError(f"{file.name} is not a relation ({e}); one is written by: agents.nets.relation train or tune") from None
        relation = cls(weights, book, about)
        if alphabet is not None:
            relation.fits(alphabet, file.name)
        return relation

    def fits(self, alphabet: str, name: str = "this relation") -> None:
        """Refuses labels of another alphabet in one line."""
        if alphabet != self.alphabet:
            raise ValueError(
                f"{name} knows the alphabet {self.alphabet}, the memory is labelled in {alphabet}. Label it with the codebook beside the relation, or train one"
            )

    def start(self, memory_labels: Iterable[int] | NDArray[Any], *, listening: float = LISTENING) -> State:
        """Nothing heard yet, and these labels to play from.

        ``listening`` is how much of what hearing changes is played: 1 as it was taught, 0 as if nobody played,
        above 1 more than it was taught (which is heard better, and costs a second step).
        """
        own = np.unique(np.asarray(list(memory_labels), np.int64))
        if not own.size or own[0] < 0 or own[-1] >= self.labels:
            raise ValueError(f"the memory's labels must be some of 0 to {self.labels - 1}; it has {own.tolist()[:8] or 'none'}")
        has = np.zeros(self.labels, np.float32)
        has[own] = 1
        shape = (self.layers, self.heads, self.window, self.width // self.heads)

        def empty() -> State:
            rings = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
            return State(has @ self.w["memory"], (has - 1) * self.w["outside"], *rings, listening=listening)

        state = empty()
        if listening != 1:
            state.deaf = empty()
        return state

    def step(self, state: State, heard_label: int | None, own_label: int | None, heard: NDArray[np.float32] | None = None) -> LogP:
        """How likely each label is in the next segment, after this one was heard and that one played. None: nobody, nothing yet.

        ``heard``, the vector behind the heard label, tells more than the label does, where the relation was taught with it.
        """
        logp = self._step(state, heard_label, own_label, heard)
        if state.deaf is None:
            return logp
        alone = self._step(state.deaf, None, own_label, None)
        return log_softmax(alone + np.float32(state.listening) * (logp - alone))

    def _step(self, state: State, heard_label: int | None, own_label: int | None, heard: NDArray[np.float32] | None) -> LogP:
        w = self.w
        x = w["own"][self.labels if own_label is None else own_label] + w["heard"][self.labels if heard_label is None else heard_label]
        x = x + state.memory
        if "vector" in w and heard_label is not None:
            x += (
                self.typical[heard_label]
                if heard is None
                else (np.asarray(heard, np.float32) - self.book.mean) / self.book.scale @ w["vector"]
            )
        spot = state.steps % self.window
        count = min(state.steps + 1, self.window)
        age = (spot - np.arange(count)) % self.window  # of each ring's place
        for layer in range(self.layers):
            x = x + self._listen(state, layer, norm(x) * w[f"{layer}.norm1"], spot, count, age)
            h = norm(x) * w[f"{layer}.norm2"] @ w[f"{layer}.up"] + w[f"{layer}.up_bias"]
            x += np.square(np.maximum(h, 0, out=h), out=h) @ w[f"{layer}.down"]
        state.steps += 1
        return log_softmax((norm(x) * w["norm"]) @ w["out"] + w["out_bias"] + state.outside)

    def _listen(
        self, state: State, layer: int, x: NDArray[np.float32], spot: int, count: int, age: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """One layer's look back over the segments kept."""
        wide = self.width // self.heads
        q, k, v = (x @ self.w[f"{layer}.qkv"]).reshape(3, self.heads, wide)
        keys, values = state.keys[layer], state.values[layer]
        keys[:, spot], values[:, spot] = k, v
        score = np.matmul(keys[:, :count], q[:, :, None])[:, :, 0] * np.float32(wide**-0.5) + self.w[f"{layer}.bias"][:, age]
        score = np.exp(score - score.max(axis=1, keepdims=True))
        score /= score.sum(axis=1, keepdims=True)
        return np.matmul(score[:, None, :], values[:, :count]).reshape(-1) @ self.w[f"{layer}.mix"]

    def choose(
        self,
        logp: LogP,
        chance: np.random.Generator,
        *,
        allowed: NDArray[np.bool_] | Sequence[int] | None = None,
        top_p: float = 0.8,
        temperature: float = 1.0,
        floor: float = FLOOR,
    ) -> int:
        """One label, drawn from what is likely and allowed. See ``feasible``."""
        p = feasible(logp, allowed=allowed, top_p=top_p, temperature=temperature, floor=floor)
        return int(np.searchsorted(np.cumsum(p), chance.random() * p.sum(), side="right").clip(0, p.size - 1))


def norm(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same direction, each number about one."""
    return x * np.float32(1 / np.sqrt(x @ x / x.size + 1e-6))


def log_softmax(x: NDArray[Any]) -> LogP:
    """Log-probabilities of these scores."""
    x = x - x.max()
    return (x - np.log(np.exp(x).sum())).astype(np.float32)


def entropy(p: NDArray[Any]) -> float:
    """How open a choice is, in bits."""
    some = p[p > 0]
    return float(-(some * np.log2(some)).sum())


def feasible(
    logp: NDArray[Any],
    *,
    allowed: NDArray[np.bool_] | Sequence[int] | None = None,
    top_p: float = 0.8,
    temperature: float = 1.0,
    floor: float = FLOOR,
) -> NDArray[np.float64]:
    """The probabilities a label is drawn with: masked first, then warmed until open enough, then cut to the likeliest of ``top_p``.

    ``allowed`` is a mask over the alphabet or a list of labels: nothing else ever comes out. ``floor`` is the least
    openness, as a share of the evenest choice among what is allowed; 0 leaves the relation alone.
    """
    mask = np.ones(logp.size, bool) if allowed is None else np.asarray(allowed)
    if mask.dtype != bool:
        mask = np.isin(np.arange(logp.size), mask)
    if mask.size != logp.size or not mask.any():
        raise ValueError(f"nothing is allowed of the {logp.size} labels; the memory must have some of them")
    likely = np.where(mask, np.maximum(np.asarray(logp, np.float64), -1e6), -np.inf)
    p = _warmed(likely, max(temperature, 1e-3))
    least = floor * np.log2(mask.sum())
    if entropy(p) < least:
        low, high = temperature, temperature * 64
        for _ in range(20):  # the coolest that is open enough
            middle = np.sqrt(low * high)
            low, high = (low, middle) if entropy(_warmed(likely, middle)) >= least else (middle, high)
        p = _warmed(likely, high)
    order = np.argsort(-p, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(p[order]), top_p - 1e-12)) + 1]
    kept = kept[mask[kept]]
    cut = np.zeros_like(p)
    cut[kept] = p[kept]
    return cut / cut.sum()


def _warmed(likely: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Probabilities at a temperature."""
    p = np.exp((likely - likely.max()) / temperature)
    return p / p.sum()


def mix(parts: Sequence[tuple[float, NDArray[Any]]]) -> LogP:
    """Several opinions as one, each with its weight: their product, so that what one forbids stays forbidden.

    A weight of nought leaves an opinion out; one opinion alone comes back as it was.
    """
    told = [(weight, logp) for weight, logp in parts if weight > 0]
    if not told:
        raise ValueError("nobody is asked: give one opinion at least a weight above 0")
    if len(told) == 1 and told[0][0] == 1:
        return np.asarray(told[0][1], np.float32)
    total = sum(weight * np.maximum(np.asarray(logp, np.float32), FAR) for weight, logp in told)
    return log_softmax(total)


def wished(labels: int, wanted: Iterable[int] | int, leak: float = 1e-4) -> LogP:
    """An opinion that wants these labels, all the same, and leaves a little to the others."""
    some = np.atleast_1d(np.asarray(wanted if isinstance(wanted, int | np.integer) else list(wanted), np.int64))
    if not some.size or some.min() < 0 or some.max() >= labels:
        raise ValueError(f"what is wished must be some of 0 to {labels - 1}; it is {some.tolist()[:8] or 'nothing'}")
    p = np.full(labels, leak / labels)
    p[some] += (1 - leak) / some.size
    return np.log(p / p.sum()).astype(np.float32)


def rule(labels: int, law: Callable[[int], int | Iterable[int]] | dict[int, Any], heard_label: int) -> LogP:
    """A performer's own rule: from the heard label to the wanted one, or several. A table's missing label wants anything."""
    wanted = law.get(heard_label, range(labels)) if isinstance(law, dict) else law(heard_label)
    return wished(labels, wanted)


def influence(book: Codebook, heard: NDArray[Any], sharpness: float = 8.0) -> LogP:
    """What is heard, (D,), as an opinion: the nearer a kind to it, the more it is wanted. Silence wants silence, and only silence does."""
    vector = np.asarray(heard, np.float32)[None]
    if book.labels(vector)[0] == book.silence:
        return wished(book.size, book.silence)
    away = book.distances(vector)[0]
    return log_softmax(np.append(-sharpness * (away - away.min()) ** 2, np.log(1e-4)))
