"""Named policies as patches: what they touch, in which order they act, and what they may not touch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, get_args

from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import checks, labour
from skillsim.scenario.numbers import Block, Number, Op, Par, Patch, frozen
from skillsim.scenario.types import Change, Quota, Scenario, numbers, place_of

CUSTOM = "(custom)"  # no policy can have this name; changes given by hand act after those that are in force already
Wish = str | Mapping[str, tuple[Any, ...]]


def vary(scenario: Scenario, wish: Wish, called: str | None = None) -> Scenario:
    """Return a new scenario with policies in force; the given one is left as it is.

    Parameters
    ----------
    scenario : the base
    wish : the name of a policy, names joined by '+', or ``{key: (op, value)}`` or ``{key: (op, value, from)}`` or
        ``{key: (op, value, from, until)}`` with op one of set, add, scale, ramp and dates as ``datetime.date``
    called : what the new scenario is called in results; by default the names of its policies, "(custom)" for changes given
        by hand

    Raises
    ------
    ScenarioError
        with every problem: an unknown policy or key, a date before ``as_of``, two policies in conflict, a value out of bounds.
    """
    if isinstance(wish, str):
        names = [n.strip() for n in wish.split("+")]
        out = _with(scenario, {name: _changes_of(scenario, name) for name in names}, names, fact=False)
    else:
        out = _with(scenario, {CUSTOM: _asked(wish)}, [CUSTOM], fact=False)
    out._called = called
    out._wishes = (*scenario.wishes, wish if isinstance(wish, str) else {key: _plain(given) for key, given in wish.items()})
    return out


def _plain(given: tuple[Any, ...]) -> list[Any]:
    op, value, *dates = given
    return [str(op), float(value), *(str(day) for day in dates)]  # a date as text is its ISO form


def with_facts(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """Return a new scenario in which policies act as facts: they may be dated before ``as_of``, from the first reported year on.

    Raises
    ------
    ScenarioError
        as :func:`vary`.
    """
    if not names:
        return scenario
    out = _with(scenario, {name: _changes_of(scenario, name) for name in names}, names, fact=True)
    out._called = scenario.called
    return out


def _changes_of(scenario: Scenario, name: str) -> Sequence[Change] | None:
    return scenario.policies[name].changes if name in scenario.policies else None


def _with(scenario: Scenario, asked: Mapping[str, Sequence[Change] | None], names: Sequence[str], fact: bool) -> Scenario:
    """Return a new scenario with the changes of each name on it; None stands for a policy that there is not."""
    problems: list[Problem] = []
    patches: list[tuple[str, Patch]] = []
    listed = _listed(scenario)
    for name, changes in asked.items():
        if changes is None:
            problems.append(checks.unknown("unknown_policy", "policies", name, scenario.policies))
            continue
        for i, change in enumerate(changes):
            where = change.key if name == CUSTOM else f"policies.{name}.changes.{i}"
            found = _matching(listed, change.key)
            problems += _problems_of(scenario, change, where, found, fact)
            patches += [(one.path, _patch(scenario, change, name)) for one in found]
    twice = sorted({n for n in names if n != CUSTOM and [*scenario.applied, *names].count(n) > 1})
    problems += [Problem("policy_twice", "policies", name, args={"name": name}) for name in twice]
    problems += _conflicts(scenario, listed, [(one.path, p) for one in listed for p in one.number.patches] + patches)
    if problems:
        raise ScenarioError(problems)
    touched: dict[str, list[Patch]] = {}
    for path, patch in patches:
        touched.setdefault(path, []).append(patch)
    rank = {name: i for i, name in enumerate(dict.fromkeys([*scenario.order, *scenario.applied, *names]))}
    changed = {
        one.path: one.number.patched_by(
            tuple(sorted((*one.number.patches, *touched[one.path]), key=lambda p: (p.since, rank.get(p.policy, 0))))
        )
        for one in listed
        if one.path in touched
    }
    out = with_numbers(scenario, changed)
    out._applied = (*scenario.applied, *names)
    among = [(one.path, changed[one.path], one.par) for one in listed if one.path in changed]
    problems = [*checks.ranges(out, among), *checks.risks(out), *labour.figures(out)]
    if problems:
        raise ScenarioError(problems)
    return out


def _asked(wish: Mapping[str, tuple[Any, ...]]) -> list[Change]:
    out: list[Change] = []
    problems: list[Problem] = []
    for key, given in wish.items():
        try:
            op, value, *dates = given
            fields = {"key": key, str(op): value} | dict(zip(("from", "until")[: len(dates)], dates, strict=True))
            out.append(Change.model_validate(fields))
        except (TypeError, ValueError):
            problems.append(Problem("change_op", str(key), str(given)))
    if problems:
        raise ScenarioError(problems)
    return out


def _patch(scenario: Scenario, change: Change, policy: str) -> Patch:
    ops: tuple[Op, ...] = ("set", "add", "scale", "ramp")
    op = next(o for o in ops if getattr(change, o) is not None)
    return Patch(op, float(getattr(change, op)), change.since or scenario.as_of, change.until, change.hold, policy)


class _Listed(NamedTuple):
    """A number of a scenario: its path, whole and in parts, the number, its declaration."""

    path: str
    parts: list[str]
    number: Number
    par: Par


def _listed(scenario: Scenario) -> list[_Listed]:
    return [_Listed(path, path.split("."), number, par) for path, number, par in numbers(scenario)]


def _matching(listed: list[_Listed], key: str) -> list[_Listed]:
    wanted = key.split(".")
    plain = [(i, part) for i, part in enumerate(wanted) if part != "*"]
    return [one for one in listed if len(one.parts) >= len(wanted) and all(one.parts[i] == part for i, part in plain)]


def matches(scenario: Scenario, key: str) -> list[str]:
    """Return the paths of the numbers that a key names: the number itself, or all below it; ``*`` is any one part."""
    return [one.path for one in _matching(_listed(scenario), key)]


def named(scenario: Scenario, key: str) -> list[tuple[str, Number, Par]]:
    """Return path, number and declaration of the numbers that a key names."""
    return [(one.path, one.number, one.par) for one in _matching(_listed(scenario), key)]


def problems_of_key(scenario: Scenario, key: str, where: str, found: Sequence[tuple[str, Number, Par]]) -> list[Problem]:
    """Return what is wrong with a key that names the numbers ``found``: it names none, or several kinds at once."""
    if not found:
        return [_nothing(scenario, key, where)]
    kinds = {(par.unit, par.read_on, _leaf(path)) for path, _, par in found}
    if len(kinds) > 1:
        return [Problem("patch_mixed", where, args={"key": key, "kinds": ", ".join(sorted(leaf for _, _, leaf in kinds))})]
    return []


def _problems_of(scenario: Scenario, change: Change, where: str, found: list[_Listed], fact: bool) -> list[Problem]:
    """Return what is wrong with one change: its key, the kinds it mixes, its date, a hold that holds nothing."""
    out = problems_of_key(scenario, change.key, where, [(one.path, one.number, one.par) for one in found])
    if not found:
        return out
    paths = [one.path for one in found]
    if any(path.startswith("retention.base.") for path in paths):
        out.append(Problem("patch_observed", where, change.key))
    if any(labour.of_the_start(path) for path in paths):
        out.append(Problem("patch_start", where, change.key, args={"year": scenario.years.first - 1}))
    since = change.since or scenario.as_of
    if fact and since.year < scenario.years.first:
        out.append(Problem("patch_early", where, args={"date": since, "first": scenario.years.first}))
    if not fact and since < scenario.as_of:
        out.append(Problem("patch_frozen", where, args={"date": since, "as_of": scenario.as_of}))
    if change.until is not None and change.until <= since:
        out.append(Problem("change_until", where, change.until))
    if change.hold and not all(path.startswith("quota.") for path in paths):
        out.append(Problem("patch_hold", where, change.key))
    return out


INSTEAD = {"to_graduates": "labour.to_graduates", "flexible": "labour.flexible"}  # what holds where an own figure is left out


def _nothing(scenario: Scenario, key: str, where: str) -> Problem:
    """Return the problem that a key names no number: one that is left out, or none that can be."""
    wanted = key.split(".")
    for path in _left_out(scenario):
        parts = path.split(".")
        if len(parts) <= len(wanted) and all(w in ("*", p) for w, p in zip(wanted, parts, strict=False)):
            other = INSTEAD.get(parts[-1], "") if scenario.labour else ""
            args = {"other": other} if other else {"at": path if "*" not in wanted else key}
            return Problem("patch_other" if other else "patch_unset", where, key, args=args)
    return checks.unknown("patch_key", where, key, _keys(scenario), key=key)


def _left_out(block: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of the numbers, and of the blocks with numbers in them, that a scenario leaves out."""
    below = f"{path}." if path else ""
    if isinstance(block, Block) and not isinstance(block, Number):
        for name, info in type(block).model_fields.items():
            value = getattr(block, name)
            if value is None and any(isinstance(a, type) and issubclass(a, Block) for a in get_args(info.annotation)):
                yield below + name
            else:
                yield from _left_out(value, below + name)
    elif isinstance(block, dict | list):
        for key, item in block.items() if isinstance(block, dict) else enumerate(block):
            yield from _left_out(item, f"{below}{key}")


def _keys(scenario: Scenario) -> list[str]:
    """Return the paths of the numbers and of the blocks around them."""
    out: set[str] = set()
    for path, _, _ in numbers(scenario):
        parts = path.split(".")
        out |= {".".join(parts[:i]) for i in range(2, len(parts) + 1)}
    return sorted(out)


BY_CODE = ("industries", "level_shares", "level_drift", "person_times", "jobs", "moves")  # mappings of numbers by code


def _leaf(path: str) -> str:
    """Return the last named part of a path; all seat rows are of one kind, and so are the numbers of a mapping."""
    if path.startswith("quota."):
        return "seats"
    *around, last = (part for part in path.split(".") if not part.isdigit())
    return around[-1] if around and around[-1] in BY_CODE else last


def _conflicts(scenario: Scenario, listed: list[_Listed], patches: list[tuple[str, Patch]]) -> list[Problem]:
    wanted = {path for path, _ in patches}
    seen = {(one.path, p.since): p.policy for one in listed if one.path in wanted for p in one.number.patches}
    out: dict[tuple[str, str, date], dict[str, Any]] = {}
    for path, patch in patches:
        other = seen.setdefault((path, patch.since), patch.policy)
        ordered = {other, patch.policy} <= set(scenario.order)
        if other != patch.policy and CUSTOM not in (other, patch.policy) and not ordered:
            args = {"a": other, "b": patch.policy, "key": path, "date": patch.since}
            out.setdefault((other, patch.policy, patch.since), args)
    order = ", ".join(dict.fromkeys([*scenario.order, *(name for a, b, _ in out for name in (a, b))]))
    return [Problem("patch_conflict", "policies", args=args | {"order": order}) for args in out.values()]


def as_written(scenario: Scenario) -> Scenario:
    """Return the scenario without any policy on it."""
    return with_numbers(scenario, {path: n.patched_by(()) for path, n, _ in numbers(scenario) if n.patches})


def with_numbers(block: Any, changed: Mapping[str, Number], path: str = "") -> Any:
    """Return a copy of a block with some numbers replaced; parts that hold none of them are shared."""
    below = f"{path}." if path else ""
    if path and not any(p == path or p.startswith(below) for p in changed):
        return block
    if isinstance(block, Number):
        return changed.get(path, block)
    if isinstance(block, Quota):
        rows = [
            row.model_copy(update={"seats": changed[name]}) if (name := f"quota.{row.key}") in changed else row
            for row in block.rows
        ]
        return block.model_copy(update={"rows": frozen(rows)})
    if isinstance(block, Block):
        fields = {name: getattr(block, name) for name in type(block).model_fields}
        new = {name: with_numbers(part, changed, below + name) for name, part in fields.items()}
        return block.model_copy(update={name: part for name, part in new.items() if part is not fields[name]})
    if isinstance(block, dict):
        return frozen({key: with_numbers(item, changed, f"{below}{key}") for key, item in block.items()})
    if isinstance(block, list):
        return frozen([with_numbers(item, changed, f"{below}{place_of(item, i)}") for i, item in enumerate(block)])
    return block
