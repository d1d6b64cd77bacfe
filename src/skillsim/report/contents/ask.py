"""What a report is on, and how its parts are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from skillsim.analysis.compare import Comparison
from skillsim.report import shown
from skillsim.report.book import Part, Picture, Section, Table, Text
from skillsim.report.charts import Chart
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.scenario.types import Scenario
from skillsim.terms import phrase, word
from skillsim.terms.page import PAGE


@dataclass(frozen=True)
class Ask:
    """A report: on which runs, the first the one that speaks for the place, in which language; ``items`` as the command names
    them."""

    results: tuple[Result, ...]
    comparison: Comparison | None
    lang: str
    items: tuple[str, ...] = ()

    @property
    def base(self) -> Result:
        """Return the run that the others are compared with."""
        return self.comparison.baseline if self.comparison else self.results[0]

    @property
    def ordered(self) -> tuple[Result, ...]:
        """Return the runs, the one that the others are compared with first."""
        return (self.base, *(run for run in self.results if run is not self.base))

    @property
    def scenario(self) -> Scenario:
        """Return the scenario that the others are compared with."""
        return self.base.scenario

    @property
    def year(self) -> int:
        """Return the year that most targets ask about."""
        return shown.key_year(self.scenario)

    @property
    def years(self) -> list[int]:
        """Return the years in which figures are listed: as the terminal does, at most seven."""
        s = self.scenario
        every = {s.years.first, s.as_of.year, s.years.last, *(target.year for target in s.targets.values())}
        return sorted(year for year in every if s.years.first <= year <= s.years.last)[:7]

    @property
    def few(self) -> bool:
        """Say whether the replications are too few for a probability."""
        return self.base.replications < statistics.FEW

    def say(self, code: str, **args: object) -> str:
        """Return a phrase of reports, filled in."""
        return phrase(f"report_{code}", self.lang, **args)

    def page(self, code: str, **args: object) -> str:
        """Return words of the page, filled in."""
        return word(PAGE, code, self.lang).format(**args)

    def listed(self, parts: Iterable[str]) -> str:
        """Return parts of a sentence joined."""
        return ("；" if self.lang == "zh" else "; ").join(parts)

    def name(self, run: Result) -> str:
        """Return what a run is called."""
        return shown.run_name(run, self.lang)

    def section(self, code: str, parts: Sequence[Part]) -> Section | None:
        """Return a section; none where it would hold nothing but texts that lead to something."""
        return Section(code, self.say(code), tuple(parts)) if parts else None

    def of_run(self, text: str, run: Result) -> str:
        """Return a caption that says which run it is of, where there are several."""
        return text if len(self.results) == 1 else self.say("of_run", text=text, run=self.name(run))

    def each(self, make: Callable[[Result], Sequence[Part]]) -> list[Part]:
        """Return the parts of each run, under its name where there are several; of those that have any."""
        out: list[Part] = []
        for run in self.ordered:
            parts = make(run)
            if parts and len(self.results) > 1:
                name = self.name(run)
                out.append(Text(name[:1].upper() + name[1:], "head"))
            out += parts
        return out

    def in_persons(self, chart: Chart) -> Chart:
        """Return a chart with the unit of its figures in its title, for those that have no axis to name it."""
        return replace(chart, title=self.say("in_persons", text=chart.title))

    def picture(self, chart: Chart | None, run: Result | None = None) -> list[Part]:
        """Return a chart as a part, its caption with the run's name; nothing for none."""
        if chart is None:
            return []
        return [Picture(chart if run is None else replace(chart, title=self.of_run(chart.title, run)))]

    def table(
        self, caption: str, frame: pd.DataFrame, run: Result | None = None, note: str = "", **units: str,
    ) -> list[Part]:
        """Return a table as a part; nothing for one without rows.  ``units`` by the position of a column: ``_1="persons"``."""
        if frame.empty:
            return []
        named = {str(frame.columns[int(at[1:])]): unit for at, unit in units.items()}
        return [Table(caption if run is None else self.of_run(caption, run), frame, named, note)]
