"""Compiled loops over cells and replications behind the sources; counts are int32, the replication axis is last."""



from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .kernels import (
    _CHOP_MEAN,
    _NEXT,
    _binomial_large,
    _chop_down,
    _log_complement,
    binomial,
    combine,
    gamma,
    hypergeometric,
    jit,
    replicate_uniform,
)

Counts = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

# Tags that keep the draws of one call to `fill` apart.
_CHOICE, _TIME, _LEVEL, _KIND, _ARRIVAL, _LAST, _REDIRECT = (np.uint64(i) for i in range(1, 8))
_ONE = np.uint64(1)
_NONE = np.uint64(0)


@jit
def _binomial_row(n: Counts, p: Floats, per: int, key: np.uint64, first: int, out: Counts) -> None:
    """out[r] ~ Bin(n[r], p[r // per]) for one cell; what depends on p alone is computed once per parameter column."""
    for j in range(p.size):
        prob = p[j]
        lo = j * per
        hi = n.size if p.size == 1 else lo + per
        if prob <= 0.0:
            for r in range(lo, hi):
                out[r] = 0
        elif prob >= 1.0:
            for r in range(lo, hi):
                out[r] = n[r]
        else:
            flip = prob > 0.5
            small = 1.0 - prob if flip else prob
            log_large = 1.0  # not yet known
            odds = 0.0
            for r in range(lo, hi):
                m = n[r]
                if m <= 0:
                    out[r] = 0
                    continue
                u = replicate_uniform(key, first + r)
                v = (1.0 - u) * _NEXT if flip else u
                mean = m * small
                if v <= 1.0 - mean:  # see _binomial_half
                    x = np.int32(0)
                elif mean >= _CHOP_MEAN:
                    x = np.int32(_binomial_large(np.float64(m), small, 1.0 - small, v))
                else:
                    if log_large > 0.0:
                        log_large = _log_complement(small)
                        odds = small / (1.0 - small)
                    x = np.int32(_chop_down(np.float64(m), small, log_large, odds, v))
                out[r] = m - x if flip else x


@jit
def binomial_block(n: Counts, p: Floats, per: int, base: np.uint64, cells: Keys, first: int, out: Counts) -> None:
    """out[c, r] ~ Bin(n[c, r], p[c, r // per])."""
    for c in range(n.shape[0]):
        key = combine(combine(base, cells[c]), _NONE)
        _binomial_row(n[c], p[c], per, key, first, out[c])


@jit
def split_block(
    n: Counts, p: Floats, stay: Floats, per: int, base: np.uint64, cells: Keys, first: int, out: Counts,
) -> None:
    """Competing risks: out[k, c, r] for p[k, c, r // per], the rest (probability `stay`) in out[K, c, r]."""
    outcomes, count, columns = p.shape
    share = np.empty((outcomes, columns))
    for c in range(count):
        cell = combine(base, cells[c])
        # Probabilities of k given that none of the outcomes before it happened, from sums that do not cancel.
        for j in range(columns):
            tail = stay[c, j]
            for k in range(outcomes - 1, -1, -1):
                tail += p[k, c, j]
                share[k, j] = p[k, c, j] / tail if p[k, c, j] > 0.0 else 0.0
        left = out[outcomes, c]
        left[:] = n[c]
        for k in range(outcomes):
            row = out[k, c]
            _binomial_row(left, share[k], per, combine(cell, np.uint64(k)), first, row)
            for r in range(left.size):
                left[r] -= row[r]


@jit
def ration_block(
    x: Counts, limit: Counts, starts: Longs, base: np.uint64, cells: Keys, first: int, out: Counts,
) -> int:
    """Multivariate hypergeometric draw of limit[g, r] out of each group's cells; returns the number of draws made."""
    draws = 0
    keys = np.empty(cells.size, np.uint64)
    for c in range(cells.size):
        keys[c] = combine(combine(base, cells[c]), _NONE)
    total = np.empty(x.shape[1], np.int64)
    for g in range(limit.shape[0]):
        lo, hi = starts[g], starts[g + 1]
        total[:] = 0
        for c in range(lo, hi):
            for r in range(x.shape[1]):
                total[r] += x[c, r]
        for r in range(x.shape[1]):
            rest = total[r]
            seats = np.int64(limit[g, r])
            if rest <= seats:
                for c in range(lo, hi):
                    out[c, r] = x[c, r]
                continue
            for c in range(lo, hi):
                here = np.int64(x[c, r])
                rest -= here
                got = min(here, seats)
                if here > 0 and seats > 0 and rest > 0:
                    got = hypergeometric(here, rest, seats, replicate_uniform(keys[c], first + r))
                    draws += 1
                out[c, r] = got
                seats -= got
    return draws


@jit
def ration_mean(x: Floats, limit: Floats, starts: Longs, out: Floats) -> None:
    """Proportional counterpart of `ration_block`."""
    for g in range(limit.shape[0]):
        lo, hi = starts[g], starts[g + 1]
        for r in range(x.shape[1]):
            total = 0.0
            for c in range(lo, hi):
                total += x[c, r]
            scale = 1.0 if total <= limit[g, r] else limit[g, r] / total
            for c in range(lo, hi):
                out[c, r] = x[c, r] * scale


# ----------------------------------------------------------------------------------------------------------------- fill


@jit
def _choose(
    count: int, weight: Floats, left: Longs, tail: Floats, key: np.uint64, pools: Keys, replicate: int,
    chosen: Longs,
) -> tuple[int, int]:
    """Add the multinomial logit choices of `count` students among the open pools to chosen[S].

    Returns (unplaced, draws). The draw for pool s is keyed by (key, pool s), so it does not move when others close.
    """
    total = 0.0
    for s in range(left.size - 1, -1, -1):
        if left[s] != 0 and weight[s] > 0.0:
            total += weight[s]
        tail[s] = total
    if total <= 0.0:
        return count, 0
    rest = count
    draws = 0
    for s in range(left.size):
        if rest == 0:
            break
        if left[s] == 0 or weight[s] <= 0.0:
            continue
        if weight[s] >= tail[s]:
            x = rest
        else:
            x = binomial(rest, weight[s] / tail[s], replicate_uniform(combine(key, pools[s]), replicate))
            draws += 1
        chosen[s] += x
        rest -= x
    return 0, draws


@jit
def _accept_some(
    s: int, accepted: int, chosen: Longs, taken: Longs, lo: int, hi: int, keys: Keys, replicate: int,
) -> int:
    """Accept `accepted` of the choosers of pool s, which of them being a draw without replacement; returns draws."""
    rest = np.int64(0)
    for t in range(lo, hi):
        rest += chosen[t, s]
    seats = accepted
    draws = 0
    for t in range(lo, hi):
        here = chosen[t, s]
        rest -= here
        got = min(here, seats)
        if here > 0 and seats > 0 and rest > 0:
            got = hypergeometric(here, rest, seats, replicate_uniform(keys[t - lo], replicate))
            draws += 1
        taken[t, s] += got
        chosen[t, s] -= got
        seats -= got
    return draws


@jit
def _band(
    lo: int, hi: int, position: float, weight: Floats, left: Longs, tail: Floats, chosen: Longs, taken: Longs,
    unplaced: Longs, closed: Floats, keys: Keys, base: np.uint64, types: Keys, pools: Keys, replicate: int,
) -> int:
    """Let the choosers of one score band (types lo..hi-1) arrive in random order until all have a seat or no choice.

    The state is (choosers not yet arrived, seats left); their arrival times are iid uniform on what remains of the
    band. Step: the pool s with d choosers and q < d seats would close at the q-th of d uniform times, a Beta(q, d - q +
    1) variate. Take the first such closing T. Pool s has then accepted a random q of its d; elsewhere the arrivals
    before T are accepted; the refused of s choose again among the open. By the strong Markov property the times of all
    who have not arrived are iid uniform on the rest, so the sampled times are forgotten and the step repeats.
    """
    count = left.size
    draws = 0
    now = 0.0
    last = _NONE
    demand = np.zeros(count, np.int64)
    closing = np.empty(count)
    while True:
        excess = np.int64(0)
        for s in range(count):
            demand[s] = 0
            for t in range(lo, hi):
                demand[s] += chosen[t, s]
            if left[s] >= 0 and demand[s] > left[s]:
                excess += demand[s] - left[s]
        # A pool with room for all of the excess cannot close before the band ends: its choosers are sure of a seat.
        for s in range(count):
            if demand[s] > 0 and (left[s] < 0 or left[s] - demand[s] >= excess):
                for t in range(lo, hi):
                    taken[t, s] += chosen[t, s]
                    chosen[t, s] = 0
                if left[s] > 0:
                    left[s] -= demand[s]
                    if left[s] == 0:
                        closed[s] = position + 1.0
                demand[s] = 0
        if excess == 0:
            return draws
        first_time = 2.0
        shut = -1
        for s in range(count):
            if left[s] < 0 or demand[s] <= left[s]:
                continue
            key = combine(combine(combine(base, pools[s]), last), _TIME)
            a = gamma(np.float64(left[s]), combine(key, _NONE), replicate)
            b = gamma(np.float64(demand[s] - left[s] + 1), combine(key, _ONE), replicate)
            draws += 2
            closing[s] = a / (a + b)
            if closing[s] < first_time:
                first_time = closing[s]
                shut = s
        for s in range(count):
            if demand[s] == 0 or s == shut:
                continue
            event = combine(combine(base, pools[s]), pools[shut])
            if demand[s] > left[s]:
                early = left[s] - 1
                if early > 0:
                    ratio = first_time / closing[s]
                    early = binomial(early, ratio, replicate_uniform(combine(event, _LEVEL), replicate))
                    draws += 1
                if early > 0:
                    for t in range(lo, hi):
                        keys[t - lo] = combine(combine(event, types[t]), _KIND)
                    draws += _accept_some(s, early, chosen, taken, lo, hi, keys, replicate)
                    left[s] -= early
            else:
                for t in range(lo, hi):
                    if chosen[t, s] > 0:
                        key = combine(combine(event, types[t]), _ARRIVAL)
                        early = binomial(chosen[t, s], first_time, replicate_uniform(key, replicate))
                        draws += 1
                        taken[t, s] += early
                        chosen[t, s] -= early
                        left[s] -= early
                if left[s] == 0:
                    closed[s] = position + now + (1.0 - now) * first_time
        now += (1.0 - now) * first_time
        closed[shut] = position + now
        event = combine(base, pools[shut])
        for t in range(lo, hi):
            keys[t - lo] = combine(combine(event, types[t]), _LAST)
        draws += _accept_some(shut, left[shut], chosen, taken, lo, hi, keys, replicate)
        left[shut] = 0
        for t in range(lo, hi):
            refused = chosen[t, shut]
            if refused == 0:
                continue
            chosen[t, shut] = 0
            key = combine(combine(event, types[t]), _REDIRECT)
            homeless, made = _choose(refused, weight[t], left, tail, key, pools, replicate, chosen[t])
            unplaced[t] += homeless
            draws += made
        last = pools[shut]


@jit
def fill_block(
    applicants: Counts, weights: Floats, seats: Counts, starts: Longs, per: int, base: np.uint64, types: Keys,
    pools: Keys, first: int, taken_out: Counts, unplaced_out: Counts, closed_out: Floats,
) -> int:
    """Serial dictatorship by bands for every replication; returns the number of draws made."""
    n_types, n_pools, columns = weights.shape
    replications = applicants.shape[1]
    draws = 0
    weight = np.empty((n_types, n_pools))
    keys = np.empty(n_types, np.uint64)
    choice_keys = np.empty(n_types, np.uint64)
    for t in range(n_types):
        choice_keys[t] = combine(combine(base, types[t]), _CHOICE)
    left = np.empty(n_pools, np.int64)
    tail = np.empty(n_pools)
    chosen = np.zeros((n_types, n_pools), np.int64)
    taken = np.empty((n_types, n_pools), np.int64)
    unplaced = np.empty(n_types, np.int64)
    closed = np.empty(n_pools)
    for r in range(replications):
        if r == 0 or (columns > 1 and r % per == 0):
            weight[:] = weights[:, :, r // per if columns > 1 else 0]
        taken[:] = 0
        unplaced[:] = 0
        replicate = first + r
        for s in range(n_pools):
            left[s] = seats[s, r] if seats[s, r] >= 0 else -1
            closed[s] = 0.0 if left[s] == 0 else np.nan
        for b in range(starts.size - 1):
            lo, hi = starts[b], starts[b + 1]
            for t in range(lo, hi):
                if applicants[t, r] == 0:
                    continue
                homeless, made = _choose(
                    np.int64(applicants[t, r]), weight[t], left, tail, choice_keys[t], pools, replicate, chosen[t]
                )
                unplaced[t] += homeless
                draws += made
            draws += _band(
                lo, hi, np.float64(b), weight, left, tail, chosen, taken, unplaced, closed, keys, base, types, pools,
                replicate,
            )
        taken_out[:, :, r] = taken
        unplaced_out[:, r] = unplaced
        closed_out[:, r] = closed
    return draws


@jit
def _flow(amount: float, weight: Floats, left: Floats, chosen: Floats) -> float:
    """Add a flow of students, split by logit over the open pools, to chosen[S]; returns what finds nothing open."""
    total = 0.0
    for s in range(left.size):
        if left[s] != 0.0:
            total += weight[s]
    if total <= 0.0:
        return amount
    for s in range(left.size):
        if left[s] != 0.0:
            chosen[s] += amount * (weight[s] / total)
    return 0.0


@jit
def fill_mean(
    applicants: Floats, weights: Floats, seats: Floats, starts: Longs, taken_out: Floats, unplaced_out: Floats,
    closed_out: Floats,
) -> None:
    """Fluid counterpart of `fill_block`: a band flows until the next pool is full, which closes, and so on."""
    n_types, n_pools, columns = weights.shape
    chosen = np.zeros((n_types, n_pools))
    left = np.empty(n_pools)
    demand = np.empty(n_pools)
    weight = np.empty((n_types, n_pools))
    for r in range(applicants.shape[1]):
        weight[:] = weights[:, :, r if columns > 1 else 0]
        for s in range(n_pools):
            left[s] = seats[s, r] if seats[s, r] >= 0.0 else -1.0
            closed_out[s, r] = 0.0 if left[s] == 0.0 else np.nan
        for b in range(starts.size - 1):
            lo, hi = starts[b], starts[b + 1]
            now = 0.0
            for t in range(lo, hi):
                if applicants[t, r] > 0.0:
                    unplaced_out[t, r] += _flow(applicants[t, r], weight[t], left, chosen[t])
            while True:
                until = 1.0
                shut = -1
                for s in range(n_pools):
                    demand[s] = 0.0
                    for t in range(lo, hi):
                        demand[s] += chosen[t, s]
                    if left[s] >= 0.0 and demand[s] > left[s] and left[s] / demand[s] < until:
                        until = left[s] / demand[s]
                        shut = s
                for s in range(n_pools):
                    for t in range(lo, hi):
                        part = chosen[t, s] * until
                        taken_out[t, s, r] += part
                        chosen[t, s] -= part
                    if left[s] > 0.0 and demand[s] > 0.0:
                        left[s] -= demand[s] * until
                        # what rounding leaves of the seats is no seat
                        if s == shut or left[s] <= 1e-13 * seats[s, r]:
                            left[s] = 0.0
                            closed_out[s, r] = b + now + (1.0 - now) * until
                if shut < 0:
                    break
                now += (1.0 - now) * until
                for t in range(lo, hi):
                    refused = chosen[t, shut]
                    chosen[t, shut] = 0.0
                    if refused > 0.0:
                        unplaced_out[t, r] += _flow(refused, weight[t], left, chosen[t])
                # Two pools may fill at the same moment; the choosers of the other are redirected at once.
                for s in range(n_pools):
                    if left[s] == 0.0 and s != shut:
                        for t in range(lo, hi):
                            refused = chosen[t, s]
                            chosen[t, s] = 0.0
                            if refused > 0.0:
                                unplaced_out[t, r] += _flow(refused, weight[t], left, chosen[t])
