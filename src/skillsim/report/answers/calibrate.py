"""What a calibration found, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from skillsim.analysis.calibrate import Calibrated, Parameter
from skillsim.analysis.collected import Collected
from skillsim.report import shown, stages, tables
from skillsim.report.terminal import STYLE_OF_TABLE, _room_of, fit
from skillsim.scenario.labels import COMMA, label_of
from skillsim.scenario.picks import FIELDS
from skillsim.scenario.policies import named
from skillsim.scenario.tables import OF_TABLES
from skillsim.scenario.types import Scenario
from skillsim.terms import INDICATORS, LEVELS, phrase, word
from skillsim.terms.fields import SOURCES

TITLED = {
    "pathways": "pathways", "programmes": "programmes", "schools": "institutions", "industries": "industries", "areas": "areas",
    "measures": "measures",
}


def show(console: Console, found: Calibrated, lang: str) -> None:
    """Print what was fitted, the figures beside it, the quality of the fit, and what the figures can't tell."""
    console.print(fit(_parameters(found, lang), console))
    console.print(fit(_rows(found, lang), console))
    quality, fine = _quality(found, lang)
    console.print(quality, style=None if fine else "yellow")
    for said in _untold(found, lang):
        console.print(said, style="yellow")
    console.print(phrase("calibrate_given", lang), style="dim")
    if any(one.factor for one in found.parameters):
        console.print(phrase("calibrate_joint", lang), style="dim")
    if len(found.parameters) > 1:
        console.print(phrase("calibrate_lost", lang), style="dim")


def _table(title: str, lang: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    out = Table(title=title, **STYLE_OF_TABLE)
    for i, name in enumerate(names):
        head = phrase(f"calibrate_{name}", lang)
        least = 16 if not i else max(_room_of(head), *(cell_len(row[i]) for row in rows))
        out.add_column(head, justify="right" if i else "left", overflow="fold", min_width=least)
    for row in rows:
        out.add_row(*row)
    return out


def _parameters(found: Calibrated, lang: str) -> Table:
    nothing = found.fit.idle | found.fit.lost
    rows = []
    for i, one in enumerate(found.parameters):
        path = next(iter(one.numbers))
        source = found.base.source_of(path)
        at, low, high = (one.value(float(x[i])) for x in (found.fit.at, found.fit.low, found.fit.high))
        rows.append((
            label_of(one.key, found.base, lang), _before(found, one, lang),
            word(SOURCES, source.kind if source else "unstated", lang), "—" if nothing[i] else _figure(one, at),
            "—" if nothing[i] else _error(one, float(found.fit.se[i]) * (one.hi - one.lo), lang),
            "—" if nothing[i] else f"{_figure(one, low).removesuffix(' %')} – {_figure(one, high)}",
        ))
    title = phrase("calibrate_parameters", lang, place=found.base.titled(lang))
    return _table(title, lang, ("parameter", "before", "kind_before", "estimate", "se", "interval"), rows)


def _before(found: Calibrated, one: Parameter, lang: str) -> str:
    """Return what a parameter was before: the number with its range, or of several how many."""
    if one.factor:
        return phrase("calibrate_times", lang, n=len(one.numbers))
    path = next(iter(one.numbers))
    number = next(number for number_path, number, _ in named(found.base, one.key) if number_path == path)
    return tables.number(number, one.numbers[path][1], lang)


def _figure(one: Parameter, value: float) -> str:
    (_, par), *_ = one.numbers.values()
    return f"× {value:.3f}" if one.factor else f"{value:.3g}" if shown.kind_of(par.unit) == "ratio" else f"{value * 100:.1f} %"


def _error(one: Parameter, se: float, lang: str) -> str:
    (_, par), *_ = one.numbers.values()
    share = not one.factor and shown.kind_of(par.unit) == "share"
    return f"{se * 100:.2f}{phrase('calibrate_points', lang)}" if share else f"{se:.2g}"


def _rows(found: Calibrated, lang: str) -> Table:
    rows = [
        (
            about(found.base, row, lang), str(row.line), str(row.year), shown.figure(row.value, row.unit),
            shown.figure(float(fitted), row.unit), f"{residual:+.1f}",
        )
        for row, fitted, residual in zip(found.rows, found.fit.fitted, found.fit.residual, strict=True)
    ]
    title = phrase("calibrate_rows", lang, place=found.base.titled(lang))
    return _table(title, lang, ("figure", "line", "year", "observed_value", "fitted", "residual"), rows)


def about(scenario: Scenario, row: Collected, lang: str) -> str:
    """Return what a figure counts: the indicator, and of whom."""
    names = []
    if row.indicator in OF_TABLES:  # their pathways are tables, their levels stages or exits
        known = scenario.tables or {}
        mine = [known[code] for code in row.of.pathways] or list(known.values())
        names = [getattr(one.title, lang) for one in mine] + [stages.part(mine[0], level, lang) for level in row.of.levels]
    for field, _ in FIELDS if row.indicator not in OF_TABLES else ():
        for code in getattr(row.of, field):
            if field == "levels":
                names.append(word(LEVELS, code, lang))
            elif field == "pathways" and code in scenario.classes:
                names.append(COMMA[lang].join(getattr(scenario.pathways[one].title, lang) for one in scenario.classes[code]))
            else:
                names.append(shown.title(scenario, TITLED[field], code, lang))
    return " · ".join([word(INDICATORS, row.indicator, lang), *names])


def _quality(found: Calibrated, lang: str) -> tuple[str, bool]:
    """Return how well the model fits the figures, with the one that fits worst, and whether it does."""
    fitted = found.fit
    chi2, fine = f"{fitted.chi2:.1f}", not fitted.poor
    if fitted.dof > 0:
        equals, below = ("=", "<") if lang == "zh" else ("= ", "< ")
        p = f"{equals}{fitted.p_value:.3f}" if fitted.p_value >= 0.001 else f"{below}0.001"
        verdict = phrase("calibrate_fits" if fine else "calibrate_misfits", lang)
        said = phrase("calibrate_quality", lang, chi2=chi2, dof=fitted.dof, p=p, verdict=verdict)
    else:
        said = phrase("calibrate_no_dof", lang, chi2=chi2)
    i = int(np.argmax(np.abs(fitted.residual)))
    row, residual = found.rows[i], float(fitted.residual[i])
    worst = phrase(
        "calibrate_worst", lang, line=row.line, figure=about(found.base, row, lang), year=row.year, sd=f"{abs(residual):.1f}",
        side=phrase("calibrate_above" if residual > 0 else "calibrate_below", lang),
    )
    return said + ("" if lang == "zh" else " ") + worst, fine


def _untold(found: Calibrated, lang: str) -> Iterator[str]:
    """Yield what the figures can't tell."""
    fitted = found.fit
    names = [label_of(one.key, found.base, lang) for one in found.parameters]
    for tangle in fitted.tangles:
        listed = (" ／ " if lang == "zh" else " / ").join(names[i] for i in tangle.which)
        what = phrase("calibrate_together" if tangle.together else "calibrate_apart", lang)
        if tangle.never:
            yield phrase("calibrate_tangle_never", lang, names=listed, what=what)
        else:
            r = f"{fitted.correlation[tangle.which[0], tangle.which[1]]:.2f}"
            yield phrase("calibrate_tangle_hardly", lang, names=listed, what=what, r=r)
    for i, (one, name) in enumerate(zip(found.parameters, names, strict=True)):
        if fitted.idle[i]:
            yield phrase("calibrate_unused", lang, name=name)
        elif fitted.lost[i]:
            continue
        elif fitted.open_low[i] and fitted.open_high[i]:
            yield phrase("calibrate_whole_range", lang, name=name)
        elif fitted.open_low[i] or fitted.open_high[i]:
            side = "low" if fitted.open_low[i] else "high"
            end = _figure(one, one.lo if side == "low" else one.hi)
            yield phrase("calibrate_open", lang, name=name, side=phrase(f"calibrate_side_{side}", lang), end=end)
    if not fitted.settled:
        yield phrase("calibrate_unsettled", lang)
