"""skillsim: how many skilled people a place will have, how many stay, and how likely each written target is.

    import skillsim as ss
    base = ss.load("small")
    runs = ss.run([base, base.vary("more_long_track")], replications=400)
    ss.compare(runs).targets()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skillsim.analysis.attribution import explain
    from skillsim.analysis.compare import Comparison, compare
    from skillsim.analysis.running import run
    from skillsim.analysis.seek import seek
    from skillsim.analysis.trials import Wish
    from skillsim.analysis.wishes import Move
    from skillsim.errors import InvariantError, ScenarioError
    from skillsim.results.files import save
    from skillsim.results.result import Result
    from skillsim.results.store import Store, open_store
    from skillsim.scenario.reader import read as load
    from skillsim.scenario.types import Scenario

# loaded when first asked for, so that the terminal answers a wrong word or an interrupt at once
_FROM = {
    "Comparison": ("analysis.compare", "Comparison"),
    "InvariantError": ("errors", "InvariantError"),
    "Move": ("analysis.wishes", "Move"),
    "Result": ("results.result", "Result"),
    "Scenario": ("scenario.types", "Scenario"),
    "ScenarioError": ("errors", "ScenarioError"),
    "Store": ("results.store", "Store"),
    "Wish": ("analysis.trials", "Wish"),
    "compare": ("analysis.compare", "compare"),
    "explain": ("analysis.attribution", "explain"),
    "load": ("scenario.reader", "read"),
    "open_store": ("results.store", "open_store"),
    "run": ("analysis.running", "run"),
    "save": ("results.files", "save"),
    "seek": ("analysis.seek", "seek"),
}

__all__ = [
    "Comparison",
    "InvariantError",
    "Move",
    "Result",
    "Scenario",
    "ScenarioError",
    "Store",
    "Wish",
    "compare",
    "explain",
    "load",
    "open_store",
    "run",
    "save",
    "seek",
]


def __getattr__(name: str) -> Any:
    if name in _FROM:
        module, item = _FROM[name]
        return getattr(import_module(f"skillsim.{module}"), item)
    raise AttributeError(f"module 'skillsim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
