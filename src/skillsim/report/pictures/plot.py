"""Charts on two axes: lines and bands, bars, lists with intervals, steps, and cells in colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from skillsim.report.pictures.axis import Axis
from skillsim.report.pictures.paper import LINE, POINTS, Paper, dashes, ink, mark
from skillsim.report.pictures.part import Part, sole

GRID, TEXT = "#E0E6F1", "#333333"
Z = 2  # where ECharts draws a series that says nothing of it
Look = dict[str, Any]


class Plot:
    """A chart on axes, read and measured; :meth:`draw` puts it on the sheet.

    ``looks`` are what the legend shows for each name of a series.
    """

    def __init__(self, option: Part, paper: Paper, height: float) -> None:
        self.paper = paper
        given = option.take("yAxis")
        listed = given if isinstance(given, list) else [given]
        self.x = Axis(option.part("xAxis"), paper)
        self.y, *beside = [Axis(Part(one, f"yAxis {i}"), paper) for i, one in enumerate(listed)]
        self.beside = beside[0] if beside else None
        self.colours = _Colours(option.part("visualMap"), paper) if "visualMap" in option else None
        self.notes = [_note(Part(one, "graphic"), paper) for one in option.take("graphic", [])]
        self.looks: dict[str, Look] = {}
        self.drawn: list[Callable[[Axes], None]] = []
        self.reach: tuple[list[float], list[float]] = ([], [])
        self.base: dict[tuple[Any, ...], float] = {}
        kinds = {"line": self._line, "bar": self._bar, "scatter": self._scatter, "candlestick": self._steps,
                 "heatmap": self._cells}
        for i, one in enumerate(option.take("series")):
            part = Part(one, f"series {i}")
            kind = part.take("type")
            if kind not in kinds:
                raise NotImplementedError(f"series of type {kind!r} can't be drawn")
            part.skip("tooltip", "silent", "emphasis", "dimensions")
            kinds[kind](part, i)
            part.done()
        self.x.fit(self.reach[0])
        self.y.fit(self.reach[1])
        self._measure(height)

    def _measure(self, height: float) -> None:
        """Settle how much each side needs."""
        x, y, beside = self.x, self.y, self.beside
        self.above = (y.line + 6 if y.name else 4) + (x.tall() + 8 if x.position == "top" else 0)
        self.under = (0 if x.position == "top" else x.line + 10) + (x.line + 4 if x.named_under and x.name else 0)
        self.left = 4 + y.wide() + 8
        self.right = beside.wide() + 12 if beside is not None else 8.0
        length = self.paper.width - self.left - self.right
        if not x.category or not x.gap:  # half of the last label stands beyond the axis
            self.right = max(self.right, max((self.paper.wide(lines[0], x.size) for lines in x.labels[-1:]), default=0) / 2 + 4)
        self.width = min(length, self.paper.width - self.left - self.right)
        self.inner = height - self.above - self.under
        if y.category:  # no label may stand on the next
            row = max(y.tall(), beside.tall() if beside is not None else 0) + 6
            self.inner = max(self.inner, row * len(y.keys))
        self.height = self.above + self.inner + self.under
        if self.colours is not None:
            self.height += self.colours.height
        self.height += sum(len(lines) * line + 6 for lines, line, _, _ in self.notes)

    # ------------------------------------------------------------------------------------------------------------ series

    def _line(self, given: Part, i: int) -> None:
        """Read a line; one that is stacked on another fills what lies between them."""
        rows = [item if isinstance(item, dict) else {"value": item} for item in given.take("data")]
        encode = given.part("encode")
        encode.skip("tooltip")
        first, second = encode.take("x", 0), encode.take("y", 1)
        encode.done()
        stack, z, name = given.take("stack"), given.take("z", Z), given.take("name")
        given.one_of("stackStrategy", None, "all")
        symbol, size = given.take("symbol", "emptyCircle"), given.take("symbolSize", 4)
        shown = given.take("showSymbol", True)
        given.skip("showAllSymbol")
        colour, look = _stroke(given)
        xs = [self.x.at(row["value"][first]) for row in rows]
        own = [self.y.at(row["value"][second]) for row in rows]
        feet = [self.base.get((stack, k), 0.0) for k in range(len(rows))] if stack else [0.0] * len(rows)
        ys = [a + b for a, b in zip(feet, own, strict=True)]
        if stack:
            self.base |= {(stack, k): y for k, y in enumerate(ys)}
        marked = [k for k, row in enumerate(rows) if row.get("symbol", symbol) != "none"] if shown else []
        for row in rows:
            if set(row) - {"value", "symbol"} or row.get("symbol", "none") != "none":
                raise NotImplementedError(f"a point {row} can't be drawn")
        area = given.part("areaStyle") if "areaStyle" in given else None
        fill = {"facecolor": ink(area.take("color")), "alpha": area.take("opacity", 0.7)} if area is not None else None
        if area is not None:
            area.done()
        self._reach(xs, ys)
        look |= {"markerfacecolor": "white" if symbol == "emptyCircle" else colour, "markeredgecolor": colour,
                 **mark(symbol, size)}
        mark_area = given.part("markArea") if "markArea" in given else None
        zone = self._zone(mark_area) if mark_area is not None else None

        def draw(axes: Axes) -> None:
            if fill is not None:
                axes.fill_between(xs, feet, ys, linewidth=0, zorder=z + i / 100, gid=f"band {i}", **fill)
            axes.add_line(Line2D(xs, ys, markevery=marked, zorder=z + i / 100, gid=f"line {i}", clip_on=False, **look))
            if zone is not None:
                axes.axvspan(*zone[0], zorder=z + i / 100, gid=f"area {i}", **zone[1])

        self.drawn.append(draw)
        box = zone[1] if zone is not None else fill if fill is not None and not look["linewidth"] else None
        self._look(name, {"box": box} if box is not None else {"line": look})

    def _zone(self, given: Part) -> tuple[tuple[float, float], Look]:
        """Read a marked stretch of the axis at the foot."""
        given.skip("silent")
        look = _box(given.part("itemStyle"))
        ((start, end),) = given.take("data")
        given.done()
        ends = self.x.at(sole(start, "xAxis")), self.x.at(sole(end, "xAxis"))
        self._reach(ends, ())
        return ends, look

    def _bar(self, given: Part, i: int) -> None:
        """Read bars: of years upwards from the foot, of a list from the left."""
        lying = self.y.category
        share, gap = given.take("barWidth"), given.take("barCategoryGap")
        given.one_of("barGap", None, "-100%")  # side by side in a window only
        width = _part_of_one(share) if share else 1 - _part_of_one(gap or "20%")
        stack, look, name = given.take("stack"), _box(given.part("itemStyle")), given.take("name")
        bars: list[tuple[float, float, float]] = []  # where, from, how much
        for k, item in enumerate(given.take("data")):
            if item is None:
                continue
            where, value = (k, sole(item, "value", "name")) if isinstance(item, dict) else (self.x.at(item[0]), item[1])
            if value is None:
                continue
            key = (stack, where, value < 0)
            foot = self.base.get(key, 0.0) if stack else 0.0
            self.base[key] = foot + value
            bars.append((where, foot, value))
        ends = [end for _, foot, value in bars for end in (foot, foot + value)]
        self._reach(*((ends, ()) if lying else ((), ends)))

        def draw(axes: Axes) -> None:
            for where, foot, value in bars:
                side = where - width / 2
                place = ((foot, side), value, width) if lying else ((side, foot), width, value)
                axes.add_patch(Rectangle(*place, zorder=Z + i / 100, gid=f"bar {i}", **look))

        self.drawn.append(draw)
        self._look(name, {"box": look})

    def _scatter(self, given: Part, i: int) -> None:
        """Read single marks, and the lines between pairs of them."""
        item = given.part("itemStyle")
        look = {"linestyle": "none", "markerfacecolor": ink(item.take("color")),
                **mark(given.take("symbol", "circle"), given.take("symbolSize", 10))}
        edge, edge_width = item.take("borderColor"), item.take("borderWidth", 0)
        item.done()
        look |= {"markeredgecolor": ink(edge) if edge else look["markerfacecolor"], "markeredgewidth": edge_width * POINTS}
        name, z = given.take("name"), given.take("z", Z)
        points = [sole(item, "value", "name") for item in given.take("data")]
        xs, ys = [self.x.at(p[0]) for p in points], [self.y.at(p[1]) for p in points]
        self._reach(xs, ys)
        spans: list[tuple[list[float], list[float]]] = []
        stroke: Look = {}
        if "markLine" in given:
            marked = given.part("markLine")
            marked.one_of("symbol", "none")
            marked.one_of("label", {"show": False})
            marked.skip("silent", "animation")
            line = marked.part("lineStyle")
            stroke = _line_look(line, "black")
            line.done()
            for a, b in marked.take("data"):
                ends = sole(a, "coord"), sole(b, "coord")
                spans.append(([self.x.at(e[0]) for e in ends], [self.y.at(e[1]) for e in ends]))
                self._reach(*spans[-1])
            marked.done()

        def draw(axes: Axes) -> None:
            axes.add_line(Line2D(xs, ys, zorder=z + i / 100, gid=f"marks {i}", clip_on=False, **look))
            for pair in spans:
                axes.add_line(Line2D(*pair, zorder=z + i / 100, gid=f"span {i}", clip_on=False, **stroke))

        self.drawn.append(draw)
        self._look(name, {"line": look})

    def _steps(self, given: Part, i: int) -> None:
        """Read the steps of a list, each from one value to another: candles without wicks."""
        width, item = _part_of_one(given.take("barWidth")), given.part("itemStyle")
        up, down, none = (
            {"facecolor": ink(item.take(fill, "transparent")), "edgecolor": ink(item.take(edge)), "linewidth": POINTS}
            for fill, edge in (("color", "borderColor"), ("color0", "borderColor0"), ("colorDoji", "borderColorDoji"))
        )
        item.done()
        boxes: list[tuple[int, float, float, Look]] = []
        for k, one in enumerate(given.take("data")):
            start, end, low, high = sole(one, "value", "name")
            if start == "-":
                continue
            if (low, high) != (min(start, end), max(start, end)):
                raise NotImplementedError(f"{k}: a candle with wicks can't be drawn")
            boxes.append((k, start, end, up if end > start else down if end < start else none))
        self._reach([v for _, start, end, _ in boxes for v in (start, end)], ())

        def draw(axes: Axes) -> None:
            for k, start, end, look in boxes:
                axes.add_patch(Rectangle((start, k - width / 2), end - start, width, zorder=Z, gid=f"step {i}", **look))

        self.drawn.append(draw)

    def _cells(self, given: Part, i: int) -> None:
        """Read cells, each in the colour of its value or, where it has none, in one of its own."""
        label, border = given.part("label"), _box(given.part("itemStyle"))
        label.one_of("show", True)
        size, colour = label.take("fontSize"), label.take("color")
        label.done()
        if self.colours is None:
            raise NotImplementedError("cells without a visualMap can't be drawn")
        cells = []
        for item in given.take("data"):
            part = Part(item, "cell")
            part.skip("name")
            column, row, value = part.take("value")
            text, own = part.only("label", "formatter"), part.only("itemStyle", "color")
            fill = own if part.one_of("visualMap", None, False) is False else self.colours.of(value)
            part.done()
            cells.append((column, row, fill, text))

        def draw(axes: Axes) -> None:
            left, top, wide, high = self._place
            for column, row, fill, text in cells:
                look = border | {"facecolor": fill}
                axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, zorder=Z, gid=f"cell {i}", **look))
                x, y = left + (column + 0.5) * wide / len(self.x.keys), top + (row + 0.5) * high / len(self.y.keys)
                self.paper.text(x, y, [text], colour, size, ha="center")

        self.drawn.append(draw)

    def _reach(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """Take values into what the axes must reach."""
        self.reach[0].extend(xs)
        self.reach[1].extend(ys)

    def _look(self, name: str | None, look: Look) -> None:
        """Keep the look of the first series of a name for the legend."""
        if name is not None:
            self.looks.setdefault(name, look)

    # ------------------------------------------------------------------------------------------------------------- paper

    def draw(self, top: float) -> None:
        """Draw axes, series, colours and notes from a height of the sheet downwards."""
        self._place = self.left, top + self.above, self.width, self.inner
        axes = self.paper.plot(*self._place)
        axes.set(xlim=(self.x.low, self.x.high), ylim=(self.y.high, self.y.low) if self.y.inverse else (self.y.low, self.y.high))
        self._draw_x(axes)
        self._draw_y(axes)
        for one in self.drawn:
            one(axes)
        y = top + self.above + self.inner + self.under
        if self.colours is not None:
            self.colours.draw(y)
            y += self.colours.height
        for lines, line, size, colour in self.notes:
            self.paper.text(2, y + line / 2 + 4, lines, colour, size, line=line)
            y += len(lines) * line + 6

    def _draw_x(self, axes: Axes) -> None:
        """Draw the axis at the foot, or at the top; lines of the grid behind all series."""
        left, top, wide, high = self._place
        x, paper = self.x, self.paper
        every = x.every(wide) if not x.position else 1
        for k, (tick, lines) in enumerate(zip(x.ticks, x.labels, strict=True)):
            at = left + (tick - x.low) / (x.high - x.low) * wide
            if not x.category:
                axes.add_line(Line2D([tick] * 2, [self.y.low, self.y.high], color=GRID, linewidth=POINTS, zorder=0))
            elif x.shows["axisTick"]:
                paper.stroke([at, at], [top + high, top + high + 4], color=TEXT, linewidth=POINTS)
            if k % every == 0:
                foot = top - 6 - x.line * (len(lines) - 0.5) if x.position == "top" else top + high + 8 + x.line / 2
                paper.text(at, foot, lines, TEXT, x.size, ha="center", line=x.line)
        if x.named_under and x.name:
            paper.text(left + wide / 2, top + high + x.line * 1.5 + 14, [x.name], TEXT, ha="center")

    def _draw_y(self, axes: Axes) -> None:
        """Draw the axis at the left, and the figures at the right; lines of the grid behind all series."""
        left, top, wide, high = self._place
        y, paper = self.y, self.paper

        def place(tick: float) -> float:
            share = (tick - y.low) / (y.high - y.low)
            return top + high * (share if y.inverse else 1 - share)

        for tick, lines in zip(y.ticks, y.labels, strict=True):
            at = place(tick)
            if not y.category:
                look: Look = {"color": GRID if tick > y.low else TEXT, "linewidth": POINTS, "clip_on": False}
                axes.add_line(Line2D([self.x.low, self.x.high], [tick] * 2, zorder=0, **look))
            paper.text(left - 8, at - y.line * (len(lines) - 1) / 2, lines, TEXT, y.size, ha="right", line=y.line)
        if y.name:
            paper.text(4, top - y.line - 2, [y.name], TEXT)
        if self.beside is not None:
            for k, lines in enumerate(self.beside.labels):
                at = place(k) - y.line * (len(lines) - 1) / 2
                paper.text(left + wide + 8, at, lines, TEXT, self.beside.size, line=self.beside.line)


class _Colours:
    """The colours of cells by value, and the bar that explains them."""

    def __init__(self, given: Part, paper: Paper) -> None:
        given.one_of("type", "continuous")
        given.one_of("orient", "horizontal")
        given.skip("calculable", "left", "bottom")
        self.paper, self.low, self.high = paper, given.take("min"), given.take("max")
        self.thick, self.long = given.take("itemWidth"), given.take("itemHeight")
        self.most, self.least = given.take("text")
        self.size = given.only("textStyle", "fontSize")
        self.stops = [to_rgb(colour) for colour in given.only("inRange", "color")]
        given.done()
        self.height = self.thick + 16.0

    def of(self, value: float) -> str:
        """Return the colour of a value."""
        at = (value - self.low) / (self.high - self.low) * (len(self.stops) - 1)
        red, green, blue = (float(np.interp(at, range(len(self.stops)), part)) for part in zip(*self.stops, strict=True))
        return str(to_hex((red, green, blue)))

    def draw(self, top: float) -> None:
        """Draw the bar in the middle of the sheet, with what its ends mean."""
        left, steps = (self.paper.width - self.long) / 2, 70
        for k in range(steps):
            fill = self.of(self.low + (self.high - self.low) * (k + 0.5) / steps)
            self.paper.box(left + self.long * k / steps, top + 8, self.long / steps, self.thick, facecolor=fill, edgecolor=fill,
                           linewidth=0.4 * POINTS)
        middle = top + 8 + self.thick / 2
        self.paper.text(left - 8, middle, [self.least], TEXT, self.size, ha="right")
        self.paper.text(left + self.long + 8, middle, [self.most], TEXT, self.size)


def _note(given: Part, paper: Paper) -> tuple[list[str], float, float, str]:
    """Read a text under the chart: its lines, their distance and size, its colour."""
    given.one_of("type", "text")
    given.skip("left", "bottom", "silent")
    style = given.part("style")
    size, colour, line = style.take("fontSize"), style.take("fill"), style.take("lineHeight", LINE)
    style.one_of("overflow", "break")
    style.skip("width")  # of a window; a sheet is wider
    lines = paper.wrapped(style.take("text"), paper.width - 8, size)
    style.done()
    given.done()
    return lines, line, size, colour


def _stroke(given: Part) -> tuple[str, Look]:
    """Return the colour of the marks of a line, and the look of the line."""
    item, line = given.part("itemStyle"), given.part("lineStyle")
    colour = item.take("color", "black")
    look = _line_look(line, colour)
    item.done()
    line.done()
    return ink(colour), look


def _line_look(given: Part, colour: str) -> Look:
    """Return the look of a line, which has its own colour or a given one."""
    width = given.take("width", 2)
    return {"color": ink(given.take("color", colour)), "linewidth": width * POINTS,
            "linestyle": dashes(given.take("type", "solid"), width), "alpha": given.take("opacity", 1.0)}


def _box(given: Part) -> Look:
    """Return the look of a rectangle."""
    width = given.take("borderWidth", 0)
    fill, edge = (ink(given.take(key, "transparent")) for key in ("color", "borderColor"))
    look: Look = {"facecolor": fill, "edgecolor": edge, "linewidth": width * POINTS,
                  "linestyle": dashes(given.take("borderType", "solid"), width)}
    if "opacity" in given:
        share = given.take("opacity")
        look["facecolor"] = (look["facecolor"], share)
    given.done()
    return look


def _part_of_one(percent: str) -> float:
    """Return a share that is given in per cent."""
    return float(percent.removesuffix("%")) / 100


class Legend:
    """The names of the series with their looks, in as many lines as they need."""

    def __init__(self, given: Part, looks: Mapping[str, Look], paper: Paper) -> None:
        given.one_of("type", "scroll")
        given.skip("left", "bottom", "width")
        self.paper, self.size = paper, given.only("textStyle", "fontSize")
        self.entries: list[tuple[float, float, Look, list[str]]] = []  # x, y, look, words
        x = y = 0.0
        rows = 1
        for item in given.take("data"):
            part = Part(item, "legend")
            name, icon = part.take("name"), part.one_of("icon", None, "roundRect")
            faint = part.only("itemStyle", "opacity")
            part.done()
            look = looks[name]
            if icon is not None:
                look = {"box": look["box"] | {"facecolor": _colour(look["box"]), "alpha": faint}}
            lines = paper.wrapped(name, paper.width - 40, self.size)
            wide = 32 + max(paper.wide(line, self.size) for line in lines) + 18
            if x and x + wide - 18 > paper.width - 4:
                x, y, rows = 0.0, y + rows * LINE + 4, 1
            self.entries.append((x, y, look, lines))
            x, rows = x + wide, max(rows, len(lines))
        given.done()
        self.height = y + rows * LINE + 6 if self.entries else 0.0

    def draw(self, top: float) -> None:
        """Draw it from a height of the sheet downwards."""
        for x, y, look, lines in self.entries:
            middle = top + y + LINE / 2
            if "box" in look:
                self.paper.box(x + 5, middle - 5.5, 20, 11, **look["box"])
            else:
                self.paper.stroke([x + 2, x + 15, x + 28], [middle] * 3, markevery=[1], **look["line"])
            self.paper.text(x + 33, middle, lines, TEXT, self.size)


def _colour(look: Look) -> Any:
    """Return the colour of a filled shape without its opacity."""
    colour = look["facecolor"]
    return colour[0] if isinstance(colour, tuple) else colour
