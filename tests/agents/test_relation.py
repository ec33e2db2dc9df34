"""The relation on stage: the same numbers as the net that was taught, and never a label the memory has not."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from agents.codebook import Codebook
from agents.relation import Relation, entropy, feasible, influence, log_softmax, mix, rule, wished

K, WIDE = 25, 13


def book(seed: int = 0) -> Codebook:
    chance = np.random.default_rng(seed)
    return Codebook(
        chance.standard_normal((K - 1, WIDE)).astype(np.float32), np.zeros(WIDE, np.float32), np.ones(WIDE, np.float32), "harmony"
    )


def weights(seed: int = 0, width: int = 32, layers: int = 2, heads: int = 4, window: int = 8) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(seed)
    sizes = {
        "own": (K + 1, width),
        "heard": (K + 1, width),
        "memory": (K, width),
        "vector": (WIDE, width),
        "outside": (K,),
        "norm": (width,),
    }
    sizes |= {"out": (width, K), "out_bias": (K,)}
    for k in range(layers):
        sizes |= {f"{k}.norm1": (width,), f"{k}.norm2": (width,), f"{k}.qkv": (width, 3 * width), f"{k}.mix": (width, width)}
        sizes |= {
            f"{k}.bias": (heads, window),
            f"{k}.up": (width, 4 * width),
            f"{k}.up_bias": (4 * width,),
            f"{k}.down": (4 * width, width),
        }
    return {name: (0.3 * chance.standard_normal(size)).astype(np.float16) for name, size in sizes.items()}


def relation(seed: int = 0) -> Relation:
    own = book()
    return Relation(weights(seed), own, {"labels": K, "layers": 2, "heads": 4, "window": 8, "alphabet": own.fingerprint})


def told(r: Relation, memory: list[int], heard: list[int | None], own: list[int | None]) -> np.ndarray:
    state = r.start(memory, listening=1)
    return np.stack([r.step(state, a, b) for a, b in zip(heard, own, strict=True)])


def saved(file: Path, **change: object) -> Path:
    own = book()
    shelf = {"emphasis": "harmony", "name": "b", "gate": own.gate, "turning": False}
    about = {"labels": K, "layers": 2, "heads": 4, "window": 8, "alphabet": own.fingerprint, "book": shelf, **change}
    arrays = {f"book.{name}": getattr(own, name) for name in ("centres", "mean", "scale")}
    np.savez(file, about=np.array(json.dumps(about)), **arrays, **weights())
    return file


def test_what_comes_out_are_log_probabilities() -> None:
    logp = told(relation(), [1, 2, 3], [None, 4, 5], [None, 1, 2])
    assert logp.shape == (3, K)
    assert np.exp(logp).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_what_is_heard_matters_and_only_from_the_next_segment_on() -> None:
    base = told(relation(), [1, 2, 3], [None, 4, 5, 6], [None, 1, 2, 3])
    other = told(relation(), [1, 2, 3], [None, 4, 9, 6], [None, 1, 2, 3])
    assert (base[:2] == other[:2]).all()
    assert np.abs(base[2] - other[2]).max() > 1e-3


def test_the_vector_behind_the_label_matters_where_it_is_given() -> None:
    r = relation()
    plain, with_it = r.step(r.start([1], listening=1), 4, 1), r.step(r.start([1], listening=1), 4, 1, np.ones(WIDE, np.float32))
    assert np.abs(plain - with_it).max() > 1e-3
    centre = r.step(r.start([1], listening=1), 4, 1, book().centres[4])  # its mean is 0, its scale 1
    assert centre == pytest.approx(plain, abs=1e-5)  # a label alone stands for the centre of its kind
    nobody = r.step(r.start([1], listening=1), None, 1), r.step(r.start([1], listening=1), None, 1, np.ones(WIDE, np.float32))
    assert (nobody[0] == nobody[1]).all()


def test_it_forgets_what_lies_behind_its_windows_and_goes_on_for_ever() -> None:
    chance = np.random.default_rng(0)
    heard, own = chance.integers(0, K, (2, 100)).tolist()
    long = told(relation(), [1, 2], heard, own)
    late = told(relation(), [1, 2], heard[-15:], own[-15:])  # two layers look back over 8 segments each
    assert long[-1] == pytest.approx(late[-1], abs=1e-5)
    assert np.isfinite(long).all()


def test_it_listens_as_much_as_asked() -> None:
    r = relation()

    def last(listening: float, heard: list[int]) -> np.ndarray:
        state = r.start([1, 2, 3], listening=listening)
        return [r.step(state, a, b) for a, b in zip(heard, [1, 2, 3], strict=True)][-1]

    assert last(0, [4, 5, 6]) == pytest.approx(last(0, [9, 9, 9]), abs=1e-6)  # deaf
    alone, taught, more = (last(how, [4, 5, 6]) for how in (0, 1, 2))
    assert more - more[0] == pytest.approx(2 * (taught - taught[0]) - (alone - alone[0]), abs=1e-4)
    assert np.exp(more).sum() == pytest.approx(1, abs=1e-5)


def test_two_partners_do_not_disturb_one_another() -> None:
    r = relation()
    one, other = r.start([1, 2], listening=1), r.start([3])
    alone = told(r, [1, 2], [4, 5, 6], [1, 2, 1])
    for k, (a, b) in enumerate(zip([4, 5, 6], [1, 2, 1], strict=True)):
        r.step(other, 9, 3)
        assert (r.step(one, a, b) == alone[k]).all()


@pytest.mark.parametrize("labels", [[], [K], [-1]])
def test_a_memory_of_other_labels_is_refused_in_a_line(labels: list[int]) -> None:
    with pytest.raises(ValueError, match=f"some of 0 to {K - 1}"):
        relation().start(labels)


def test_no_label_outside_the_memory_ever_comes_out() -> None:
    chance, r = np.random.default_rng(0), relation()
    memory = [3, 7, 11]
    certain = np.full(K, -30.0, np.float32)
    certain[5] = 0.0  # all that is likely lies outside
    drawn = {
        r.choose(certain, chance, allowed=memory, temperature=t, floor=f) for t in (0.2, 1, 3) for f in (0, 0.4, 0.9) for _ in range(200)
    }
    assert drawn <= set(memory)
    state, last = r.start(memory), None
    for _ in range(300):
        last = r.choose(r.step(state, int(chance.integers(K)), last), chance, allowed=memory)
        assert last in memory


def test_a_memory_of_one_label_plays_it() -> None:
    assert relation().choose(log_softmax(np.arange(K)), np.random.default_rng(0), allowed=[4]) == 4


def test_nothing_allowed_is_one_clear_line() -> None:
    with pytest.raises(ValueError, match="nothing is allowed"):
        feasible(np.zeros(K, np.float32), allowed=np.zeros(K, bool))


def test_the_nucleus_keeps_the_likeliest_and_the_one_that_fills_it() -> None:
    p = feasible(np.log([0.5, 0.25, 0.125, 0.125]), top_p=0.7, floor=0)
    assert p == pytest.approx([2 / 3, 1 / 3, 0, 0])
    assert feasible(np.log([0.9, 0.05, 0.05]), top_p=0.8, floor=0).tolist() == [1, 0, 0]
    assert feasible(np.log([0.9, 0.05, 0.05]), top_p=1.0, floor=0) == pytest.approx([0.9, 0.05, 0.05])


def test_a_choice_that_is_too_narrow_is_warmed_until_it_is_open_enough() -> None:
    sharp = log_softmax(np.arange(16) * 3.0)
    p = feasible(sharp, top_p=1.0, floor=0.5)
    assert entropy(p) == pytest.approx(2.0, abs=0.01)
    assert (np.diff(p) > 0).all()  # the order of likelihood stays
    open_ = log_softmax(np.zeros(16))
    assert feasible(open_, top_p=1.0, floor=0.5) == pytest.approx(np.full(16, 1 / 16))


def test_the_same_seed_plays_the_same() -> None:
    def played(seed: int) -> list[int]:
        chance, r = np.random.default_rng(seed), relation()
        state, found = r.start(range(K)), []
        for a in range(20):
            found.append(r.choose(r.step(state, a, found[-1] if found else None), chance))
        return found

    assert played(1) == played(1)
    assert played(1) != played(2)


def test_one_opinion_at_full_weight_is_that_opinion_bit_for_bit() -> None:
    opinions = [wished(K, [3, 4]), influence(book(), loud(3)), told(relation(), [1], [2], [1])[0]]
    for k, opinion in enumerate(opinions):
        mixed = mix([(float(k == j), other) for j, other in enumerate(opinions)])
        assert mixed.tobytes() == opinion.tobytes()


def loud(label: int) -> np.ndarray:
    """The vector of a kind, well above the gate."""
    vector = book().centres[label].copy()
    vector[-1] = 3.0
    return vector


def test_what_is_heard_wants_the_nearest_kind_and_silence_wants_silence() -> None:
    opinion = influence(book(), loud(3))
    assert opinion.shape == (K,)
    assert opinion.argmax() == book().label(loud(3))
    assert np.exp(opinion).sum() == pytest.approx(1, abs=1e-5)
    quiet = loud(3)
    quiet[-1] = 0.0
    assert influence(book(), quiet).argmax() == book().silence == K - 1


def test_mixed_opinions_weigh_as_much_as_asked() -> None:
    low, high = wished(K, 3), wished(K, 9)
    even, tilted = mix([(0.5, low), (0.5, high)]), mix([(0.2, low), (0.8, high)])
    assert even[3] == pytest.approx(even[9], abs=1e-5)
    assert tilted[9] > tilted[3]
    assert np.exp(tilted).sum() == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="nobody is asked"):
        mix([(0.0, low)])


def test_a_rule_is_a_function_or_a_table() -> None:
    assert rule(K, lambda a: a + 1, 4).argmax() == 5
    assert set(np.argsort(rule(K, {4: [7, 9]}, 4))[-2:].tolist()) == {7, 9}
    assert np.ptp(rule(K, {4: 7}, 5)) < 1e-6
    with pytest.raises(ValueError, match=f"some of 0 to {K - 1}"):
        rule(K, lambda a: 99, 4)


def test_a_relation_is_loaded_with_its_alphabet(tmp_path: Path) -> None:
    r = Relation.load(saved(tmp_path / "r.npz"), alphabet=book().fingerprint)
    assert r.book.fingerprint == book().fingerprint
    assert told(r, [1], [2, 3], [1, 1]) == pytest.approx(told(relation(), [1], [2, 3], [1, 1]), abs=1e-6)


def test_another_alphabet_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="knows the alphabet") as error:
        Relation.load(saved(tmp_path / "r.npz"), alphabet=book(1).fingerprint)
    assert "\n" not in str(error.value)


def test_a_file_that_is_none_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "r.npz").write_bytes(b"no")
    np.savez(tmp_path / "s.npz", a=np.zeros(3))
    for name in ("r.npz", "s.npz"):
        with pytest.raises(ValueError, match=f"{name} is not a relation"):
            Relation.load(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="is not there"):
        Relation.load(tmp_path / "none.npz")


@pytest.fixture(scope="module", params=["harmony-16", "harmony-64"])
def bundled(request: pytest.FixtureRequest) -> Relation:
    return Relation.load(request.param)


def test_a_relation_is_found_by_its_name_and_sixty_four_is_the_one_you_get() -> None:
    assert Relation.load().alphabet == Relation.load("harmony-64").alphabet
    with pytest.raises(FileNotFoundError, match="harmony-16, harmony-64 come with Antiphon"):
        Relation.load("harmony-32")


def test_the_bundled_relation_answers_in_half_a_millisecond(bundled: Relation) -> None:
    state, spent = bundled.start(range(bundled.labels)), []
    vector = np.zeros(bundled.book.mean.size, np.float32)
    for k in range(300):
        began = time.thread_time()
        bundled.step(state, k % bundled.labels, k % 7, vector)
        spent.append(time.thread_time() - began)
    assert np.median(spent) < 0.5e-3


def test_the_bundled_relation_stays_within_a_memory_by_itself(bundled: Relation) -> None:
    chance = np.random.default_rng(0)
    memory = np.sort(chance.choice(bundled.labels, 12, replace=False))
    state, last, inside = bundled.start(memory), None, []
    for _ in range(200):
        logp = bundled.step(state, int(chance.integers(bundled.labels)), last)
        inside.append(float(np.exp(logp[memory]).sum()))
        last = bundled.choose(logp, chance, allowed=memory)
    assert np.mean(inside) > 0.95


def test_the_bundled_relation_turns_with_its_alphabet(bundled: Relation) -> None:
    """A third higher heard and played is a third higher answered, nearly: it was taught in all keys."""
    chance, book = np.random.default_rng(0), bundled.book
    heard, own = chance.integers(0, 12, (2, 40))  # one kind, in all keys
    up = [book.shifted(np.arange(book.size), 4)[x] for x in (heard, own)]
    low = told(bundled, np.unique(own).tolist(), heard.tolist(), own.tolist())[-1]
    high = told(bundled, np.unique(up[1]).tolist(), up[0].tolist(), up[1].tolist())[-1]
    back = high[book.shifted(np.arange(book.size), 4)]
    some = np.unique(own)
    assert np.corrcoef(low[some], back[some])[0, 1] > 0.8
