"""Numba: a compiled loop over persons, nothing stored.

``run`` is what one writes first, with ``np.random.random`` (in numba a Mersenne Twister); ``run_generator`` is the same loop
with NumPy's newer generator passed in, which takes a third of the time; ``run_tuned`` is the fastest that we know to write: a
counter-based generator of its own, whole-number thresholds, and no branch on chance, so that the compiler can work on several
persons at once. It draws for those who have left as well.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from benchmarks.pathway import (
    APPLY,
    DROPOUT,
    SEATS,
    STAY_COLLEGE,
    STAY_SECONDARY,
    Ints,
    Outputs,
)

D1, D2, D3, D4, D5 = DROPOUT


def _compiled(draw: Any) -> Any:
    """Return the loop over persons, with ``draw(rng)`` for a uniform."""

    @nb.njit(nogil=True)
    def persons(replications, programmes, entrants, years, rng):  # type: ignore[no-untyped-def]
        out = np.zeros((years + 7, replications), np.int64)
        for r in range(replications):
            for y in range(years):
                taken = np.zeros(programmes, np.int64)
                for _ in range(entrants):
                    taken[int(draw(rng) * programmes)] += 1
                for n in taken:
                    left = applicants = retained = college = d1 = d2 = d3 = d4 = d5 = 0
                    for _ in range(n):
                        if draw(rng) < D1:
                            d1 += 1
                        elif draw(rng) < D2:
                            d2 += 1
                        elif draw(rng) < D3:
                            d3 += 1
                        else:
                            left += 1
                            applicants += draw(rng) < APPLY
                    admitted = min(applicants, int(n * SEATS + 1e-9))
                    for _ in range(left - admitted):
                        retained += draw(rng) < STAY_SECONDARY
                    for _ in range(admitted):
                        if draw(rng) < D4:
                            d4 += 1
                        elif draw(rng) < D5:
                            d5 += 1
                        else:
                            college += 1
                            retained += draw(rng) < STAY_COLLEGE
                    out[0, r] += retained
                    out[1, r] += left - admitted
                    out[2, r] += college
                    out[3 + y, r] += d1
                    out[4 + y, r] += d2
                    out[5 + y, r] += d3
                    out[6 + y, r] += d4
                    out[7 + y, r] += d5
        return out

    return persons


@nb.njit(nogil=True)
def _twister(_: np.random.Generator) -> float:
    return np.random.random()


@nb.njit(nogil=True)
def _generator(rng: np.random.Generator) -> float:
    return rng.random()


@nb.njit(nogil=True)
def _begin(seed: int) -> None:
    np.random.seed(seed)  # numba's own state, not NumPy's


_PLAIN, _WITH_GENERATOR = _compiled(_twister), _compiled(_generator)


def run(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications."""
    _begin(seed)
    return Outputs.of(_PLAIN(replications, programmes, entrants, years, np.random.default_rng(seed)))


def run_generator(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications, by the loop with NumPy's generator."""
    return Outputs.of(_WITH_GENERATOR(replications, programmes, entrants, years, np.random.default_rng(seed)))


def _below(p: float) -> np.uint64:
    """Return the 64-bit word below which a share p of all words lie."""
    return np.uint64(int(p * 2.0**64))


W1, W2, W3, W4, W5 = (_below(p) for p in DROPOUT)
W_APPLY, W_SECONDARY, W_COLLEGE = _below(APPLY), _below(STAY_SECONDARY), _below(STAY_COLLEGE)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
S27, S30, S31, S32 = (np.uint64(i) for i in (27, 30, 31, 32))
M1, M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
TWO, THREE, FOUR = (np.uint64(i) for i in (2, 3, 4))


@nb.njit(nogil=True, cache=True, inline="always")
def _word(z: np.uint64) -> np.uint64:
    """splitmix64 (Steele, Lea and Flood 2014)."""
    z = (z ^ (z >> S30)) * M1
    z = (z ^ (z >> S27)) * M2
    return z ^ (z >> S31)


@nb.njit(nogil=True, cache=True)
def _persons_tuned(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Ints:
    out = np.zeros((years + 7, replications), np.int64)
    for r in range(replications):
        s = _word(np.uint64(seed) + _word(np.uint64(r) * GOLDEN))
        for y in range(years):
            taken = np.zeros(programmes, np.int64)
            if programmes == 1:
                taken[0] = entrants
            else:
                for i in range(entrants):
                    taken[((_word(s + np.uint64(i) * GOLDEN) >> S32) * np.uint64(programmes)) >> S32] += 1
                s += np.uint64(entrants) * GOLDEN
            for n in taken:
                left1 = left2 = left3 = applicants = 0
                for i in range(n):
                    a = s + FOUR * np.uint64(i) * GOLDEN
                    stays = np.int64(_word(a) >= W1)
                    left1 += stays
                    stays &= np.int64(_word(a + GOLDEN) >= W2)
                    left2 += stays
                    stays &= np.int64(_word(a + TWO * GOLDEN) >= W3)
                    left3 += stays
                    applicants += stays & np.int64(_word(a + THREE * GOLDEN) < W_APPLY)
                s += FOUR * np.uint64(n) * GOLDEN
                admitted = min(applicants, int(n * SEATS + 1e-9))
                retained = 0
                for i in range(left3 - admitted):
                    retained += np.int64(_word(s + np.uint64(i) * GOLDEN) < W_SECONDARY)
                s += np.uint64(left3 - admitted) * GOLDEN
                left4 = left5 = 0
                for i in range(admitted):
                    a = s + THREE * np.uint64(i) * GOLDEN
                    stays = np.int64(_word(a) >= W4)
                    left4 += stays
                    stays &= np.int64(_word(a + GOLDEN) >= W5)
                    left5 += stays
                    retained += stays & np.int64(_word(a + TWO * GOLDEN) < W_COLLEGE)
                s += THREE * np.uint64(admitted) * GOLDEN
                out[0, r] += retained
                out[1, r] += left3 - admitted
                out[2, r] += left5
                out[3 + y, r] += n - left1
                out[4 + y, r] += left1 - left2
                out[5 + y, r] += left2 - left3
                out[6 + y, r] += admitted - left4
                out[7 + y, r] += left4 - left5
    return out


def run_tuned(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications, by the tuned loop."""
    return Outputs.of(_persons_tuned(replications, programmes, entrants, years, seed))
