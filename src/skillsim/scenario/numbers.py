"""A number as a planner writes it: a constant, a series, counts, or a distribution, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError
from scipy import special

Event = Literal["plan", "progress", "assessment", "exam", "graduation", "admission", "term", "census", "accounts"]
Authority = Literal["city", "province", "school", "market"]
Op = Literal["set", "add", "scale", "ramp"]
MOST_PERSONS = 1e8  # people are counted in 32 bits


def _refuse(self: Any, *_: Any, **__: Any) -> Any:
    raise TypeError("a scenario is frozen: vary() gives a new one")


class FrozenDict(dict[Any, Any]):
    """A mapping that can't be changed."""

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __deepcopy__(self, memo: Any) -> Self:
        return self


class FrozenList(list[Any]):
    """A list that can't be changed."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = remove = pop = clear = sort = reverse = _refuse

    def __deepcopy__(self, memo: Any) -> Self:
        return self


def frozen(part: Any) -> Any:
    """Return a part of a scenario with its mappings and lists made unchangeable, all the way down."""
    if isinstance(part, dict):
        return FrozenDict({key: frozen(item) for key, item in part.items()})
    return FrozenList([frozen(item) for item in part]) if isinstance(part, list) else part


class Block(BaseModel):
    """A frozen part of a scenario; unknown keys are refused.  The string under a field is its documentation."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_yes_for_a_figure(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false where a figure belongs (Python takes them for 1 and 0)."""
        given = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
        if any(isinstance(v, bool) for v in given) and _of_figures(cls.model_fields[str(info.field_name)].annotation):
            raise PydanticCustomError("number_type", "a number")
        return value

    @model_validator(mode="after")
    def _all_the_way_down(self) -> Self:
        for name in type(self).model_fields:
            if isinstance(self.__dict__[name], dict | list):
                self.__dict__[name] = frozen(self.__dict__[name])
        return self


def _of_figures(annotation: Any) -> bool:
    """Say whether a field holds plain figures, alone or in a list or series."""
    inner = get_args(annotation)
    return annotation in (int, float) or any(_of_figures(a) for a in inner)


class Source(Block):
    """Where a number comes from; exactly one of the kinds, with its text."""

    published: str | None = None
    """A published figure: document, table, year."""
    derived: str | None = None
    """Computed from published figures: how."""
    proxy: str | None = None
    """A figure of another place, year or group, used in place of the missing one: which."""
    assumed: str | None = None
    """Assumed: why, and how wide."""
    policy: str | None = None
    """Asked by a policy document: which, and the clause."""
    fitted: str | None = None
    """Fitted to observations: which."""
    zh: str | None = None
    """The same in Chinese."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if len(self._given()) != 1:
            raise PydanticCustomError("source_kind", "exactly one kind of source")
        return self

    @property
    def kind(self) -> str:
        """Return the name of the kind that is given."""
        return next(iter(self._given()))

    @property
    def text(self) -> str:
        """Return the text of the kind that is given."""
        return next(iter(self._given().values()))

    def told(self, lang: str) -> str:
        """Return the text in a language; in the one in which it is given where there is no other."""
        return self.zh if lang == "zh" and self.zh else self.text

    def _given(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True, exclude={"zh"})


class Spread(Block):
    """How far a value or a whole series may be off, as a factor: one draw for all years."""

    uniform: tuple[float, float] | None = None
    """[low, high]"""
    triangular: tuple[float, float, float] | None = None
    """[low, mode, high]"""
    normal: tuple[float, float] | None = None
    """[mean, sd], cut at 0"""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        check_forms(self.model_dump(exclude_none=True), ("uniform", "triangular", "normal"))
        return self

    @property
    def form(self) -> tuple[str, tuple[float, ...]]:
        """Return the name of the distribution and its numbers."""
        return next(iter(self.model_dump(exclude_none=True).items()))


@dataclass(frozen=True)
class Patch:
    """One change to one number: ``op`` with ``value`` in force from a date, in full at once or, gradually, at ``until``."""

    op: Op
    value: float
    since: date
    until: date | None = None
    hold: bool = False
    policy: str = ""


@dataclass(frozen=True)
class Par:
    """The one declaration of a parameter: bounds, unit, the event at which it is read, and who decides it.

    A change dated after ``read_on`` of a year acts from the next year on.
    """

    unit: str
    lo: float = 0.0
    hi: float = MOST_PERSONS
    read_on: Event = "plan"
    authority: Authority = "city"
    whole: bool = False


FORMS = ("value", "series", "passed", "uniform", "triangular", "normal", "beta")


class Number(Block):
    """A number: a constant, a series by year, counts (passed, of), or a distribution.

    Written as a bare figure, or as a mapping with exactly one of value, series, passed/of, uniform, triangular, normal,
    beta.  Counts stand for a Beta(passed, of - passed) distribution, whose mean is the observed share.
    """

    value: float | None = None
    """A constant."""
    series: dict[int, float] | None = Field(default=None, min_length=1)
    """Values by year; between given years linear (or held, see steps), outside them the nearest."""
    steps: bool = False
    """A series that keeps each value until the next given year instead of running straight to it."""
    passed: float | None = Field(default=None, gt=0)
    """Counts: how many of those observed."""
    of: float | None = Field(default=None, gt=0)
    """Counts: how many were observed."""
    uniform: tuple[float, float] | None = None
    """[low, high]"""
    triangular: tuple[float, float, float] | None = None
    """[low, mode, high]"""
    normal: tuple[float, float] | None = None
    """[mean, sd], cut at the parameter's bounds"""
    beta: tuple[float, float] | None = None
    """[a, b]"""
    factor: Spread | None = None
    """A relative spread around a value or a series."""
    shared: str | None = Field(default=None, min_length=1, max_length=40)
    """Uncertain numbers with the same word here share one draw: they are high together and low together."""
    _patches: tuple[Patch, ...] = PrivateAttr(default=())

    @property
    def patches(self) -> tuple[Patch, ...]:
        """Return the changes that policies made, in the order in which they act."""
        return self._patches

    def patched_by(self, patches: tuple[Patch, ...]) -> Self:
        """Return a copy of the number as written, with these changes on it."""
        copy = self.model_copy()
        copy._patches = patches
        return copy

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        if isinstance(data, dict | Number):
            return data
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise PydanticCustomError("number_type", "a number")
        return {"value": data}

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = self.model_dump(include=set(FORMS), exclude_none=True)
        check_forms(given, FORMS)
        if (self.passed is None) != (self.of is None) or (self.passed or 0) >= (self.of or 1e300):
            raise PydanticCustomError("number_counts", "counts need passed < of")
        if self.factor is not None and not ({"value", "series"} & given.keys()):
            raise PydanticCustomError("number_factor", "factor goes with value or series")
        return self

    @property
    def uncertain(self) -> bool:
        """Say whether the number has a distribution."""
        return self.factor is not None or (self.value is None and self.series is None)

    @property
    def form(self) -> tuple[str, tuple[float, ...]]:
        """Return the number's distribution and its numbers; counts are a beta.  Only for a number that has one."""
        if self.passed is not None and self.of is not None:
            return "beta", (self.passed, self.of - self.passed)
        name = next(f for f in FORMS[3:] if getattr(self, f) is not None)
        return name, getattr(self, name)

    def extremes(self, par: Par) -> tuple[float, float]:
        """Return the least and greatest value that the number can take before patches."""
        if self.value is not None or self.series is not None:
            given = [self.value] if self.value is not None else list((self.series or {}).values())
            low, high = support(*self.factor.form) if self.factor else (1.0, 1.0)
            corners = [v * f for v in given if v is not None for f in (low, high)]
            return min(corners), max(corners)
        return support(*self.form)

    def path(self, years: NDArray[np.int64], par: Par, u: NDArray[np.float64] | None, dates: list[date]) -> NDArray[np.float64]:
        """Return the number's values.

        Parameters
        ----------
        years : int64 [Y]
        par : its declaration
        u : float64 [P] in (0, 1), one uniform for each parameter draw; None for the mean
        dates : the date in each year at which the number is read

        Returns
        -------
        float64 [Y, P], P = 1 where the number is certain or ``u`` is None; kept within the bounds of ``par``.
        """
        if self.series is not None:
            known = sorted(self.series)
            if self.steps:
                at = np.clip(np.searchsorted(known, years, side="right") - 1, 0, None)
                base = np.array([self.series[known[i]] for i in at], dtype=float)
            else:
                base = np.interp(years, known, [self.series[y] for y in known])
        elif self.value is not None:
            base = np.full(len(years), float(self.value))
        else:
            base = np.ones(len(years))
        draw = np.ones(1)
        if self.uncertain:
            name, given = self.factor.form if self.factor else self.form
            bounds = (0.0, np.inf) if self.factor else (par.lo, par.hi)
            draw = np.array([mean(name, given, *bounds)]) if u is None else quantile(name, given, *bounds, u)
        if not self.patches and (base == base[0]).all():
            # the same in every year: one row is enough, seen from all years
            return np.broadcast_to(np.clip(base[:1, None] * draw[None, :], par.lo, par.hi), (len(years), len(draw)))
        values: NDArray[np.float64] = base[:, None] * draw[None, :]
        for patch in self.patches:
            values = patched(values, patch, dates)
        return np.clip(values, par.lo, par.hi)


def patched(values: NDArray[np.float64], patch: Patch, dates: list[date]) -> NDArray[np.float64]:
    """Return ``values`` [Y, P] with one patch applied to the years whose reading date lies on or after it.

    ``set`` and ``ramp`` replace, ``add`` adds, ``scale`` multiplies.  With ``until`` the change comes in a straight line
    from nothing at ``since`` to the whole of it at ``until``, and stays.
    """
    if patch.until is None:
        done = np.array([float(d >= patch.since) for d in dates])[:, None]
    else:
        span = (patch.until - patch.since).days
        done = np.array([min(max((d - patch.since).days / span, 0.0), 1.0) for d in dates])[:, None]
    if patch.op == "add":
        return values + done * patch.value
    if patch.op == "scale":
        return values * (1.0 + done * (patch.value - 1.0))
    return values + done * (patch.value - values)


def check_forms(given: dict[str, Any], forms: tuple[str, ...]) -> None:
    """Refuse anything but exactly one form of distribution with numbers in order."""
    chosen = [f for f in forms if f in given]
    if len(chosen) != 1:
        raise PydanticCustomError("number_form", "exactly one of {forms}", {"forms": ", ".join(forms)})
    form, numbers = chosen[0], given[chosen[0]]
    if form in ("uniform", "triangular") and (list(numbers) != sorted(numbers) or numbers[0] == numbers[-1]):
        raise PydanticCustomError("number_order", "low before high")
    if form == "normal" and numbers[1] <= 0:
        raise PydanticCustomError("number_sd", "sd above 0")
    if form == "beta" and min(numbers) <= 0:
        raise PydanticCustomError("number_beta", "both above 0")


def support(form: str, numbers: tuple[float, ...]) -> tuple[float, float]:
    """Return the ends of a distribution; of a normal, which is cut at its parameter's bounds, its mean."""
    if form == "beta":
        return 0.0, 1.0
    return (numbers[0], numbers[0]) if form == "normal" else (numbers[0], numbers[-1])


def mean(form: str, numbers: tuple[float, ...], lo: float, hi: float) -> float:
    """Return the mean of a distribution; a normal is cut at [lo, hi] (Johnson, Kotz and Balakrishnan 1994, 13.10.1)."""
    if form == "beta":
        return numbers[0] / (numbers[0] + numbers[1])
    if form != "normal":
        return sum(numbers) / len(numbers)
    centre, sd = numbers
    a, b = (lo - centre) / sd, (hi - centre) / sd
    density = (np.exp(-0.5 * a * a) - np.exp(-0.5 * b * b)) / np.sqrt(2 * np.pi)
    return float(centre + sd * density / (special.ndtr(b) - special.ndtr(a)))


def quantile(form: str, numbers: tuple[float, ...], lo: float, hi: float, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles of a distribution at ``u`` [P]; a normal is cut at [lo, hi]."""
    out: NDArray[np.float64]
    if form == "uniform":
        out = numbers[0] + u * (numbers[1] - numbers[0])
    elif form == "triangular":
        low, mode, high = numbers
        turn = (mode - low) / (high - low)
        rising = low + np.sqrt(u * (high - low) * (mode - low))
        out = np.where(u < turn, rising, high - np.sqrt((1 - u) * (high - low) * (high - mode)))
    elif form == "normal":
        centre, sd = numbers
        below, above = special.ndtr((lo - centre) / sd), special.ndtr((hi - centre) / sd)
        out = centre + sd * special.ndtri(below + u * (above - below))
    else:
        out = special.betaincinv(*numbers, u)
    return out
