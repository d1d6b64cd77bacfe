"""Compiled loops behind `fill`: choice under limited seats, drawn closing by closing, and its fluid mean; counts are int32."""

from __future__ import annotations

import math

import numpy as np

from .blocks import NEGATIVE, Counts, Floats, Keys, Longs
from .kernels import binomial, combine, gamma, hypergeometric, jit, replicate_uniform

# Tags that keep the draws of one call to `fill` apart.
_CHOICE, _TIME, _LEVEL, _KIND, _ARRIVAL, _EARLY, _REDIRECT = (np.uint64(i) for i in range(1, 8))
_ONE = np.uint64(1)
_NONE = np.uint64(0)

# The law is that of students who come one by one, in the order of iid uniform times within their band. What is drawn:
#
# * A pool with more choosers than seats (`over`) closes at the time of the q-th of its d choosers, a Beta(q, d - q + 1)
#   variate, which is kept. The pool with the first such time closes; its refused choose again among the open ones.
# * Of a pool that gets no newcomers then, nothing is drawn. One that does has had Bin(q - 1, .) arrivals before now
#   (`level`), j = Bin(newcomers, .) of the newcomers come before its old closing time, and the new one is the q'-th of
#   the q' - 1 + j uniform times before the old one: unchanged if j = 0.
# * Who arrived (`kind`) is drawn when the pool closes, backwards: the arrivals of all intervals up to one are a random
#   subset of those who were there in it, so every wave of newcomers takes one hypergeometric draw.
# * A pool with room for all of its choosers has no part in this. They are kept as waves (start, type, number), and how
#   many came is drawn only if newcomers put it over. If they equal its seats, it may prove to have been full when the
#   newcomers chose it: these choose again, which is a choice among those open in truth (IIA).


_BLOCK_BITS = np.uint64(62)  # pools whose keys have the same two bits above these are one of four blocks


@jit
def _choose(
    count: int, pool: Longs, weight: Floats, size: int, total: Floats, edge: Floats, key: np.uint64, pools: Keys,
    replicate: int, chosen: Longs,
) -> int:
    """Add the logit choices of `count` students among the open pools pool[:size] to chosen[S]; returns the draws made.

    Fewer students than pools choose one by one: a block of pools, then one in it, by two uniforms keyed by (key, index
    of the student). Otherwise the numbers are conditional binomials keyed by (key, pool). Either way few choices move
    with one weight, or when one pool more is closed (without the blocks each pool after it would pass some on to the
    next). The pools are in the order of their keys; total[S] and edge[4] are workspace.
    """
    if size == 1:
        chosen[pool[0]] += count
        return 0
    if count < size - 1:
        by_block, by_pool = combine(key, _NONE), combine(key, _ONE)
        edge[:] = 0.0
        whole = 0.0
        for i in range(size):
            whole += weight[i]
            total[i] = whole
            edge[np.int64(pools[pool[i]] >> _BLOCK_BITS)] = whole
        edge_1 = edge[0]
        edge_2 = max(edge_1, edge[1])
        edge_3 = max(edge_2, edge[2])
        for k in range(count):
            v = replicate_uniform(combine(by_block, np.uint64(k)), replicate) * whole
            low = edge_3 if edge_3 < v else edge_2 if edge_2 < v else edge_1 if edge_1 < v else 0.0
            high = edge_1 if v <= edge_1 else edge_2 if v <= edge_2 else edge_3 if v <= edge_3 else whole
            v = low + replicate_uniform(combine(by_pool, np.uint64(k)), replicate) * (high - low)
            i = 0
            for other in range(size - 1):
                i += total[other] < v
            chosen[pool[i]] += 1
        return count
    total[size - 1] = weight[size - 1]
    for i in range(size - 2, -1, -1):
        total[i] = total[i + 1] + weight[i]
    rest = count
    draws = 0
    for i in range(size - 1):
        if rest == 0:
            return draws
        s = pool[i]
        x = binomial(rest, weight[i] / total[i], replicate_uniform(combine(key, pools[s]), replicate))
        draws += 1
        chosen[s] += x
        rest -= x
    chosen[pool[size - 1]] += rest
    return draws


@jit
def _beta(a: int, b: int, key: np.uint64, replicate: int) -> tuple[float, int]:
    """Beta(a, b) for whole a, b >= 1: the a-th smallest of a + b - 1 uniforms; and the draws made."""
    if b <= 2:
        log = math.log(replicate_uniform(combine(key, _NONE), replicate)) / a
        if b == 2:
            log += math.log(replicate_uniform(combine(key, _ONE), replicate)) / (a + 1)
        return math.exp(log), b
    x = gamma(np.float64(a), combine(key, _NONE), replicate)
    y = gamma(np.float64(b), combine(key, _ONE), replicate)
    return x / (x + y), 2


@jit
def _settle(
    s: int, seats: int, present: int, kinds: Longs, chosen: Longs, cells: Longs, head: Longs, stage_key: Keys,
    key: np.uint64, types: Keys, replicate: int, taken: Longs, refused: Longs,
) -> int:
    """Let pool s close: of the `present` choosers who have not yet arrived `seats` are in time. Returns the draws made.

    Adds all accepted of the band to taken[t, s] and the others to refused[t]; clears chosen[:, s] and the waves of s.
    """
    draws = 0
    at = head[s]
    while at >= 0:
        t, count = cells[at, 0], cells[at, 2]
        if t < 0:
            seats += count
            present += count
        else:
            present -= count
            x = min(count, seats)
            if seats > 0 and present > 0:
                u = replicate_uniform(combine(combine(key, types[t]), stage_key[cells[at, 1]]), replicate)
                x = hypergeometric(count, present, seats, u)
                draws += 1
            taken[t, s] += x
            refused[t] += count - x
            seats -= x
        at = cells[at, 3]
    head[s] = -1
    for t in kinds:
        count = chosen[t, s]
        if count > 0:
            present -= count
            x = min(count, seats)
            if seats > 0 and present > 0:
                u = replicate_uniform(combine(combine(key, types[t]), _NONE), replicate)
                x = hypergeometric(count, present, seats, u)
                draws += 1
            taken[t, s] += x
            refused[t] += count - x
            seats -= x
            chosen[t, s] = 0
    return draws


@jit
def _arrivals(
    s: int, now: float, kinds: Longs, chosen: Longs, cells: Longs, head: Longs, stage_time: Floats, stage_key: Keys,
    key: np.uint64, types: Keys, replicate: int, taken: Longs,
) -> tuple[int, int]:
    """Find out who of the choosers of pool s has come by now: these go to taken[t, s], the rest to chosen[t, s].

    Returns (arrivals, draws). All choosers of s must be sure of a seat up to now.
    """
    arrived = 0
    draws = 0
    for t in kinds:
        if chosen[t, s] > 0:
            u = replicate_uniform(combine(combine(key, types[t]), _NONE), replicate)
            x = binomial(chosen[t, s], now, u)
            draws += 1
            chosen[t, s] -= x
            taken[t, s] += x
            arrived += x
    at = head[s]
    while at >= 0:
        t, stage, count = cells[at, 0], cells[at, 1], cells[at, 2]
        start = stage_time[stage]
        x = np.int64(0)
        if now > start:
            u = replicate_uniform(combine(combine(key, types[t]), stage_key[stage]), replicate)
            x = binomial(count, (now - start) / (1.0 - start), u)
            draws += 1
        chosen[t, s] += count - x
        taken[t, s] += x
        arrived += x
        at = cells[at, 3]
    head[s] = -1
    return arrived, draws


@jit
def _crowd(
    seats: int, since: float, closing: float, now: float, number: int, event: np.uint64, level_key: np.uint64,
    early_key: np.uint64, time_key: np.uint64, replicate: int,
) -> tuple[int, float, int]:
    """Let `number` newcomers join those who wait for the `seats` that a pool had at `since`, to be gone at `closing`.

    Returns (seats taken from since to now, new closing time, draws made).
    """
    before = 0
    draws = 0
    if seats > 1 and now > since:
        u = replicate_uniform(combine(level_key, event), replicate)
        before = binomial(seats - 1, (now - since) / (closing - since), u)
        draws += 1
    if closing > now:
        u = replicate_uniform(combine(early_key, event), replicate)
        early = binomial(number, (closing - now) / (1.0 - now), u)
        draws += 1
        if early > 0:
            share, made = _beta(seats - before, early, combine(time_key, event), replicate)
            closing = now + (closing - now) * share
            draws += made
    return before, closing, draws


@jit
def _remove(s: int, kinds: Longs, open_pool: Longs, open_weight: Floats, size: Longs) -> None:
    """Take pool s off the lists of what is open to each type."""
    for t in kinds:
        i = 0
        while i < size[t] and open_pool[t, i] != s:
            i += 1
        if i < size[t]:
            size[t] -= 1
            for k in range(i, size[t]):
                open_pool[t, k] = open_pool[t, k + 1]
                open_weight[t, k] = open_weight[t, k + 1]


@jit
def _band(
    lo: int, hi: int, position: float, kind: Longs, kind_start: Longs, open_pool: Longs, open_weight: Floats, size: Longs,
    total: Floats, edge: Floats, left: Longs, demand: Longs, chosen: Longs, added: Longs, cells: Longs, head: Longs, taken: Longs,
    unplaced: Longs, closed: Floats, base: np.uint64, types: Keys, pools: Keys, replicate: int,
) -> tuple[int, Longs]:
    """Let the choosers chosen[t, s] of one score band (types lo..hi-1) come until all have a seat or no choice.

    demand[s] are all choosers of pool s, kind[s, kind_start[s]:kind_start[s + 1]] the types it is open to. Returns the
    draws made and the (perhaps longer) workspace `cells` of waves: type (-1: arrivals of an interval), event, number,
    previous.
    """
    count = left.size
    draws = 0
    over = np.empty(count, np.int64)
    n_over = 0
    for s in range(count):
        if left[s] >= 0 and demand[s] > left[s]:
            over[n_over] = s
            n_over += 1
    if n_over > 0:
        level_key, time_key, kind_key = combine(base, _LEVEL), combine(base, _TIME), combine(base, _KIND)
        arrival_key, redirect_key, early_key = combine(base, _ARRIVAL), combine(base, _REDIRECT), combine(base, _EARLY)
        closing = np.full(count, 2.0)  # time at which an `over` pool will close; 2: no such time
        since = np.zeros(count)  # up to when its arrivals are known
        seats = np.zeros(count, np.int64)  # seats that it had then
        stage_time = np.empty(count)
        stage_key = np.empty(count, np.uint64)
        stage = -1
        used = 0
        refused = np.zeros(hi, np.int64)
        touched = np.empty(count, np.int64)
        marked = np.zeros(count, np.bool_)
        for i in range(n_over):
            s = over[i]
            seats[s] = left[s]
            closing[s], made = _beta(left[s], demand[s] - left[s] + 1, combine(time_key, pools[s]), replicate)
            draws += made
    while n_over > 0:
        first = 0
        for i in range(1, n_over):
            if closing[over[i]] < closing[over[first]]:
                first = i
        shut = over[first]
        n_over -= 1
        over[first] = over[n_over]
        now = closing[shut]
        closed[shut] = position + now
        stage += 1
        stage_time[stage] = now
        stage_key[stage] = pools[shut]
        kinds = kind[kind_start[shut] : kind_start[shut + 1]]
        if kinds.size == 1:
            t = kinds[0]
            taken[t, shut] += left[shut]
            refused[t] = demand[shut] - left[shut]
            chosen[t, shut] = 0
            head[shut] = -1
        else:
            draws += _settle(
                shut, seats[shut], demand[shut] - left[shut] + seats[shut], kinds, chosen, cells, head, stage_key,
                combine(kind_key, pools[shut]), types, replicate, taken, refused,
            )
        left[shut] = 0
        demand[shut] = 0
        closing[shut] = 2.0
        _remove(shut, kinds, open_pool, open_weight, size)
        # The refused choose again. `again` is shut at first, then each pool among their choices that proves to be full.
        n_touched = 0
        checked = 0
        again = shut
        while again >= 0:
            for t in kind[kind_start[again] : kind_start[again + 1]]:
                number = refused[t]
                if number == 0:
                    continue
                refused[t] = 0
                if size[t] == 0:
                    unplaced[t] += number
                    continue
                key = combine(combine(redirect_key, pools[again]), types[t])
                draws += _choose(
                    number, open_pool[t], open_weight[t], size[t], total, edge, key, pools, replicate, added[t]
                )
                for i in range(size[t]):
                    s = open_pool[t, i]
                    if added[t, s] > 0 and not marked[s]:
                        marked[s] = True
                        touched[n_touched] = s
                        n_touched += 1
            again = -1
            while checked < n_touched and again < 0:
                s = touched[checked]
                checked += 1
                if left[s] < 0 or closing[s] < 2.0 or demand[s] < left[s]:
                    continue
                kinds = kind[kind_start[s] : kind_start[s + 1]]
                arrived, made = _arrivals(
                    s, now, kinds, chosen, cells, head, stage_time, stage_key, combine(arrival_key, pools[s]), types,
                    replicate, taken,
                )
                draws += made
                left[s] -= arrived
                demand[s] -= arrived
                if left[s] == 0:
                    closed[s] = position + now
                    _remove(s, kinds, open_pool, open_weight, size)
                    for t in kinds:
                        refused[t] = added[t, s]
                        added[t, s] = 0
                    again = s
                else:
                    since[s] = now
        for i in range(n_touched):
            s = touched[i]
            marked[s] = False
            kinds = kind[kind_start[s] : kind_start[s + 1]]
            number = np.int64(0)
            for t in kinds:
                number += added[t, s]
            if number == 0:
                continue
            if left[s] < 0:
                for t in kinds:
                    taken[t, s] += added[t, s]
                    added[t, s] = 0
                continue
            demand[s] += number
            event = combine(pools[s], pools[shut])
            if closing[s] < 2.0:
                before, closing[s], made = _crowd(
                    seats[s], since[s], closing[s], now, number, event, level_key, early_key, time_key, replicate
                )
                seats[s] -= before
                since[s] = now
                draws += made
                if kinds.size == 1:
                    added[kinds[0], s] = 0
                    continue
            elif demand[s] > left[s]:
                if since[s] < now:
                    arrived, made = _arrivals(
                        s, now, kinds, chosen, cells, head, stage_time, stage_key, combine(arrival_key, pools[s]), types,
                        replicate, taken,
                    )
                    draws += made
                    left[s] -= arrived
                    demand[s] -= arrived
                    since[s] = now
                for t in kinds:
                    chosen[t, s] += added[t, s]
                    added[t, s] = 0
                seats[s] = left[s]
                share, made = _beta(left[s], demand[s] - left[s] + 1, combine(time_key, pools[s]), replicate)
                closing[s] = now + (1.0 - now) * share
                draws += made
                over[n_over] = s
                n_over += 1
                continue
            else:
                before = np.int64(0)
            if used + kinds.size + 1 > cells.shape[0]:
                longer = np.empty((2 * cells.shape[0] + kinds.size + 1, 4), np.int64)
                for at in range(used):
                    for k in range(4):
                        longer[at, k] = cells[at, k]
                cells = longer
            if before > 0:
                cells[used, 0] = -1
                cells[used, 1] = stage
                cells[used, 2] = before
                cells[used, 3] = head[s]
                head[s] = used
                used += 1
            for t in kinds:
                if added[t, s] > 0:
                    cells[used, 0] = t
                    cells[used, 1] = stage
                    cells[used, 2] = added[t, s]
                    cells[used, 3] = head[s]
                    head[s] = used
                    used += 1
                    added[t, s] = 0
    # Nobody else is turned away.
    for s in range(count):
        if demand[s] == 0:
            continue
        for t in kind[kind_start[s] : kind_start[s + 1]]:
            taken[t, s] += chosen[t, s]
            chosen[t, s] = 0
        at = head[s]
        while at >= 0:
            taken[cells[at, 0], s] += cells[at, 2]
            at = cells[at, 3]
        head[s] = -1
        if left[s] > 0:
            left[s] -= demand[s]
            if left[s] == 0:
                closed[s] = position + 1.0
        demand[s] = 0
    return draws, cells


@jit
def _ever_open(weights: Floats, order: Longs) -> tuple[Longs, Longs]:
    """Return what is open to each type in any parameter column: ever[t, :number[t]], in a given order."""
    n_types, n_pools, columns = weights.shape
    ever = np.empty((n_types, n_pools), np.int64)
    number = np.zeros(n_types, np.int64)
    for t in range(n_types):
        for s in order:
            for column in range(columns):
                if weights[t, s, column] > 0.0:
                    ever[t, number[t]] = s
                    number[t] += 1
                    break
    return ever, number


@jit
def _list_open(
    weights: Floats, column: int, ever: Longs, number: Longs, starts: Longs, pool: Longs, weight: Floats, length: Longs,
    kind: Longs, kind_start: Longs,
) -> None:
    """List, for a parameter column, what is open to each type of what ever is: pool[t, :length[t]], with its weight; and the
    types of each band to whom a pool is open: kind[kind_start[b, s]:kind_start[b, s + 1]]."""
    n_pools = weights.shape[1]
    after = np.empty(n_pools, np.int64)
    m = 0
    for b in range(starts.size - 1):
        after[:] = 0
        for t in range(starts[b], starts[b + 1]):
            n = 0
            for i in range(number[t]):
                s = ever[t, i]
                if weights[t, s, column] > 0.0:
                    pool[t, n] = s
                    weight[t, n] = weights[t, s, column]
                    after[s] += 1
                    n += 1
            length[t] = n
        for s in range(n_pools):
            kind_start[b, s] = m
            m += after[s]
            after[s] = kind_start[b, s]
        kind_start[b, n_pools] = m
        for t in range(starts[b], starts[b + 1]):
            for i in range(length[t]):
                s = pool[t, i]
                kind[after[s]] = t
                after[s] += 1


@jit
def fill_block(
    applicants: Counts, weights: Floats, seats: Counts, starts: Longs, order: Longs, per: int, base: np.uint64, types: Keys,
    pools: Keys, first: int, taken_out: Counts, unplaced_out: Counts, closed_out: Floats,
) -> int:
    """Serial dictatorship by bands for every replication, into `taken_out` full of zeros; returns the number of draws made, or
    what is wrong."""
    n_types, n_pools, columns = weights.shape
    n_bands = starts.size - 1
    draws = 0
    choice_key = combine(base, _CHOICE)
    left = np.empty(n_pools, np.int64)
    demand = np.zeros(n_pools, np.int64)
    total = np.empty(n_pools)
    edge = np.empty(4)
    chosen = np.zeros((n_types, n_pools), np.int64)
    added = np.zeros((n_types, n_pools), np.int64)
    taken = np.zeros((n_types, n_pools), np.int64)
    unplaced = np.empty(n_types, np.int64)
    closed = np.empty(n_pools)
    cells = np.empty((16, 4), np.int64)
    head = np.full(n_pools, -1)
    # Pools in the order of their keys (`order`); what is open to each type with its weight; and per band and pool the types to
    # whom the pool is open.
    ever, number_open = _ever_open(weights, order)
    pool = np.empty((n_types, n_pools), np.int64)
    weight = np.empty((n_types, n_pools))
    length = np.empty(n_types, np.int64)
    kind = np.empty(n_types * n_pools, np.int64)
    kind_start = np.empty((n_bands, n_pools + 1), np.int64)
    open_pool = np.empty((n_types, n_pools), np.int64)
    open_weight = np.empty((n_types, n_pools))
    size = np.empty(n_types, np.int64)
    for r in range(applicants.shape[1]):
        if r == 0 or (columns > 1 and r % per == 0):
            column = r // per if columns > 1 else 0
            _list_open(weights, column, ever, number_open, starts, pool, weight, length, kind, kind_start)
        unplaced[:] = 0
        replicate = first + r
        for s in range(n_pools):
            left[s] = seats[s, r] if seats[s, r] >= 0 else -1
            closed[s] = 0.0 if left[s] == 0 else np.nan
        for b in range(n_bands):
            lo, hi = starts[b], starts[b + 1]
            for t in range(lo, hi):
                m = np.int64(0)
                for i in range(length[t]):
                    s = pool[t, i]
                    if left[s] != 0:
                        open_pool[t, m] = s
                        open_weight[t, m] = weight[t, i]
                        m += 1
                size[t] = m
                number = np.int64(applicants[t, r])
                if number < 0:
                    return NEGATIVE
                if number == 0:
                    continue
                if m == 0:
                    unplaced[t] += number
                    continue
                draws += _choose(
                    number, open_pool[t], open_weight[t], m, total, edge, combine(choice_key, types[t]), pools,
                    replicate, chosen[t],
                )
                for i in range(m):
                    demand[open_pool[t, i]] += chosen[t, open_pool[t, i]]
            made, cells = _band(
                lo, hi, np.float64(b), kind, kind_start[b], open_pool, open_weight, size, total, edge, left, demand,
                chosen, added, cells, head, taken, unplaced, closed, base, types, pools, replicate,
            )
            draws += made
        for t in range(n_types):  # what is not open to a type is not looked at: with many areas that is nearly all
            for i in range(length[t]):
                taken_out[t, pool[t, i], r] = taken[t, pool[t, i]]
                taken[t, pool[t, i]] = 0
            unplaced_out[t, r] = unplaced[t]
        for s in range(n_pools):
            closed_out[s, r] = closed[s]
    return draws


@jit
def _flow(amount: float, weight: Floats, total: float, chosen: Floats) -> float:
    """Add a flow of students of one type, split by logit over its open pools, to chosen[n]; returns what finds nothing open."""
    if total <= 0.0:
        return amount
    for k in range(weight.size):
        chosen[k] += amount * (weight[k] / total)
    return 0.0


@jit
def fill_mean(
    applicants: Floats, weights: Floats, seats: Floats, starts: Longs, taken_out: Floats, unplaced_out: Floats,
    closed_out: Floats,
) -> int:
    """Fluid counterpart of `fill_block`: a band flows until the next pool is full, which closes, and so on; returns 0, or what is
    wrong."""
    n_types, n_pools, columns = weights.shape
    left = np.empty(n_pools)
    demand = np.empty(n_pools)
    shut = np.empty(n_pools, np.int64)
    # the pairs of a type and a pool with a weight: type by type, from first_of[t] on, pools in order
    pool_of = np.empty(n_types * n_pools, np.int64)
    weight_of = np.empty(n_types * n_pools)
    first_of = np.empty(n_types + 1, np.int64)
    # of a band the pairs of a type and a pool that is open to it: type by type, from begin[t] on, pools in order
    pool = np.empty(n_types * n_pools, np.int64)
    weight = np.empty(n_types * n_pools)
    chosen = np.empty(n_types * n_pools)
    taken = np.empty(n_types * n_pools)
    begin = np.empty(n_types + 1, np.int64)
    total = np.empty(n_types)  # of the weights
    refused = np.empty((n_pools, n_types))
    for r in range(applicants.shape[1]):
        if r == 0 or columns > 1:
            size = 0
            for t in range(n_types):
                first_of[t] = size
                for s in range(n_pools):
                    if weights[t, s, r] > 0.0:
                        pool_of[size], weight_of[size] = s, weights[t, s, r]
                        size += 1
            first_of[n_types] = size
        for s in range(n_pools):
            left[s] = seats[s, r] if seats[s, r] >= 0.0 else -1.0
            closed_out[s, r] = 0.0 if left[s] == 0.0 else np.nan
        for b in range(starts.size - 1):
            lo, hi = starts[b], starts[b + 1]
            size = 0
            for t in range(lo, hi):
                begin[t] = size
                total[t] = 0.0
                for k in range(first_of[t], first_of[t + 1]):
                    if left[pool_of[k]] != 0.0:
                        pool[size], weight[size] = pool_of[k], weight_of[k]
                        total[t] += weight[size]
                        size += 1
            begin[hi] = size
            chosen[:size] = 0.0
            taken[:size] = 0.0
            for t in range(lo, hi):
                if not applicants[t, r] >= 0.0:
                    return NEGATIVE
                if applicants[t, r] > 0.0:
                    mine = slice(begin[t], begin[t + 1])
                    unplaced_out[t, r] += _flow(applicants[t, r], weight[mine], total[t], chosen[mine])
            now = 0.0
            while True:
                demand[:] = 0.0
                for k in range(size):
                    demand[pool[k]] += chosen[k]
                until = 1.0
                first = -1
                for s in range(n_pools):
                    if left[s] >= 0.0 and demand[s] > left[s] and left[s] / demand[s] < until:
                        until = left[s] / demand[s]
                        first = s
                for k in range(size):
                    part = chosen[k] * until
                    taken[k] += part
                    chosen[k] -= part
                n_shut = 0
                if first >= 0:
                    shut[0] = first
                    n_shut = 1
                for s in range(n_pools):
                    if left[s] > 0.0 and demand[s] > 0.0:
                        left[s] -= demand[s] * until
                        # what rounding leaves of the seats is no seat
                        if s == first or left[s] <= 1e-13 * seats[s, r]:
                            left[s] = 0.0
                            closed_out[s, r] = b + now + (1.0 - now) * until
                            if s != first:
                                # two pools may fill at the same moment; the choosers of the other are redirected at once
                                shut[n_shut] = s
                                n_shut += 1
                if first < 0:
                    break
                now += (1.0 - now) * until
                # pairs with what has closed are settled and taken out
                for i in range(n_shut):
                    refused[shut[i], lo:hi] = 0.0
                size = 0
                upto = begin[lo]
                for t in range(lo, hi):
                    here, upto = upto, begin[t + 1]
                    begin[t] = size
                    total[t] = 0.0
                    for k in range(here, upto):
                        s = pool[k]
                        if left[s] == 0.0:
                            taken_out[t, s, r] = taken[k]
                            refused[s, t] = chosen[k]
                        else:
                            pool[size], weight[size], chosen[size], taken[size] = s, weight[k], chosen[k], taken[k]
                            total[t] += weight[size]
                            size += 1
                begin[hi] = size
                for i in range(n_shut):
                    for t in range(lo, hi):
                        if refused[shut[i], t] > 0.0:
                            mine = slice(begin[t], begin[t + 1])
                            unplaced_out[t, r] += _flow(refused[shut[i], t], weight[mine], total[t], chosen[mine])
            for t in range(lo, hi):
                for k in range(begin[t], begin[t + 1]):
                    taken_out[t, pool[k], r] = taken[k]
    return 0
