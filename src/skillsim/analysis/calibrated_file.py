"""The scenario file that comes of a calibration."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skillsim.analysis.calibrate import Calibrated
from skillsim.disk import write_whole
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import reader
from skillsim.scenario.numbers import Number
from skillsim.scenario.text import as_yaml
from skillsim.scenario.types import Scenario, numbers
from skillsim.terms import phrase, why_of


def new_file(found: Calibrated, base: Path, out: Path) -> str:
    """Return the text of the scenario file with the fitted numbers, which builds on the file that was fitted.

    Parameters
    ----------
    base : that file
    out : where the new one will stand
    """
    scenario = found.base
    over: dict[str, Any] = {
        "format": scenario.written["format"], "name": _code(out.stem), "extends": _as_seen(base, out),
        "title": {lang: phrase("calibrate_title", lang, title=getattr(scenario.title, lang)) for lang in ("zh", "en")},
    }
    before = {path: number for path, number, _ in numbers(scenario)}
    place_of = {rate.key: str(i) for i, rate in enumerate(scenario.retention.base)}
    for i, one in enumerate(found.parameters):
        source = _source(found, i)
        for path in one.numbers:
            if path in found.written:
                parts = [place_of.get(part, part) for part in path.split(".")]
                _put(over, scenario.written, parts, _plain(found.written[path], before[path]) | {"source": source})
    return phrase("calibrate_head", "zh") + "\n" + phrase("calibrate_head", "en") + "\n" + as_yaml(over)


def _source(found: Calibrated, i: int) -> dict[str, str]:
    """Return where a fitted number comes from, in both languages."""
    one, years = found.parameters[i], sorted({row.year for row in found.rows})
    of = "; ".join(dict.fromkeys(row.source for row in found.rows if row.source))
    low, high = (one.value(float(x[i])) for x in (found.fit.low, found.fit.high))
    said = {
        lang: phrase(
            "calibrate_source", lang, n=len(found.rows), first=years[0], last=years[-1],
            at=f"{one.value(float(found.fit.at[i])):.4g}", se=f"{found.fit.se[i] * (one.hi - one.lo):.2g}",
            low=f"{low:.4g}", high=f"{high:.4g}", of=phrase("calibrate_source_of", lang, of=of) if of else "",
            chi2=f"{found.fit.chi2:.1f}", dof=found.fit.dof, p=f"{found.fit.p_value:.3f}",
        ) + (phrase("calibrate_poor", lang) if found.fit.poor else "") for lang in ("zh", "en")
    }
    return {"fitted": said["en"], "zh": said["zh"]}


def _plain(number: Number, before: Number) -> dict[str, Any]:
    """Return a number as a file states it; what the number ``before`` it has beside its form, and this has not, is taken away."""
    given = number.model_dump(exclude_defaults=True, mode="json")
    if "series" in given:
        given["series"] = {int(year): value for year, value in given["series"].items()}
    return {name: None for name in ("shared", "factor") if getattr(before, name) is not None} | given


def _put(over: dict[str, Any], written: Any, parts: Sequence[str], value: Any) -> None:
    """Put a value at a place of plain values laid over others; of a list the whole is laid over, since lists replace lists."""
    key, *rest = parts
    below = written.get(key) if isinstance(written, Mapping) else None
    if not rest:
        over[key] = value
    elif isinstance(below, list):
        at: Any = over.setdefault(key, copy.deepcopy(below))
        for part in rest[:-1]:
            at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
        at[int(rest[-1]) if isinstance(at, list) else rest[-1]] = value
    else:
        _put(over.setdefault(key, {}), below, rest, value)


def _as_seen(base: Path, out: Path) -> str:
    """Return what the new file calls the one it builds on: a shipped one by its name, another by its path from there."""
    for root in reader.scenario_roots():
        if base.resolve().is_relative_to(root.resolve()):
            return base.resolve().relative_to(root.resolve()).with_suffix("").as_posix()
    try:
        return Path(os.path.relpath(base.resolve(), out.resolve().parent)).as_posix()
    except ValueError:  # on another drive
        return base.resolve().as_posix()


def _code(stem: str) -> str:
    """Return a name for the scenario made of that of its file."""
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in stem.lower())[:30]
    return plain if plain[:1].isalpha() else f"calibrated_{plain.strip('_')}".strip("_")


def _read(trial: Path, out: Path) -> Scenario:
    try:
        return reader.read(trial)
    except ScenarioError as error:
        refused = Problem("calibrate_refused", args={"path": str(out)})
        raise ScenarioError([refused, *(Problem(p.code, p.path, p.value, args=p.args) for p in error.problems)]) from error


def write_new(found: Calibrated, base: Path, out: Path) -> Scenario:
    """Write the new scenario file and return what is read back from it: it is there whole, and read as it was meant, or not.

    Raises
    ------
    ScenarioError
        where it can't be written, or what is read back are other numbers, or none that go together.
    """
    trial = out.with_name(f".{os.getpid()}-{out.name}")
    text = new_file(found, base, out).encode()
    try:
        try:
            write_whole(trial, text)
            back = _read(trial, out)
            meant = {path: number for path, number, _ in numbers(found.scenario)}
            read = {path: number for path, number, _ in numbers(back)}
            if meant != read or any(number.patches != read[path].patches for path, number in meant.items()):
                raise ScenarioError([Problem("calibrate_read_back", args={"path": str(out)})])
            os.replace(trial, out)
        finally:
            trial.unlink(missing_ok=True)
    except OSError as error:
        raise ScenarioError([Problem("out_unwritable", args={"path": str(out), "why": why_of(error)})]) from error
    return back
