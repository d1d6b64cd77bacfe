"""An axis of a chart: what stands on it, how far it reaches, and how its labels are set."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from skillsim.report.pictures.paper import LINE, Paper
from skillsim.report.pictures.part import Part

SPLIT = 5  # intervals that ECharts aims at where an axis asks for none


class Axis:
    """An axis, read from the option.

    ``labels`` are its categories, each in lines, or what stands at its ``ticks``; ``low`` and ``high`` its ends, of categories
    in places counted from 0 (see :meth:`fit`).
    """

    def __init__(self, given: Part, paper: Paper) -> None:
        self.paper = paper
        self.category = given.one_of("type", "value", "category") == "category"
        self.inverse, self.position = given.take("inverse", False), given.one_of("position", None, "right", "top")
        self.gap = given.one_of("boundaryGap", True, False)
        self.name, self.named_under = given.take("name", ""), given.one_of("nameLocation", "end", "middle") == "middle"
        given.skip("nameGap", "nameTextStyle")
        self.scale, self.split = given.take("scale", False), given.take("splitNumber", SPLIT)
        self.least, self.most, self.interval = (given.take(key) for key in ("min", "max", "interval"))
        self.shows = {}
        for key in ("axisTick", "axisLine", "splitLine"):
            part = given.part(key)
            part.skip("alignWithLabel")
            self.shows[key] = part.take("show", True)
            part.done()
        label = given.part("axisLabel")
        self.size, self.line = label.take("fontSize", 12), label.take("lineHeight", LINE)
        width = label.take("width", math.inf)
        label.one_of("overflow", "break")
        label.one_of("interval", None, 0)
        label.skip("hideOverlap")
        self.ends = (label.take("showMinLabel", True), label.take("showMaxLabel", True))
        label.done()
        self.keys: list[str] = given.take("data", [])
        given.done()
        self.labels = [paper.even(text, width, self.size) for text in self.keys]
        self.low, self.high, self.ticks = 0.0, 1.0, list(map(float, range(len(self.keys))))

    def at(self, value: Any) -> float:
        """Return the place of a category (by name or by place) or of a value; nan of a blank."""
        if value is None:
            return math.nan
        return float(self.keys.index(value)) if isinstance(value, str) else float(value)

    def fit(self, values: Iterable[float]) -> None:
        """Let the axis reach over values, to round figures where it has no ends of its own."""
        if self.category:
            room = 0.5 if self.gap else 0.0
            self.low, self.high = -room, max(len(self.keys) - 1 + room, 0.5)
            return
        found = [v for v in values if not math.isnan(v)] or [0.0]
        low, high = min(found), max(found)
        if not self.scale:
            low, high = min(low, 0.0), max(high, 0.0)
        if low == high:
            low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
        step = self.interval or nice((high - low) / self.split)
        self.low = low if self.least == "dataMin" else math.floor(low / step + 1e-9) * step if self.least is None else self.least
        self.high = high if self.most == "dataMax" else math.ceil(high / step - 1e-9) * step if self.most is None else self.most
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        self.ticks = [i * step for i in range(first, last + 1)]
        self.labels = [[self._said(v)] for v in self.ticks]

    def _said(self, value: float) -> str:
        """Return a figure on the axis; none at an end that shows none."""
        if (value <= self.low and not self.ends[0]) or (value >= self.high and not self.ends[1]):
            return ""
        return f"{round(value, 10):,.10g}"

    def wide(self) -> float:
        """Return the width of its widest label in px."""
        return max((self.paper.wide(line, self.size) for lines in self.labels for line in lines), default=0.0)

    def tall(self) -> float:
        """Return the height of its tallest label in px."""
        return max(map(len, self.labels), default=0) * self.line

    def every(self, length: float) -> int:
        """Return of how many labels one can be shown so that none stands on the next, on a length of px."""
        pitch = length / max(self.high - self.low, 1e-12) * (self.ticks[1] - self.ticks[0]) if len(self.ticks) > 1 else length
        return max(1, math.ceil((self.wide() + 6) / pitch))


def nice(step: float) -> float:
    """Return a round interval close to one: 1, 2, 3, 5 or 10 times a power of ten, as ECharts takes it."""
    power = 10.0 ** math.floor(math.log10(step))
    share = step / power
    return power * (1 if share < 1.5 else 2 if share < 2.5 else 3 if share < 4 else 5 if share < 7 else 10)
