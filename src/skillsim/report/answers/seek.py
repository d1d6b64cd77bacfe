"""What goal seek found, in a sentence and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from skillsim.analysis.sensitivity import FIRST
from skillsim.analysis.sought import Mix, Sought, Why
from skillsim.analysis.trials import Handle
from skillsim.report import tables
from skillsim.report.shown import figure, kind_of, moved, probability, signed, span, title, unit_of
from skillsim.report.terminal import STYLE_OF_TABLE, _room_of, fit
from skillsim.results.statistics import shown_probability
from skillsim.scenario.labels import label_of
from skillsim.scenario.levers import acts_from, levers
from skillsim.scenario.types import Target, numbers
from skillsim.terms import COLUMNS, INDICATORS, LABELS, phrase, word
from skillsim.terms.fields import AUTHORITIES

COMMA = {"zh": "；", "en": "; "}
LISTED = {"zh": "、", "en": ", "}
SURE = 1.96  # errors: what chance alone seldom gives
VISIBLE = 0.05  # points: less is shown as 0.0


def show(console: Console, found: Sought, lang: str) -> None:
    """Print the answer, then what it rests on: the mix, the check, the curve, later years, reasons, parts, figures."""
    console.print(answer(found, lang), style="bold")
    for line in together(found, lang):
        console.print(line)
    if found.chosen:
        console.print(phrase("seek_chosen", lang, n=len(found.handles)), style="dim")
    console.print()
    console.print(fit(_fitted(mix(found, lang)), console))
    for line in prices(found, lang):
        console.print(line)
    console.print(phrase("seek_again", lang, options=" ".join(map(_option, found.handles))) + "\n", style="dim")
    console.print(fit(_fitted(targets(found, lang)), console))
    if found.raised:
        console.print(phrase("seek_raised", lang, points=f"{found.raised * 100:.1f}"), style="yellow")
    priced = any(one.price for one in found.handles)
    if found.scenario.money is not None:
        console.print(city(found, lang), style="dim")
    elif not priced:
        console.print(phrase("seek_no_items", lang), style="yellow")
    for table in (curve(found, lang), years(found, lang)):
        if table.row_count:
            console.print(fit(_fitted(table), console))
    for line in optimistic(found, lang):
        console.print(line + "\n", style="yellow")
    for why in found.why:
        console.print(phrase("seek_why", lang, target=title(found.scenario, "targets", why.code, lang)), style="italic")
        for line in reasons(found, why, lang):
            console.print(f"  · {line}")
        console.print()
    for one in found.wishes:
        for table in (market(found, one.code, lang), parts(found, one.code, lang), worth(found, one.code, lang)):
            if table.row_count:
                console.print(fit(_fitted(table), console))
        if not found.worth[one.code]["clear"].any():
            console.print(phrase("seek_worth_none", lang, target=title(found.scenario, "targets", one.code, lang)) + "\n")
    console.print(phrase(
        "seek_note", lang, n=len(found.trials), r=found.replications, since=found.scenario.as_of.year, year=_last(found),
    ), style="dim")


def answer(found: Sought, lang: str) -> str:
    """Return in a sentence what was found."""
    scenario, best = found.scenario, found.best
    wishes = LISTED[lang].join(
        phrase(
            "seek_wish", lang, target=title(scenario, "targets", one.code, lang), year=scenario.targets[one.code].year,
            goal=goal(scenario.targets[one.code]), p=_percent(one.probability),
        ) for one in found.wishes
    )
    codes = found.checked["target"]
    fresh, fresh_stands = (
        _chances(found, dict(zip(codes, found.checked[name], strict=True)), lang) for name in ("fresh", "fresh_base")
    )
    bought = ""
    if found.status == "no_budget":
        bought = phrase("seek_bought_nothing", lang) if found.bought is None else phrase(
            "seek_bought", lang, p=_chances(found, found.bought.probability, lang), mix=in_words(found, found.bought, lang),
            cost=cost(found.bought, lang),
        )
    failed, moved_any = found.status in ("later", "never"), best.amounts != found.base.amounts
    nearest = phrase(
        "seek_nearest" if moved_any else "seek_none_better", lang, n=len(found.trials), p=_chances(found, best.probability, lang),
        bound=_percent(found.bound), fresh=fresh, mix=in_words(found, best, lang), fresh_stands=fresh_stands,
        stands=_chances(found, found.base.probability, lang),
    )
    if moved_any and (fresh == fresh_stands or (found.checked["gain"] <= SURE * found.checked["gain_error"]).all()):
        nearest += phrase("seek_no_gain", lang)
    close = failed and found.years["unclear"].any()
    first = tables.lines(found.years[found.years["year"] == found.first_year])
    later = "".join(shown_probability(row.fresh, found.checked_replications) for row in first)
    return phrase(
        f"seek_{found.status}", lang, wishes=wishes, mix=in_words(found, best, lang), cost=cost(best, lang), year=_last(found),
        fresh=fresh, budget=_yuan(found.budget or math.nan, lang), bought=bought, nearest=nearest, first=found.first_year,
        later=later, nor=phrase("seek_nor", lang, last=scenario.years.last) if len(found.years) > 1 else "",
    ) + (phrase("seek_close", lang) if close else "")


def goal(target: Target) -> str:
    """Return what a target asks for, with a sign."""
    unit = INDICATORS[target.indicator].unit
    if target.band is not None:
        return span(*target.band, unit)
    return f"{'≤' if target.direction == 'at_most' else '≥'} {figure(target.value, unit)}"


def together(found: Sought, lang: str) -> list[str]:
    """Return in sentences how far all levers go at once."""
    out = []
    for row in tables.lines(found.together):
        target = found.scenario.targets[row.target]
        out.append(phrase(
            f"seek_all_{row.whose}", lang, n=row.levers, target=getattr(target.title, lang),
            p=shown_probability(row.probability, found.replications), range=span(row.low, row.high, "share"),
            mean=figure(row.mean, INDICATORS[target.indicator].unit),
        ))
    return out


def _option(one: Handle) -> str:
    return f"--lever {one.code}={one.lo:g}:{one.hi:g}" + (f"@{one.price:.12g}" if one.price else "")


def _last(found: Sought) -> int:
    return max(found.scenario.targets[one.code].year for one in found.wishes)


def _percent(p: float) -> str:
    return f"{p * 100:.0f} %"


def _yuan(yuan: float, lang: str) -> str:
    return f"{tables.wan(yuan)} 万元" if lang == "zh" else f"{tables.wan(yuan)} × 10,000 yuan"


def _chances(found: Sought, by_target: Mapping[str, float], lang: str) -> str:
    """Return the probability of each target; without its name where there is one alone."""
    said = {code: shown_probability(p, found.replications) for code, p in by_target.items()}
    if len(said) == 1:
        return next(iter(said.values()))
    return LISTED[lang].join(
        phrase("seek_chance", lang, target=title(found.scenario, "targets", code, lang), p=p) for code, p in said.items()
    )


def cost(one: Mix, lang: str) -> str:
    """Return what a mix costs more than as it stands, or less, with its interval where there is one."""
    return _more(one.cost, one.cost_low, one.cost_high, lang)


def city(found: Sought, lang: str) -> str:
    """Return in a sentence what the city pays more than as it stands."""
    return phrase("seek_city", lang, year=_last(found), city=_more(found.best.city, found.best.city, found.best.city, lang))


def _more(yuan: float, low: float, high: float, lang: str) -> str:
    sign = -1 if yuan < 0 else 1
    ends = sorted((sign * low, sign * high))
    span = "" if low == high else phrase("seek_span", lang, low=tables.wan(ends[0]), high=tables.wan(ends[1]))
    return phrase("seek_less" if yuan < 0 else "seek_more", lang, cost=tables.wan(sign * yuan), span=span)


def optimistic(found: Sought, lang: str) -> list[str]:
    """Return, where the check found the mix less likely than the search had it, a sentence that says by how much."""
    points = float(found.checked["optimism"].max()) * 100
    return [phrase("seek_optimistic", lang, points=f"{points:.1f}")] if points >= VISIBLE else []


def prices(found: Sought, lang: str) -> list[str]:
    """Return in sentences what each price is for: a unit of a factor is all of a figure, that of a share a hundred points."""
    out = []
    for i, one in enumerate(found.handles, 1):
        kind = kind_of(one.lever.unit)
        now = one.lever.baseline(found.scenario, acts_from(found.scenario, one.lever, one.since))
        measure = getattr(one.lever.measure, lang)
        said = figure(now, kind) if kind == "share" else f"{now:g} · {measure}" if kind == "ratio" else (
            f"{figure(now, kind)} {word(LABELS, kind, lang)}"
        )
        name = "percent" if one.lever.op == "scale" else "points" if kind == "share" else "unit"
        unit = word(LABELS, kind, lang) if kind == "persons" else measure
        if one.price:
            price, each = (f"{x:,.10g}" for x in (one.price, one.price / 100))
            out.append(phrase(f"seek_price_{name}", lang, i=i, price=price, each=each, now=said, unit=unit))
    return out


def lever_moved(found: Sought, code: str, amount: float, lang: str) -> str:
    """Return what a handle is moved to, from the figure in force."""
    one = next(handle for handle in found.handles if handle.code == code)
    now = one.lever.baseline(found.scenario, acts_from(found.scenario, one.lever, one.since))
    said, measure = moved(one.lever, amount, now, lang), getattr(one.lever.measure, lang)
    return said.replace(f" · {measure}", f" {measure}") if lang == "zh" else said  # an English one may begin with a figure


def in_words(found: Sought, one: Mix, lang: str) -> str:
    """Return the levers that a mix moves, and what to."""
    said = [
        f"{handle.lever.title(lang)} {lever_moved(found, handle.code, one.amounts[handle.code], lang)}"
        for handle in found.handles if one.amounts[handle.code] != handle.stands
    ]
    return COMMA[lang].join(said) or phrase("seek_nothing_moved", lang)


def _fitted(table: Table) -> Table:
    """Return the table with columns never narrower than the words of their headings, nor than their figures; words wrap."""
    for column in table.columns:
        cells = column.cells if column.justify == "right" else ()
        column.min_width = max(column.min_width or 1, _room_of(str(column.header)), *(cell_len(str(cell)) for cell in cells))
    return table


def _table(name: str, heads: Sequence[str], lang: str, left: int = 1, **args: Any) -> Table:
    """Return an empty table; its first ``left`` columns hold words."""
    out = Table(title=phrase(name, lang, **args), **STYLE_OF_TABLE)
    for i, head in enumerate(heads):
        out.add_column(head, justify="left" if i < left else "right", overflow="fold", min_width=16 if i == 0 else None)
    return out


def mix(found: Sought, lang: str) -> Table:
    """Return the levers with their bounds, where they stand, and where the mix has them."""
    names = ("lever", "base", "in_mix", "bounds", "since", "by")
    out = _table("seek_mix_title", [phrase(f"seek_{name}", lang) for name in names], lang)
    for i, one in enumerate(found.handles, 1):
        now, mixed, lo, hi = (_shown(found, one, x) for x in (one.stands, found.best.amounts[one.code], one.lo, one.hi))
        unit = "" if kind_of(one.lever.unit) == "share" else f" · {getattr(one.lever.measure, lang)}"
        out.add_row(
            f"({i}) {one.lever.title(lang)}{unit}", now, mixed, f"{lo} – {hi}",
            one.since.isoformat(), word(AUTHORITIES, one.lever.authority, lang),
        )
    return out


def targets(found: Sought, lang: str) -> Table:
    """Return each target as it stands, in the mix, and on fresh keys."""
    own = [phrase(f"seek_{name}", lang) for name in ("wished", "base", "in_mix", "fresh_base", "fresh", "optimism")]
    heads = [*(word(COLUMNS, name, lang) for name in ("target", "year", "goal")), *own]
    out = _table("seek_targets_title", heads, lang, r=found.replications, fresh=found.checked_replications)
    for row in tables.lines(found.checked):
        target, code = found.scenario.targets[row.target], row.target
        unit = INDICATORS[target.indicator].unit

        def said(one: Mix, code: str = code, unit: str = unit) -> str:
            p = probability(one.probability[code], one.error[code], found.replications)
            return f"{figure(one.mean[code], unit)} · {p}"

        out.add_row(
            getattr(target.title, lang), str(target.year), goal(target), _percent(row.wished), said(found.base), said(found.best),
            probability(row.fresh_base, row.fresh_base_error, found.checked_replications),
            probability(row.fresh, row.fresh_error, found.checked_replications),
            f"{row.optimism * 100:+.1f} ± {row.error * 100:.1f}",
        )
    return out


def _shown(found: Sought, one: Handle, amount: float) -> str:
    """Return what an amount of a handle makes of its figure, without the unit."""
    now, unit = one.lever.baseline(found.scenario, acts_from(found.scenario, one.lever, one.since)), kind_of(one.lever.unit)
    to = one.lever.outcome(amount, now)
    return f"{to:g}" if unit == "ratio" else figure(to, unit)


def _levers(found: Sought, row: Mapping[Any, Any]) -> list[str]:
    """Return what each handle makes of its figure in a row of a table."""
    return [_shown(found, one, row[f"lever:{one.code}"]) for one in found.handles]


def _numbered(found: Sought) -> list[str]:
    return [f"({i})" for i, _ in enumerate(found.handles, 1)]


def curve(found: Sought, lang: str) -> Table:
    """Return the least cost by probability."""
    heads = [word(COLUMNS, "probability", lang), phrase("seek_cost_head", lang), *_numbered(found), phrase("seek_how", lang)]
    out = _table("seek_curve_title", heads, lang)
    for row in found.curve.to_dict("records"):
        how = phrase("seek_run" if row["run"] else "seek_estimated", lang)
        out.add_row(f"{row['probability'] * 100:.1f} %", tables.wan(row["cost"]), *_levers(found, row), how)
    return out


def years(found: Sought, lang: str) -> Table:
    """Return what each later year would take."""
    heads = [phrase(f"seek_{name}", lang) for name in ("possible", "highest", "interval", "cost_head")]
    out = _table("seek_years_title", [word(COLUMNS, "year", lang), *heads, *_numbered(found)], lang)
    for row in found.years.to_dict("records"):
        out.add_row(
            str(row["year"]), phrase("seek_yes" if row["possible"] else "seek_unsure" if row["unclear"] else "seek_no", lang),
            shown_probability(row["probability"], found.replications), span(row["low"], row["high"], "share"),
            tables.wan(row["cost"]), *_levers(found, row),
        )
    return out


def number_name(found: Sought, path: str, several: int, lang: str) -> str:
    """Return what an uncertain number is called; of several that move together, by one of them."""
    name = label_of(path, found.scenario, lang)
    return phrase("seek_together", lang, name=name, n=several) if several > 1 else name


def reasons(found: Sought, why: Why, lang: str) -> list[str]:
    """Return in sentences why a target stands where it does at the best mix."""
    target = found.scenario.targets[why.code]
    unit = INDICATORS[target.indicator].unit
    wish = next(one.probability for one in found.wishes if one.code == why.code)
    out = [phrase(
        "seek_range", lang, mean=figure(why.mean, unit), range=span(why.p05, why.p95, unit),
        goal=goal(target),
    )]
    for name, codes in (("decided", why.decided), ("open", why.open)):
        if codes:
            said = LISTED[lang].join(title(found.scenario, "pathways", code, lang) for code in codes)
            out.append(phrase(f"seek_{name}", lang, names=said))
    if why.binding is not None:
        free = why.binding.probability_free
        out.append(phrase(
            "seek_binding", lang, n=figure(why.binding.turned_away, "persons"), free=figure(why.binding.free, unit),
            p="—" if free is None else shown_probability(free, found.checked_replications),
        ))
    units = {path: kind_of(par.unit) for path, _, par in numbers(found.scenario)}
    for row in tables.lines(why.figures):
        kind, p = units[row.path], _percent(wish if not pd.isna(row.needed) else row.most)
        needed = phrase("seek_needed_not", lang, p=p) if pd.isna(row.needed) else phrase(
            "seek_needed", lang, value=figure(row.needed, kind), p=p,
        )
        low, high = (figure(x, kind) for x in (row.low, row.high))
        name = number_name(found, row.path, row.numbers, lang)
        out.append(phrase("seek_figure", lang, name=name, low=low, high=high, needed=needed))
    return out


def market(found: Sought, code: str, lang: str) -> Table:
    """Return what is nobody's decision but would move a target most."""
    target = found.scenario.targets[code]
    heads = [phrase(f"seek_{name}", lang) for name in ("lever", "to_what", "value_then")]
    out = _table("seek_market_title", heads, lang, 2, target=getattr(target.title, lang))
    known, unit = levers(found.scenario) if len(found.market) else {}, INDICATORS[target.indicator].unit
    for row in tables.lines(found.market[found.market["target"] == code]):
        lever = known[row.lever]
        now = lever.baseline(found.scenario, found.scenario.as_of.year)
        values = " → ".join(figure(x, unit) for x in (row.baseline, row.value))
        out.add_row(lever.title(lang), moved(lever, row.amount, now, lang), values)
    return out


def parts(found: Sought, code: str, lang: str) -> Table:
    """Return what each lever of the mix contributes to a target."""
    target = found.scenario.targets[code]
    unit = INDICATORS[target.indicator].unit
    heads = [phrase(f"seek_{name}", lang, unit=unit_of(unit, lang)) for name in ("lever", "part_value", "part_probability")]
    out = _table("seek_parts_title", heads, lang, target=getattr(target.title, lang))
    mine = found.parts[found.parts["target"] == code]
    each = {(row.lever, row.quantity): row for row in tables.lines(mine)}
    for one in found.handles:
        if (one.code, "value") in each:
            said = [(each[one.code, "value"], unit), (each[one.code, "probability"], "share")]
            out.add_row(one.lever.title(lang), *(
                f"{signed(row.part, kind)} ({signed(row.low, kind)} … {signed(row.high, kind)})" for row, kind in said
            ))
    return out


def worth(found: Sought, code: str, lang: str) -> Table:
    """Return the three figures most worth collecting for a target."""
    target, frame = found.scenario.targets[code], found.worth[code]
    unit = INDICATORS[target.indicator].unit
    heads = [phrase(f"seek_{name}", lang) for name in ("figure_head", "ask", "share", "width", "flips")]
    out = _table("seek_worth_title", heads, lang, target=getattr(target.title, lang))
    for row in tables.lines(frame.head(FIRST)):
        share = f"{row.share * 100:.0f} %" if row.clear else phrase("seek_unclear", lang, floor=f"{row.floor * 100:.0f} %")
        asked = "—" if pd.isna(row.n_half) else phrase(f"seek_ask_{row.asked}", lang, n=f"{row.n_half:,.0f}")
        out.add_row(
            number_name(found, row.path, row.numbers, lang), asked, share,
            " → ".join(figure(x, unit) for x in (row.width, row.width_known)) if row.clear else "—",
            "—" if pd.isna(row.flips) else f"{row.flips * 100:.0f} %",
        )
    return out
