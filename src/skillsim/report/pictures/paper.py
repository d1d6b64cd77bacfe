"""A sheet measured in the px of the charts: texts that wrap, marks, and places for axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

PX_PER_CM = 40.0  # 12 px are 8.5 points
POINTS = 72 / 2.54 / PX_PER_CM  # of a px
DPI = 200
LINE = 15.0  # px from line to line of a text of 12 px
# a line does not begin with one of the first, nor end with one of the second (GB/T 15834)
NOT_FIRST = "，。、；：？！）》」』】”’…·%％,.;:?!)"
NOT_LAST = "（《「『【“‘(["
# what may not be broken inside: words and figures of Western scripts, and single characters of others
WORD = r"[^\s\u2e80-\u9fff\uf900-\uffef]"
PIECE = re.compile(rf"\s+|{WORD}*?[A-Za-z)][-–/](?=[A-Za-z(])|{WORD}+|.", re.DOTALL)
MARKS = {
    "circle": "o", "emptyCircle": "o", "triangle": "^", "rect": "s", "roundRect": "s", "diamond": "D", "pin": "v", "none": "",
}
EDGE = {"dashed": (4.0, 2.0), "dotted": (1.0, 1.0)}  # in widths of the line, as ECharts draws them


class Paper:
    """A sheet of a width in px, whose height is given when all that it holds is known; y runs downwards."""

    def __init__(self, width: float, fonts: list[str]) -> None:
        self.width, self.fonts = width, fonts
        self.figure = Figure(figsize=(width * POINTS / 72, 1.0), dpi=DPI, facecolor="white")
        self._renderer = FigureCanvasAgg(self.figure).get_renderer()
        self._widths: dict[tuple[str, float, bool], float] = {}
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1), zorder=5)
        self.axes.set_axis_off()
        self.axes.patch.set_visible(False)

    def cut(self, height: float) -> None:
        """Give the sheet its height, before anything is put on it."""
        self.height = height
        self.figure.set_size_inches(self.width * POINTS / 72, height * POINTS / 72)
        self.axes.set(xlim=(0, self.width), ylim=(height, 0))

    def plot(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return bare axes in a place of the sheet."""
        axes: Axes = self.figure.add_axes(
            (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        )
        axes.set(xticks=[], yticks=[])
        for side in axes.spines.values():
            side.set_visible(False)
        axes.patch.set_visible(False)
        return axes

    def font(self, size: float, bold: bool = False) -> FontProperties:
        """Return the sheet's font in a size of px."""
        return FontProperties(family=self.fonts, size=size * POINTS, weight="bold" if bold else "normal")

    def wide(self, text: str, size: float = 12, bold: bool = False) -> float:
        """Return how many px wide a text of one line stands."""
        key = text, size, bold
        if not text:
            return 0.0
        if key not in self._widths:
            dots, _, _ = self._renderer.get_text_width_height_descent(text, self.font(size, bold), ismath=False)
            self._widths[key] = dots * 72 / DPI / POINTS
        return self._widths[key]

    def wrapped(self, text: str, width: float, size: float = 12, bold: bool = False) -> list[str]:
        """Return a text in lines of a width at most; a word that is too long for any is broken."""
        out = []
        for given in text.split("\n"):
            line = ""
            for piece in _pieces(given):
                if line and self.wide((line + piece).rstrip(), size, bold) > width:
                    out.append(line.rstrip())
                    line = piece.lstrip()
                else:
                    line += piece
                while self.wide(line.rstrip(), size, bold) > width and len(line) > 1:
                    fits = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or self.wide(line[:n], size, bold) <= width)
                    out.append(line[:fits])
                    line = line[fits:]
            out.append(line.rstrip())
        return out

    def even(self, text: str, width: float, size: float = 12) -> list[str]:
        """Return a text in as few lines as :meth:`wrapped` does, but of about one length."""
        lines = self.wrapped(text, width, size)
        while "\n" not in text and len(lines) > 1:
            width = max(self.wide(line, size) for line in lines) - 1
            closer = self.wrapped(text, width, size)
            if len(closer) > len(lines):
                break
            lines = closer
        return lines

    def text(
        self, x: float, y: float, lines: Sequence[str], colour: str, size: float = 12, ha: str = "left", bold: bool = False,
        line: float = LINE, halo: str | None = None,
    ) -> None:
        """Write lines, the middle of the first at y."""
        for i, said in enumerate(lines):
            if not said.strip():
                continue
            made = self.axes.text(
                x, y + i * line + 0.36 * size, said, fontproperties=self.font(size, bold), color=colour, ha=ha, va="baseline",
                parse_math=False,
            )
            if halo is not None:
                made.set_bbox({"facecolor": halo, "alpha": 0.85, "edgecolor": "none", "pad": 0.6})

    def box(self, x: float, y: float, width: float, height: float, **look: Any) -> Rectangle:
        """Draw a rectangle from its upper left corner."""
        made = Rectangle((x, y), width, height, **look)
        self.axes.add_patch(made)
        return made

    def stroke(self, xs: Sequence[float], ys: Sequence[float], **look: Any) -> Line2D:
        """Draw a line with or without marks."""
        made = Line2D(list(xs), list(ys), **look)
        self.axes.add_line(made)
        return made

    def shape(self, path: Path, **look: Any) -> PathPatch:
        """Draw a closed path."""
        made = PathPatch(path, **look)
        self.axes.add_patch(made)
        return made


def _pieces(text: str) -> list[str]:
    """Return the pieces between which a line may end."""
    out: list[str] = []
    for piece in PIECE.findall(text):
        if out and (piece[0] in NOT_FIRST or out[-1][-1] in NOT_LAST):
            out[-1] += piece
        else:
            out.append(piece)
    return out


def ink(colour: str) -> str:
    """Return a colour of ECharts as matplotlib calls it."""
    return "none" if colour == "transparent" else colour


def mark(symbol: str, size: float | Sequence[float]) -> dict[str, Any]:
    """Return the look of marks of a symbol with a size in px: of one side, or of width and height."""
    if symbol not in MARKS:
        raise NotImplementedError(f"symbol {symbol!r} can't be drawn")
    if isinstance(size, int | float):
        small = 0.75 if symbol == "diamond" else 1.0  # matplotlib measures its side, ECharts its height
        return {"marker": MARKS[symbol], "markersize": size * POINTS * small}
    if symbol != "rect":
        raise NotImplementedError(f"symbol {symbol!r} of two sizes can't be drawn")
    w, h = size
    return {"marker": [(-w, -h), (w, -h), (w, h), (-w, h), (-w, -h)], "markersize": max(w, h) * POINTS, "markeredgewidth": 0}


def dashes(kind: str | Sequence[float], width: float) -> Any:
    """Return a kind of line as matplotlib calls it; ``width`` of the line in px."""
    if kind == "solid":
        return "solid"
    if isinstance(kind, str):
        if kind not in EDGE:
            raise NotImplementedError(f"lines of type {kind!r} can't be drawn")
        return 0, EDGE[kind]
    return 0, tuple(part / width for part in kind)
