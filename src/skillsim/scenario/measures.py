"""What measures can be thought to act on."""

from __future__ import annotations

from collections.abc import Iterator

from skillsim.errors import Problem
from skillsim.scenario import labour
from skillsim.scenario.means import Effect
from skillsim.scenario.numbers import Block, Par
from skillsim.scenario.types import Scenario

# seats are decided, rules are policies' to set, base rates are observed, and what stood at the start stands
NEVER = ("quota.", "rules.", "retention.base.", "measures.")
ROWS_OF_THEIR_OWN = ("order_class", "to_general")  # where the file states them; without them nothing can act


def structure(scenario: Scenario) -> Iterator[Problem]:
    """Check that each effect names numbers of one kind on which a measure can act in the way stated."""
    from skillsim.scenario.policies import named, problems_of_key

    for code, measure in scenario.measures.items():
        for i, effect in enumerate(measure.effects):
            at = f"measures.{code}.effects.{i}"
            found = named(scenario, effect.key)
            wrong = problems_of_key(scenario, effect.key, f"{at}.key", found)
            yield from wrong or _fits(scenario, at, effect, [(path, par) for path, _, par in found])


def _fits(scenario: Scenario, at: str, effect: Effect, found: list[tuple[str, Par]]) -> Iterator[Problem]:
    par = found[0][1]
    for path, _ in found:
        start = labour.of_the_start(path) or ".staff." in path
        if path.startswith(NEVER) or start or par.unit == "switch":
            yield Problem("effect_key", f"{at}.key", effect.key)
            return
        if path.endswith(ROWS_OF_THEIR_OWN) and not _stated(scenario, path):
            yield Problem("patch_unset", f"{at}.key", effect.key, args={"at": path})
            return
    if effect.by == "log_odds" and (par.lo < 0 or par.hi > 1):
        yield Problem("effect_log_odds", f"{at}.by", effect.by)
    if effect.by == "log" and par.lo < 0:
        yield Problem("effect_log", f"{at}.by", effect.by)


def _stated(scenario: Scenario, path: str) -> bool:
    """Say whether the file states the field at the end of a path."""
    block: object = scenario
    *parts, field = path.split(".")
    for part in parts:
        block = block[int(part)] if isinstance(block, list) else block[part] if isinstance(block, dict) else getattr(block, part)
    return isinstance(block, Block) and field in block.model_fields_set
