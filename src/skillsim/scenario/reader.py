"""From a file to a checked scenario, with the line of every value; all problems are told at once.

The YAML text is composed to nodes (never to objects), walked under bounds, and handed to the types as plain values.
"""

from __future__ import annotations

import copy
import math
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML, MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import checks
from skillsim.scenario.known import with_known
from skillsim.scenario.numbers import FORMS, Number, Source
from skillsim.scenario.policies import with_facts
from skillsim.scenario.types import OF_A_PLACE, Scenario, Written
from skillsim.terms import KINDS, MESSAGES, Term, why_of

MAX_BYTES = 2_000_000
MAX_DEPTH = 24
MAX_ITEMS = 200_000
MAX_ALIASES = 1_000
MAX_EXTENDS = 8
MAX_INT = 10**15
PUBLISHED = "published/"  # of the names of shipped scenarios: tables of published works, which are no places

PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
FIGURE_TAGS = {
    "tag:yaml.org,2002:int": "figure", "tag:yaml.org,2002:float": "figure", "tag:yaml.org,2002:timestamp": "day",
    "tag:yaml.org,2002:bool": "yesno",
}

# YAML takes a full-width colon or comma for text, so that a key before or after one is none; outside quotes and comments
FULL_WIDTH = re.compile(r"(?:^|[{\[,，-])\s*[A-Za-z0-9_]+：|，\s*[A-Za-z0-9_]+\s*[:：]")
QUOTED = re.compile(r"""(?<![^\s\[{,:])(?:"(?:\\.|[^"\\])*"|'(?:''|[^'])*')|(?<!\S)#.*""")
MONTH_DAY = re.compile(r"(\d\d?)(?:[-/.]|月)(\d\d?)日?")

Place = tuple[str, int | None]
Parsed = tuple[dict[Any, Any] | None, dict[str, Place], list[Problem]]  # plain values, the place of each path, problems


class _OutOfBoundsError(Exception):
    def __init__(self, problem: Problem):
        self.problem = problem


class _Walker:
    """Turns nodes to plain values, noting the line of each dotted path and every problem met."""

    def __init__(self, file: str):
        self.file = file
        self.places: dict[str, Place] = {}
        self.problems: list[Problem] = []
        self.items = 0
        self.seen: set[int] = set()
        self.aliases = 0
        self.constructor = YAML(typ="safe", pure=True).constructor

    def value(self, node: Node, path: str, depth: int) -> Any:
        line = node.start_mark.line + 1
        self.places.setdefault(path, (self.file, line))
        self._count(node, path, depth, line)
        if not isinstance(node, ScalarNode) and str(node.tag) not in PLAIN_TAGS:
            self._refuse_tag(node, path, line)
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.value(item, f"{path}.{i}", depth + 1) for i, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path, line)

    def _count(self, node: Node, path: str, depth: int, line: int) -> None:
        self.items += 1
        if not isinstance(node, ScalarNode):
            self.aliases += id(node) in self.seen
            self.seen.add(id(node))
        for bad, code, limit in (
            (depth > MAX_DEPTH, "yaml_depth", MAX_DEPTH),
            (self.items > MAX_ITEMS, "yaml_size", MAX_ITEMS),
            (self.aliases > MAX_ALIASES, "yaml_alias", MAX_ALIASES),
        ):
            if bad:
                raise _OutOfBoundsError(Problem(code, path[:80], file=self.file, line=line, args={"limit": limit}))

    def _mapping(self, node: MappingNode, path: str, depth: int) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        lines: dict[Any, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            told = len(self.problems)
            key = self._scalar(key_node, path, line) if isinstance(key_node, ScalarNode) else None
            if len(self.problems) > told:
                continue
            if isinstance(key, bool) or not isinstance(key, str | int):
                self.problems.append(Problem("key_type", path, file=self.file, line=line))
                continue
            child = f"{path}.{key}" if path else str(key)
            if key in lines:
                args = {"key": key, "other": lines[key]}
                self.problems.append(Problem("duplicate_key", child, file=self.file, line=line, args=args))
                continue
            lines[key] = line
            self.places[child] = (self.file, line)
            out[key] = self.value(value_node, child, depth + 1)
        return out

    def _scalar(self, node: ScalarNode, path: str, line: int) -> Any:
        try:
            value = self.constructor.construct_object(node)
        except (YAMLError, ArithmeticError, LookupError, TypeError, ValueError):
            kind = KINDS.get(FIGURE_TAGS.get(str(node.tag), ""))
            if kind is None:
                self._refuse_tag(node, path, line)
            else:
                args = {"zh": kind.zh, "en": kind.en}
                self.problems.append(Problem("wrong_type", path, node.value, self.file, line, args=args))
            return None
        if isinstance(value, int) and abs(value) > MAX_INT:
            return math.inf if value > 0 else -math.inf  # the types refuse it, wherever it stands
        if isinstance(value, datetime):
            return value.date()
        if not isinstance(value, str | int | float | bool | date | None):
            self._refuse_tag(node, path, line)
            return None
        if isinstance(value, str) and any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in value):
            self.problems.append(Problem("text_control", path, value, self.file, line))
            return None
        return value

    def _refuse_tag(self, node: Node, path: str, line: int) -> None:
        tag = str(node.tag).replace("tag:yaml.org,2002:", "!!")
        value = node.value if isinstance(node, ScalarNode) else None
        self.problems.append(Problem("yaml_tag", path, value, self.file, line, args={"tag": tag}))


def scenario_roots() -> list[Path]:
    """Return the folders in which a scenario's name is looked up: this checkout's, then the installed package's."""
    inside = Path(str(resources.files("skillsim"))) / "scenarios"
    checkout = Path(__file__).resolve().parents[3] / "scenarios"
    return [p for p in (inside, checkout) if p.is_dir()]


def find(name: str | Path) -> Path:
    """Return the file for a path, or for a name such as ``small``.

    Raises
    ------
    ScenarioError
        when there is neither such a file nor such a name.
    """
    for path in (Path(name), *_shipped_as(name)):
        if _is_file(path):
            return path
    raise ScenarioError([_not_found(str(name))])


def _not_found(name: str) -> Problem:
    """Return why a name leads to no file: it is a folder, it stands in the current folder's scenarios, or there is none."""
    here = Path("scenarios") / name
    for folder in (Path(name), *_shipped_as(name), here) if name else ():
        if _is(folder, Path.is_dir):
            files = sorted(path.name for path in folder.glob("*.yaml"))
            file = "baseline.yaml" if "baseline.yaml" in files or not files else files[0]
            given = here if folder == here else Path(name)
            return Problem("file_folder", file=name, args={"file": (given / file).as_posix()})
    file = f"scenarios/{name}.yaml"
    if _is(Path(file), Path.is_file):
        return Problem("file_here", file=name, args={"file": file})
    return Problem("file_missing", file=name, args={"near": checks.near(name, shipped())})


def shipped() -> list[str]:
    """Return the names of the shipped scenarios."""
    roots = scenario_roots()
    return sorted({p.relative_to(root).with_suffix("").as_posix() for root in roots for p in root.rglob("*.yaml")})


def _shipped_as(name: str | Path) -> list[Path]:
    """Return where a shipped scenario of that name would stand."""
    given, out = Path(name), []
    parts = given.parts[1:] if given.parts[:1] == ("scenarios",) else given.parts
    if not given.is_absolute() and ".." not in parts and parts:
        for root in scenario_roots():
            out += [root.joinpath(*parts), root.joinpath(*parts).with_suffix(".yaml")]
    return out


def _is_file(path: Path) -> bool:
    return _is(path, Path.is_file)


def _is(path: Path, kind: Callable[[Path], bool]) -> bool:
    try:
        return kind(path)
    except (OSError, ValueError):  # a name too long, or not a name at all
        return False


def read(name: str | Path) -> Scenario:
    """Read, resolve (``extends``) and check a scenario file.

    Parameters
    ----------
    name : a path, or the name of a shipped scenario (``small``)

    Raises
    ------
    ScenarioError
        with every problem found.
    """
    path = find(name)
    raw, places, problems = _resolved(path, ())
    if raw is None:
        raise ScenarioError(problems)
    return build(raw, places, problems, str(path))


def parse(text: str, file: str = "") -> Scenario:
    """Read the text of a scenario file that stands nowhere; it can build on shipped scenarios only.

    Parameters
    ----------
    text : YAML
    file : what it is called in problems

    Raises
    ------
    ScenarioError
        with every problem found.
    """
    raw, places, problems = _laid_on(*_of_text(text.removeprefix("\ufeff"), file), None, ())
    if raw is None:
        raise ScenarioError(problems)
    return build(raw, places, problems, file)


def plain(text: str) -> dict[Any, Any] | None:
    """Return the plain values of a YAML text, ``extends`` unread; None where there is anything wrong with it."""
    raw, _, problems = _of_text(text.removeprefix("\ufeff"), "")
    return None if problems else raw


def build(raw: dict[Any, Any], places: dict[str, Place], problems: Iterable[Problem] = (), file: str = "") -> Scenario:
    """Check plain values against the types and against each other, and return the scenario, with what it knows and the policies
    in force put on it."""
    problems = list(problems)
    if isinstance(raw.get("policies"), dict):  # nothing in place of a policy takes it away
        raw = raw | {"policies": {name: policy for name, policy in raw["policies"].items() if policy is not None}}
    written = Written(raw)
    raw = copy.deepcopy(raw)
    sources = _take_sources(raw, problems)
    scenario: Scenario | None = None
    row_places: dict[str, str] = {}
    lacking = _lacking(raw)
    problems += lacking
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        told = {p.path for p in problems if p.code in ("yaml_tag", "text_control", "wrong_type")}  # stands here as nothing
        problems += [p for p in translated_all(error, raw) if p.path not in told]
        problems += [] if lacking else _sense_of_the_rest(raw, error, sources)
    except RecursionError:
        problems.append(Problem("yaml_depth", args={"limit": MAX_DEPTH}))
    if scenario is not None:
        names = _names(scenario)
        scenario._sources.update(_named(sources, names))
        scenario._written = written
        problems += [] if lacking else checks.check(scenario)
        row_places = {name: path for path, name in names.items()}
    if problems:
        raise ScenarioError(placed(p, places, row_places, file) for p in problems)
    assert scenario is not None
    return with_facts(with_known(scenario), scenario.in_force)


def _lacking(raw: dict[Any, Any]) -> list[Problem]:
    """Return what a file lacks of a place: everything or nothing of it may be left out, and everything only beside tables."""
    lacking = [key for key in OF_A_PLACE if key not in raw]
    alone = "tables" in raw and len(lacking) == len(OF_A_PLACE)
    return [] if alone else [Problem("missing", args={"key": key}) for key in lacking]


def laid_on(base: Scenario, over: dict[str, Any]) -> dict[Any, Any]:
    """Return plain values laid on those that a scenario was read from, as ``extends`` does."""
    merged: dict[Any, Any] = _merged(dict(base.written), over)
    return merged


def built_on(base: Scenario, over: dict[str, Any]) -> Scenario:
    """Return the scenario of plain values laid on those that another was read from.

    Raises
    ------
    ScenarioError
        with every problem, by path; there is no file to name.
    """
    return build(laid_on(base, over), {})


def _sense_of_the_rest(raw: dict[Any, Any], error: ValidationError, sources: dict[str, Source]) -> list[Problem]:
    """Return what is wrong between the parts of a file whose only wrong keys are unknown ones, as if these were not there."""
    details = error.errors(include_url=False)
    if any(detail["type"] != "extra_forbidden" for detail in details):
        return []
    rest = copy.deepcopy(raw)
    for detail in details:
        steps = _real_steps(detail["loc"], raw)
        at: Any = rest
        for step in steps[:-1]:
            at = at[step]
        at.pop(steps[-1], None)
    try:
        scenario = Scenario.model_validate(rest)
    except ValidationError:
        return []
    scenario._sources.update(_named(sources, _names(scenario)))
    return checks.check(scenario)


def _resolved(path: Path, chain: tuple[Path, ...]) -> Parsed:
    """Read a file and what it extends; return plain values, the place of each path, and problems."""
    here = path.resolve()
    if here in chain or len(chain) >= MAX_EXTENDS:
        code = "extends_loop" if here in chain else "extends_depth"
        names = " → ".join(p.name for p in (*chain, here))
        return None, {}, [Problem(code, "extends", file=str(path), args={"chain": names, "limit": MAX_EXTENDS})]
    return _laid_on(*parsed(path), path, (*chain, here))


def _laid_on(
    raw: dict[Any, Any] | None, places: dict[str, Place], problems: list[Problem], path: Path | None, chain: tuple[Path, ...],
) -> Parsed:
    """Return plain values laid on those of the file that they extend; ``path`` is their own, None if they have none."""
    if raw is None:
        return None, places, problems
    parent = raw.pop("extends", None)
    if any(problem.path == "extends" for problem in problems):
        return None, places, problems
    if parent is None:
        return raw, places, problems
    if not isinstance(parent, str):
        return None, places, [*problems, Problem("extends_type", "extends", parent, *places["extends"])]
    parent_path = _base(parent, path)
    if parent_path is None:
        beside = [p.name for p in path.parent.glob("*.yaml")] if path else []
        args = {"near": checks.near(parent, [*beside, *shipped()])}
        return None, places, [*problems, Problem("file_missing", "extends", parent, *places["extends"], args=args)]
    base, base_places, base_problems = _resolved(parent_path, chain)
    if base is None:
        return None, base_places, problems + base_problems
    return _merged(base, raw), base_places | places, problems + base_problems


def _base(parent: str, path: Path | None) -> Path | None:
    """Return the file that is extended: the one beside, else the shipped one of that name."""
    beside = [path.parent / parent] if path else []
    if path and path.name != f"{parent}.yaml":
        beside.append(path.parent / f"{parent}.yaml")
    return next((p for p in (*beside, *_shipped_as(parent)) if _is_file(p)), None)


def parsed(path: Path) -> Parsed:
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            return None, {}, [Problem("file_large", file=file, args={"limit": f"{MAX_BYTES:,}"})]
        return _of_text(path.read_text(encoding="utf-8-sig"), file)
    except (OSError, UnicodeError) as error:
        return None, {}, [Problem("file_unreadable", file=file, args={"why": why_of(error)})]


def _of_text(text: str, file: str) -> Parsed:
    """Return the plain values of a YAML text, the place of each path, and problems."""
    if len(text) > MAX_BYTES:
        return None, {}, [Problem("file_large", file=file, args={"limit": f"{MAX_BYTES:,}"})]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor that is used again is the planner's business
            node = YAML(typ="safe", pure=True).compose(text)
    except UnicodeError as error:
        return None, {}, [Problem("file_unreadable", file=file, args={"why": why_of(error)})]
    except RecursionError:
        return None, {}, [Problem("yaml_depth", file=file, args={"limit": MAX_DEPTH})]
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        line = mark.line + 1 if mark else None
        if isinstance(error, ReaderError):
            line = text.count("\n", 0, error.position) + 1
        above = error.context_mark.line + 1 if isinstance(error, MarkedYAMLError) and error.context_mark else None
        wide = _full_width_line(text, above or line, line)
        if wide:
            return None, {}, [Problem("full_width", file=file, line=wide)]
        return None, {}, [Problem("yaml_syntax", file=file, line=line, args={"why": why_of(error)})]
    except Exception as error:
        # the scanner of the library also fails in ways of its own (assertions, index errors) on broken text
        return None, {}, [Problem("yaml_syntax", file=file, args={"why": why_of(error)})]
    walker = _Walker(file)
    if not isinstance(node, MappingNode):
        return None, {}, [Problem("not_mapping", file=file, line=node.start_mark.line + 1 if node else 1)]
    try:
        raw = walker.value(node, "", 0)
    except _OutOfBoundsError as stop:
        return None, walker.places, [*walker.problems, stop.problem]
    return raw, walker.places, walker.problems


def _full_width_line(text: str, first: int | None, last: int | None) -> int | None:
    """Return the first line (from 1) with a full-width colon or comma in place of YAML's: from the one above ``first``, and those
    of the kind right above it, to ``last``, where the text can't be parsed."""
    if first is None or last is None:
        return None
    wide = [bool(FULL_WIDTH.search(QUOTED.sub('""', line))) for line in text.split("\n")[:last]]
    start = max(min(first, last) - 2, 0)
    while start > 0 and wide[start - 1]:
        start -= 1
    return next((i + 1 for i in range(start, len(wide)) if wide[i]), None)


def _merged(base: Any, over: Any) -> Any:
    """Return ``over`` laid on ``base``: mappings key by key, everything else replaced.

    A source, and a number written in another form, replace the whole of what stood there.
    """
    if isinstance(base, dict) and isinstance(over, dict) and not _another_form(base, over):
        return base | {key: _merged(base.get(key), value) for key, value in over.items()}
    return over


def _another_form(base: dict[Any, Any], over: dict[Any, Any]) -> bool:
    if base and over and base.keys() | over.keys() <= set(Source.model_fields):
        return base.keys() != over.keys()
    if base.keys() | over.keys() <= set(Number.model_fields) | {"source"}:
        mine, theirs = set(FORMS) & over.keys(), set(FORMS) & base.keys()
        return bool(mine and theirs and mine != theirs)
    return False


def _take_sources(raw: Any, problems: list[Problem], path: str = "") -> dict[str, Source]:
    """Remove every block's ``source`` from the plain values and return them by path."""
    found: dict[str, Source] = {}
    if isinstance(raw, dict):
        if "source" in raw and not path.startswith(("observed.", "known.")):  # there it is a field
            given = raw.pop("source")
            where = f"{path}.source".lstrip(".")
            try:
                found[path] = Source.model_validate(given)
            except ValidationError as error:
                problems += translated_all(error, given, where, Source)
        for key, value in raw.items():
            found |= _take_sources(value, problems, f"{path}.{key}".lstrip("."))
    elif isinstance(raw, list):
        for i, value in enumerate(raw):
            found |= _take_sources(value, problems, f"{path}.{i}")
    return found


def _names(scenario: Scenario) -> dict[str, str]:
    """Return the name of each listed item that has one, by its position: seat rows and base rates."""
    rows = {f"quota.rows.{i}": f"quota.{row.key}" for i, row in enumerate(scenario.quota.rows)}
    return rows | {f"retention.base.{i}": f"retention.base.{base.key}" for i, base in enumerate(scenario.retention.base)}


def _named(sources: dict[str, Source], names: dict[str, str]) -> dict[str, Source]:
    """Return sources with listed items under their names instead of their positions."""
    out: dict[str, Source] = {}
    for path, source in sources.items():
        parts = path.split(".")
        item = ".".join(parts[:3])
        name = ".".join([names[item], *parts[3:]]) if item in names else "quota" if path == "quota.rows" else path
        # the only number of a seat row is its seats, which carry the row's name
        out[name.removesuffix(".seats") if name.startswith("quota.") else name] = source
    return out


def placed(problem: Problem, places: dict[str, Place], rows: dict[str, str], file: str) -> Problem:
    """Return the problem with the file and line of its path, or of the nearest block around it."""
    if problem.line is not None or (problem.file and not problem.path):
        return problem
    path = problem.path
    for name, position in rows.items():
        if path == name or path.startswith(f"{name}."):
            path = position + path.removeprefix(name)
            break
    while path not in places and path:
        path = path.rpartition(".")[0]
    at_file, line = places.get(path, (file, None))
    return Problem(problem.code, problem.path, problem.value, at_file or file, line, problem.args)


def translated_all(error: ValidationError, raw: Any, prefix: str = "", model: type[BaseModel] = Scenario) -> list[Problem]:
    """Return our problems for those of the type checker; where it tried two forms, those of the form that was written."""
    found = [(d, _translated(d, raw, prefix, model)) for d in error.errors(include_url=False)]
    here: Counter[str] = Counter()  # at a path or below it
    within: Counter[str] = Counter()  # of these, those that a list can have
    for detail, problem in found:
        steps = problem.path.split(".")
        for above in {".".join(steps[:i]) for i in range(1, len(steps) + 1)}:
            here[above] += 1
            within[above] += above != problem.path or detail["type"] not in _SINGLE
    out = []
    for detail, problem in found:
        not_a_list = detail["type"] == "list_type" and here[problem.path] > 1
        not_single = isinstance(detail["input"], list) and detail["type"] in _SINGLE and within[problem.path] > 0
        if not (not_a_list or not_single):
            out.append(problem)
    return out


_SINGLE = ("model_type", "number_type", "literal_error", "dict_type")
_TYPES = {
    "string_type": "text", "int_type": "whole", "int_parsing": "whole", "int_from_float": "whole", "float_type": "figure",
    "float_parsing": "figure", "bool_type": "yesno", "bool_parsing": "yesno", "list_type": "list", "dict_type": "mapping",
    "model_type": "mapping", "model_attributes_type": "mapping", "date_type": "day", "date_from_datetime_parsing": "day",
    "date_parsing": "day", "tuple_type": "pair", "date_from_datetime_inexact": "day", "string_unicode": "text",
    "string_too_short": "short_text", "string_too_long": "short_text", "int_parsing_size": "whole",
}
_OWN = {
    "number_type", "number_form", "number_counts", "number_factor", "number_order", "number_sd", "number_beta", "source_kind",
    "change_op", "change_until", "target_goal", "observed_definition", "figure_ask", "clause_open",
}
_BOUNDS = {
    "greater_than": ("大于 {gt}", "above {gt}"), "greater_than_equal": ("不小于 {ge}", "at least {ge}"),
    "less_than": ("小于 {lt}", "below {lt}"), "less_than_equal": ("不大于 {le}", "at most {le}"),
}


def _translated(detail: ErrorDetails, raw: Any, prefix: str = "", model: type[BaseModel] = Scenario) -> Problem:
    """Return a problem of ours for one of the type checker's."""
    loc, kind = detail["loc"], detail["type"]
    context = detail.get("ctx", {})
    steps = _real_steps(loc, raw)
    path = ".".join([prefix, *map(str, steps)]).strip(".")
    value = None if isinstance(detail.get("input"), dict | list | BaseModel) else detail.get("input")
    if kind == "invalid_key":
        return Problem("key_type", path)
    if kind == "extra_forbidden":
        if re.search("[：，]", str(loc[-1])):
            return Problem("full_width", path)
        code = "unknown_key_bare" if detail["input"] is None else "unknown_key"
        return Problem(code, path, args={"near": checks.near(str(loc[-1]), _fields_at(model, loc[:-1]))})
    if kind == "missing" and isinstance(loc[-1], int):
        return Problem("wrong_type", path, args={"zh": KINDS["pair"].zh, "en": KINDS["pair"].en})
    if kind == "missing":
        swallowed = [text for text in detail["input"].values() if isinstance(text, str) and _swallows(text, str(loc[-1]))]
        if swallowed:
            return Problem("full_width", path.rpartition(".")[0], swallowed[0])
        return Problem("missing", path.rpartition(".")[0], args={"key": loc[-1]})
    if kind in ("literal_error", "enum"):
        choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        meant = _meant(str(value))
        names = [meant] if meant in choices.split(", ") else choices.split(", ")
        return Problem("one_of", path, value, args={"choices": choices, "near": checks.near(meant, names)})
    if kind == "string_pattern_mismatch":
        if "[12][0-9]" not in str(context.get("pattern")):
            return Problem("pattern_code", path, value)
        day = _meant(str(value))
        known = re.fullmatch(str(context["pattern"]), day) is not None
        return Problem("pattern_day_near", path, value, args={"day": day}) if known else Problem("pattern_day", path, value)
    if kind == "finite_number":
        return Problem("number_finite", path, value)
    if kind == "model_type" and context.get("class_name") == "Title":
        return Problem("title_type", path, value)
    if kind in ("model_type", "dict_type") and isinstance(value, str) and FULL_WIDTH.search(value):
        return Problem("full_width", path, value)
    if kind in ("number_type", "float_type", "float_parsing") and (isinstance(value, str) or (value is None and "series" in loc)):
        return Problem("number_text", path, value, args={"range": MESSAGES["hint_range"] if kind == "number_type" else ""})
    if kind in _TYPES:
        term = KINDS[_TYPES[kind]]
        return Problem("wrong_type", path, value, args={"zh": term.zh, "en": term.en})
    if kind in ("too_short", "too_long"):
        n = context.get("min_length" if kind == "too_short" else "max_length")
        return Problem("too_few" if kind == "too_short" else "too_many", path, args={"n": n})
    if kind in _BOUNDS:
        zh, en = (text.format(**context) for text in _BOUNDS[kind])
        return Problem("bound", path, value, args={"zh": zh, "en": en})
    if kind in _OWN:
        return Problem(kind, path, value, args=dict(context))
    return Problem("other", path, value, args={"why": Term("类型或大小不符", detail["msg"])})


def _swallows(text: str, key: str) -> bool:
    """Say whether a text goes on with a key behind a full-width comma."""
    return re.search(rf"，\s*{re.escape(key)}\s*[:：]", text) is not None


def _meant(text: str) -> str:
    """Return what a word in capitals, or a day without its zeros, is likely to mean."""
    day = MONTH_DAY.fullmatch(text.strip())
    return f"{int(day[1]):02}-{int(day[2]):02}" if day else text.lower()


def _real_steps(loc: tuple[int | str, ...], raw: Any) -> list[int | str]:
    """Return the steps of an error's place that exist in the plain values: the checker adds its own (names of types)."""
    steps: list[int | str] = []
    at = raw
    for i, step in enumerate(loc):
        if isinstance(at, dict) and step in at:  # noqa: SIM114 - two branches, so that the type of step is known in each
            at = at[step]
        elif isinstance(at, list) and isinstance(step, int) and step < len(at):
            at = at[step]
        elif i == len(loc) - 1 and isinstance(at, dict) and isinstance(step, str) and step.isidentifier() and step[0].islower():
            at = None
        elif isinstance(at, dict) and isinstance(step, str) and step.isdigit() and int(step) in at:
            at = at[int(step)]
        else:
            continue
        steps.append(step)
    return steps


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the types know at a place."""
    kind: Any = model
    for step in loc:
        options = _models_in(kind, step)
        kind = options if options is not None else kind
    found = [m for m in _flat(kind) if isinstance(m, type) and issubclass(m, BaseModel)]
    return [info.alias or name for m in found for name, info in m.model_fields.items()]


def _flat(kind: Any) -> list[Any]:
    """Return the types inside a union, annotation or container."""
    if isinstance(kind, type):
        return [kind]
    return [inner for arg in get_args(kind) for inner in _flat(arg)]


def _models_in(kind: Any, step: int | str) -> Any:
    for m in _flat(kind):
        if isinstance(m, type) and issubclass(m, BaseModel):
            for name, info in m.model_fields.items():
                if step in (name, info.alias):
                    return info.annotation
    return None if get_origin(kind) is None else kind
