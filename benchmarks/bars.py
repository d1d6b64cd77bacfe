"""What each figure must reach and should reach: the one table for all benchmarks and for the tests that guard them.

Bars of the page stand in page.py: they are of what a planner sees in a browser.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A bar: ``what`` is measured, in ``unit``; ``must`` and ``aim``; ``more`` where more is better."""

    what: str
    must: float
    aim: float
    unit: str
    more: bool = False

    def verdict(self, value: float) -> str:
        """Return aim, met or MISSED."""
        sign = -1 if self.more else 1
        return "aim" if sign * value <= sign * self.aim else "met" if sign * value <= sign * self.must else "MISSED"

    @property
    def told(self) -> str:
        """Return the bar as shown."""
        return f"{'≥' if self.more else '≤'} {self.must:,g} / {self.aim:,g} {self.unit}"

    def held(self, value: float) -> str:
        """Return a value as shown, beside the bar and whether it is met."""
        return f"{shown(value)} {self.unit} ({self.told}): {self.verdict(value)}"


def shown(value: float) -> str:
    """Return a value as shown."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


BARS = {
    "draws": Bar("draws per replicate, Quzhou baseline", 120_000, 70_000, "draws"),
    "all_in": Bar("all-in time / time in its own draws", 1.5, 1.3, "times"),
    "per_draw": Bar("per draw, all-in, parameter uncertainty on", 90, 65, "ns"),
    "compiled": Bar("pathway model against numba's loop over persons with np.random.random", 8, 12, "times", more=True),
    "compiled_generator": Bar("pathway model against numba's loop with NumPy's generator", 8, 12, "times", more=True),
    "compiled_tuned": Bar("pathway model against numba's loop tuned by hand", 8, 12, "times", more=True),
    "by_hand": Bar("pathway model against numpy by hand as first written", 30, 45, "times", more=True),
    "by_hand_tuned": Bar("pathway model against numpy by hand, tuned", 30, 45, "times", more=True),
    "processes": Bar("pathway model against SimPy with a process for each student", 15_000, 20_000, "times", more=True),
    "answer": Bar("Quzhou, 200 replications, two threads: answer", 1.5, 0.5, "s"),
    "preview": Bar("engine behind the page: preview", 100, 30, "ms"),
    "paired": Bar("engine behind the page: paired answer of 20 replications", 400, 100, "ms"),
    "people": Bar("10,000,000 entrants a year against 10,000", 1.5, 1.2, "times"),
    "variance": Bar("variance of independent / of paired differences in the share retained", 20, 40, "times", more=True),
    "two_cores": Bar("two jobs against one, 200 scenarios of 200 replications", 1.7, 1.9, "times", more=True),
    "memory": Bar("peak memory, Quzhou, 1,000 replications", 600, 400, "MB"),
    "warm": Bar("`skillsim run small`, kernels compiled before", 3, 1.5, "s"),
    "cold": Bar("`skillsim run small`, nothing compiled yet", 20, 10, "s"),
}
