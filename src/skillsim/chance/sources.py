"""Where the model gets its numbers: random draws (`Draws`) or their means (`Expected`), with one set of methods.

Shapes: C cells, R replications (``columns``), P parameter columns, K outcomes, G groups, T types, S pools. The
replication axis is last. A parameter array has a last axis P that is 1 (the same for all replications) or ``columns //
per_parameter``; replication r then uses parameter column ``r // per_parameter``.

A draw is addressed by (seed, process, time, cell key, absolute replication, index) and by nothing else: it does not
move when other cells are added, when replications are computed in other chunks, or on another number of threads. Two
calls with the same process, time and cell reuse the same uniforms, so each call of a model needs a process name of its
own.
"""



from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from time import thread_time
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from . import blocks, fill
from .keys import stream_key
from .parameters import uniforms

__all__ = ["Draws", "Expected", "Filled", "Source"]

Keys = NDArray[np.uint64]
Array = NDArray[Any]

_WRONG = {blocks.NEGATIVE: "negative count", blocks.UNLIKELY: "probabilities must lie in [0, 1]"}
_ROUND = 1e-12  # a remainder below this is the rounding of "nobody stays"


class Filled(NamedTuple):
    """Result of `Source.fill`."""

    taken: Array  # [T, S, R] students of each type in each pool
    unplaced: Array  # [T, R] students who found no open pool
    closed_at: NDArray[np.float64]  # [S, R] band index + share of the band's time at closing; nan: never closed


class Source(Protocol):
    """What the model asks of chance; see the module for shapes and `Draws` for the meaning of each method."""

    columns: int
    per_parameter: int
    dtype: Any
    n_draws: int

    def binomial(self, n: Array, p: Array, process: str, time: int, cells: Keys) -> Array: ...

    def split(self, n: Array, p: Array, process: str, time: int, cells: Keys) -> Array: ...

    def ration(self, x: Array, limit: Array, group: Array, process: str, time: int, cells: Keys) -> Array: ...

    def spread(self, weights: Array, total: Array, group: Array, process: str, time: int, cells: Keys) -> Array: ...

    def normal(self, process: str, time: int, cells: Keys) -> NDArray[np.float64]: ...

    def fill(
        self, applicants: Array, weights: Array, seats: Array, band: Array, process: str, time: int, types: Keys,
        pools: Keys,
    ) -> Filled: ...


# --------------------------------------------------------------------------------------------------------------- checks


def _key_array(keys: ArrayLike, size: int, what: str) -> Keys:
    array = np.ascontiguousarray(keys)
    if array.dtype != np.uint64:
        raise TypeError(f"{what}: keys are uint64 (see name_keys), not {array.dtype}")
    if array.shape != (size,):
        raise ValueError(f"{what}: {size} keys expected, got an array of shape {array.shape}")
    if size > 1 and _repeats(array.tobytes()):
        raise ValueError(f"{what}: keys repeat, so that different cells would share their draws")
    return array


@lru_cache(maxsize=1024)
def _repeats(keys: bytes) -> bool:
    """Say whether any two keys are the same; the same few arrays come again and again."""
    ordered = np.sort(np.frombuffer(keys, dtype=np.uint64))
    return bool((ordered[1:] == ordered[:-1]).any())


def _probabilities(p: ArrayLike, leading: tuple[int, ...], columns: int, what: str) -> NDArray[np.float64]:
    array = _parameters(p, leading, columns, what)
    if array.size and not (array.min() >= 0.0 and array.max() <= 1.0 + blocks.SLIP):
        raise ValueError(f"{what}: {_WRONG[blocks.UNLIKELY]}")
    return array


def _parameters(p: ArrayLike, leading: tuple[int, ...], columns: int, what: str) -> NDArray[np.float64]:
    array = np.ascontiguousarray(p, dtype=np.float64)
    if array.shape[:-1] != leading or array.ndim != len(leading) + 1 or array.shape[-1] not in (1, columns):
        expected = ", ".join(map(str, leading))
        raise ValueError(f"{what}: shape ({expected}, 1) or ({expected}, {columns}) expected, got {array.shape}")
    # for what can't be written to the kernels would be compiled a second time
    return array if array.flags.writeable else array.copy()


def _right(what: str, made: int) -> None:
    """Raise where a compiled loop tells what is wrong in place of how many draws it made."""
    if made < 0:
        raise ValueError(f"{what}: {_WRONG[made]}")


def _stay(p: NDArray[np.float64], process: str) -> NDArray[np.float64]:
    stay = 1.0 - p.sum(axis=0)
    if stay.size and not stay.min() >= -blocks.SLIP:
        raise ValueError(f"{process}: the probabilities of competing risks add up to {1.0 - stay.min():.12g} > 1")
    stay[stay < _ROUND] = 0.0
    return stay


def _starts(labels: ArrayLike, size: int, groups: int | None, what: str) -> NDArray[np.int64]:
    """Start of each run 0..groups-1 in a non-decreasing array of labels (plus the end); empty runs are allowed."""
    array = np.asarray(labels)
    if array.shape != (size,):
        raise ValueError(f"{what}: {size} labels expected, got an array of shape {array.shape}")
    if size and array.dtype.kind not in "iu":
        raise TypeError(f"{what}: labels are integers, not {array.dtype}")
    first, last, starts = _runs(array.astype(np.int64).tobytes(), groups)
    if first < 0:
        raise ValueError(f"{what}: labels must be non-negative and non-decreasing")
    if groups is not None and last >= groups:
        raise ValueError(f"{what}: label {last} where there are {groups} groups")
    return starts


@lru_cache(maxsize=1024)
def _runs(labels: bytes, groups: int | None) -> tuple[int, int, NDArray[np.int64]]:
    """Return the least label (-1 if labels fall), the last, and the starts; the same few arrays come again and again."""
    array = np.frombuffer(labels, dtype=np.int64)
    last = int(array[-1]) if array.size else -1
    falls = bool((np.diff(array) < 0).any())
    starts = np.searchsorted(array, np.arange((last + 1 if groups is None else groups) + 1)).astype(np.int64)
    return (-1 if falls else int(array[0]) if array.size else 0), last, starts


# ---------------------------------------------------------------------------------------------------------------- draws


class Draws:
    """Random draws for the absolute replications first .. first + count - 1.

    Replications come in pairs (2 m, 2 m + 1) that share a parameter column, hence `first` and `count` must be even.
    Counts are int32; other integer arrays are converted (OverflowError if they do not fit), floats refused (TypeError).

    ``n_draws`` counts the draws made, ``seconds`` the processor time within them.
    """

    per_parameter = 2
    dtype: Any = np.int32

    def __init__(self, seed: int, first: int, count: int) -> None:
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ValueError(f"the seed must be an integer >= 0, not {seed!r}: a run must be repeatable")
        if first < 0 or first % 2 or count <= 0 or count % 2:
            raise ValueError(f"replications come in pairs: first and count must be even, got {first} and {count}")
        self.seed = int(seed)
        self.first = int(first)
        self.columns = int(count)
        self.n_draws = 0
        self.seconds = 0.0

    def _draw(self, what: str, kernel: Callable[..., int], *given: Any) -> None:
        """Let a compiled loop draw, which looks at the figures on its way; note how many draws it made and how long they took."""
        began = thread_time()
        made = kernel(*given)
        self.seconds += thread_time() - began
        _right(what, made)
        self.n_draws += made

    def _counts(self, n: ArrayLike, rows: int | None, what: str) -> NDArray[np.int32]:
        array = np.asarray(n)
        if array.ndim != 2 or array.shape[1] != self.columns or (rows is not None and array.shape[0] != rows):
            wanted = "cells" if rows is None else rows
            raise ValueError(f"{what}: shape ({wanted}, {self.columns}) expected, got {array.shape}")
        if array.dtype.kind not in "iu":
            raise TypeError(f"{what}: counts are integers, not {array.dtype}")
        if array.dtype != np.int32:
            limits = np.iinfo(np.int32)
            if array.size and (array.max() > limits.max or array.min() < limits.min):
                raise OverflowError(f"{what}: counts do not fit into 32 bits")
        return np.ascontiguousarray(array, dtype=np.int32)

    def _chances(self, p: ArrayLike, leading: tuple[int, ...], what: str) -> tuple[NDArray[np.float64], int]:
        """Return probabilities, and how many replications share one."""
        every = np.shape(p)[-1:] == (self.columns,)
        array = _parameters(p, leading, self.columns if every else self._params(), what)
        return array, 1 if array.shape[-1] == self.columns else self.per_parameter

    def _params(self) -> int:
        return self.columns // self.per_parameter

    def binomial(self, n: Array, p: Array, process: str, time: int, cells: Keys) -> NDArray[np.int32]:
        """Successes out of n[C, R] with probability p[C, P] (or p[C, R], one for each replication), as int32[C, R].

        ValueError for wrong shapes, repeated keys, negative counts or probabilities outside of [0, 1].
        """
        n = self._counts(n, None, process)
        p, per = self._chances(p, n.shape[:1], process)
        cells = _key_array(cells, n.shape[0], process)
        out = np.empty_like(n)
        base = stream_key(self.seed, process, time)
        self._draw(process, blocks.binomial_block, n, p, per, base, cells, self.first, out)
        return out

    def split(self, n: Array, p: Array, process: str, time: int, cells: Keys) -> NDArray[np.int32]:
        """Competing risks in one multinomial: int32[K + 1, C, R] from n[C, R] and p[K, C, P] (or p[K, C, R]).

        p[k] is the unconditional probability of outcome k, the last row of the result is who stays, and the rows add up
        to n. Outcome k is keyed by its position, so a new outcome at the end with probability zero changes nothing.
        ValueError if the probabilities of a cell add up to more than 1 (beyond rounding), and as in `binomial`.
        """
        n = self._counts(n, None, process)
        p, per = self._chances(p, (np.shape(p)[0], n.shape[0]), process)
        cells = _key_array(cells, n.shape[0], process)
        stay = _stay(p, process)
        out = np.empty((p.shape[0] + 1, *n.shape), dtype=np.int32)
        base = stream_key(self.seed, process, time)
        self._draw(process, blocks.split_block, n, p, stay, per, base, cells, self.first, out)
        return out

    def ration(self, x: Array, limit: Array, group: Array, process: str, time: int, cells: Keys) -> NDArray[np.int32]:
        """Accepted int32[C, R] out of x[C, R] when the cells of group g share limit[G, R] seats.

        ``group[C]`` is non-decreasing. All are accepted where they fit; otherwise `limit` of them are drawn without
        replacement (multivariate hypergeometric, one uniform per cell). ValueError for a negative limit.
        """
        x = self._counts(x, None, process)
        limit = self._counts(limit, None, f"{process}: limit")
        starts = _starts(group, x.shape[0], limit.shape[0], process)
        cells = _key_array(cells, x.shape[0], process)
        out = np.empty_like(x)
        base = stream_key(self.seed, process, time)
        self._draw(process, blocks.ration_block, x, limit, starts, base, cells, self.first, out)
        return out

    def spread(self, weights: Array, total: Array, group: Array, process: str, time: int, cells: Keys) -> NDArray[np.int32]:
        """Share total[G, R] out over the rows of group g in proportion to weights[C, R], as int32[C, R].

        Systematic sampling (Madow and Madow 1944) with one uniform for each group (cells[G]): every row gets its exact
        share rounded down or up, the mean over draws is the exact share, the rows of a group sum to its total.  No row
        gets more than its weight where the total is not above the weights' sum; nothing where all weights are 0.
        """
        weights = self._counts(weights, None, process)
        total = self._counts(total, None, f"{process}: total")
        starts = _starts(group, weights.shape[0], total.shape[0], process)
        cells = _key_array(cells, total.shape[0], process)
        out = np.empty_like(weights)
        base = stream_key(self.seed, process, time)
        self._draw(process, blocks.spread_block, weights, total, starts, base, cells, self.first, out)
        return out

    def normal(self, process: str, time: int, cells: Keys) -> NDArray[np.float64]:
        """Standard normal float64[C, R], by inversion of one uniform each."""
        cells = _key_array(cells, len(cells), process)
        began = thread_time()
        out = np.asarray(ndtri(uniforms(self.seed, process, time, cells, self.first, self.columns)), dtype=np.float64)
        self.seconds += thread_time() - began
        self.n_draws += out.size
        return out

    def fill(
        self, applicants: Array, weights: Array, seats: Array, band: Array, process: str, time: int, types: Keys,
        pools: Keys,
    ) -> Filled:
        """Parallel choice with one score: serial dictatorship by score bands, multinomial logit within a band.

        Parameters: applicants[T, R]; weights[T, S, P] >= 0, the logit weights (0: not open to that type); seats[S, R],
        negative for unlimited; band[T] non-decreasing, 0 the best score; keys types[T] and pools[S], each without
        repeats (a type is one row: source area x band x ...). Every student of a band is in random order and takes the
        pool he drew if it is open, else chooses again among the open pools; who finds none is unplaced.

        The law of the result is exactly that of this student-by-student process, but it is drawn event by event (one
        event per pool that closes), so the cost does not depend on the number of students. ``closed_at`` is exact for
        pools that turn somebody away; a pool filled to the last seat without that is given the later closing at which
        somebody would have chosen it, or the end of the band.
        """
        applicants = self._counts(applicants, None, process)
        seats = self._counts(seats, None, f"{process}: seats")
        n_types, n_pools = applicants.shape[0], seats.shape[0]
        weights = _weights(weights, n_types, n_pools, self._params(), process)
        starts = _starts(band, n_types, None, f"{process}: band")
        types = _key_array(types, n_types, f"{process}: types")
        pools = _key_array(pools, n_pools, f"{process}: pools")
        taken = np.zeros((n_types, n_pools, self.columns), dtype=np.int32)
        unplaced = np.empty((n_types, self.columns), dtype=np.int32)
        closed = np.empty((n_pools, self.columns))
        base = stream_key(self.seed, process, time)
        order = np.argsort(pools, kind="stable")
        self._draw(
            process, fill.fill_block, applicants, weights, seats, starts, order, self.per_parameter, base, types, pools,
            self.first, taken, unplaced, closed,
        )
        return Filled(taken, unplaced, closed)


def _weights(weights: ArrayLike, types: int, pools: int, columns: int, what: str) -> NDArray[np.float64]:
    array = _parameters(weights, (types, pools), columns, f"{what}: weights")
    if array.size and not (array.min() >= 0.0 and array.max() < np.inf):
        raise ValueError(f"{what}: weights must be finite and not negative")
    return array


# ------------------------------------------------------------------------------------------------------------- expected


class Expected:
    """Means instead of draws: the same methods on real-valued counts, each column with its own parameter column.

    The mean of a limited count is not the limit of a mean: `ration` and `fill` are the fluid limit (many people), which
    overstates what binds at small numbers.
    """

    per_parameter = 1
    dtype: Any = np.float64

    def __init__(self, columns: int) -> None:
        if columns <= 0:
            raise ValueError(f"columns must be positive, got {columns}")
        self.columns = int(columns)
        self.n_draws = 0
        self.seconds = 0.0

    def _flows(self, n: ArrayLike, what: str) -> NDArray[np.float64]:
        array = np.ascontiguousarray(n, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != self.columns:
            raise ValueError(f"{what}: shape (cells, {self.columns}) expected, got {array.shape}")
        return array

    def _people(self, n: ArrayLike, what: str) -> NDArray[np.float64]:
        array = self._flows(n, what)
        if array.size and not array.min() >= 0.0:
            raise ValueError(f"{what}: {_WRONG[blocks.NEGATIVE]}")
        return array

    def binomial(self, n: Array, p: Array, process: str, time: int, cells: Keys) -> NDArray[np.float64]:
        """n p, as float64[C, R]."""
        n = self._people(n, process)
        return n * _probabilities(p, n.shape[:1], self.columns, process)

    def split(self, n: Array, p: Array, process: str, time: int, cells: Keys) -> NDArray[np.float64]:
        """Means of `Draws.split`: float64[K + 1, C, R]."""
        n = self._people(n, process)
        p = _probabilities(p, (np.shape(p)[0], n.shape[0]), self.columns, process)
        out = np.empty((p.shape[0] + 1, *n.shape))
        np.multiply(n, p, out=out[:-1])
        np.multiply(n, _stay(p, process), out=out[-1])
        return out

    def ration(self, x: Array, limit: Array, group: Array, process: str, time: int, cells: Keys) -> NDArray[np.float64]:
        """Proportional scaling of each group to its limit: float64[C, R]."""
        x = self._flows(x, process)
        limit = self._flows(limit, f"{process}: limit")
        starts = _starts(group, x.shape[0], limit.shape[0], process)
        out = np.empty_like(x)
        _right(process, blocks.ration_mean(x, limit, starts, out))
        return out

    def spread(self, weights: Array, total: Array, group: Array, process: str, time: int, cells: Keys) -> NDArray[np.float64]:
        """Exact shares: float64[C, R]."""
        weights = self._flows(weights, process)
        total = self._flows(total, f"{process}: total")
        starts = _starts(group, weights.shape[0], total.shape[0], process)
        out = np.empty_like(weights)
        _right(process, blocks.spread_mean(weights, total, starts, out))
        return out

    def normal(self, process: str, time: int, cells: Keys) -> NDArray[np.float64]:
        """Zeros: float64[C, R]."""
        return np.zeros((len(cells), self.columns))

    def fill(
        self, applicants: Array, weights: Array, seats: Array, band: Array, process: str, time: int, types: Keys,
        pools: Keys,
    ) -> Filled:
        """Fluid limit of `Draws.fill` (Kapur 2021, arXiv 2107.01340); exact in where each pool closes."""
        applicants = self._flows(applicants, process)
        seats = self._flows(seats, f"{process}: seats")
        n_types, n_pools = applicants.shape[0], seats.shape[0]
        weights = _weights(weights, n_types, n_pools, self.columns, process)
        starts = _starts(band, n_types, None, f"{process}: band")
        taken = np.zeros((n_types, n_pools, self.columns))
        unplaced = np.zeros((n_types, self.columns))
        closed = np.empty((n_pools, self.columns))
        _right(process, fill.fill_mean(applicants, weights, seats, starts, taken, unplaced, closed))
        return Filled(taken, unplaced, closed)
