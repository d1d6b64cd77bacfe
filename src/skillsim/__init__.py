"""skillsim: how many skilled people a place will have, how many stay, and how likely each written target is.

    import skillsim as ss
    base = ss.load("small")
    runs = ss.run([base, base.vary("more_long_track")], replications=400)
    ss.compare(runs).targets()
"""

from skillsim.analysis.compare import Comparison, compare
from skillsim.analysis.running import run
from skillsim.errors import InvariantError, ScenarioError
from skillsim.results.files import save
from skillsim.results.result import Result
from skillsim.scenario.reader import read as load
from skillsim.scenario.types import Scenario

__all__ = ["Comparison", "InvariantError", "Result", "Scenario", "ScenarioError", "compare", "load", "run", "save"]
