"""Flows: columns of nodes, ribbons between them, and what each node is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from matplotlib.path import Path

from skillsim.report.pictures.paper import LINE, POINTS, Paper, ink
from skillsim.report.pictures.part import Part

ROUNDS = 32  # of evening out, as ECharts makes


@dataclass
class Node:
    """A node: what it is called, its colour, how much passes it, where it stands (px: y is the top of what is drawn)."""

    name: str
    said: str
    colour: str
    value: float = 0.0
    column: int = 0
    y: float = 0.0
    lines: list[str] = field(default_factory=list)
    label: float = 0.0  # height of its lines

    def slot(self, scale: float) -> float:
        """Return the height that it and its words need."""
        return max(self.value * scale, self.label)


@dataclass(frozen=True)
class Flow:
    """A flow from one node to another."""

    source: Node
    target: Node
    value: float


class Sankey:
    """A chart of flows, read and measured; :meth:`draw` puts it on the sheet."""

    def __init__(self, given: Part, paper: Paper, height: float) -> None:
        given.one_of("type", "sankey")
        given.one_of("draggable", False)
        given.skip("emphasis", "top", "bottom")  # the place in the window; a sheet has its own
        self.paper = paper
        self.left, right = given.take("left"), given.take("right")
        self.gap, self.wide = given.take("nodeGap"), given.take("nodeWidth")
        align = given.one_of("nodeAlign", "justify", "left")
        line = given.part("lineStyle")
        line.one_of("color", "source")
        self.opacity, self.curve = line.take("opacity"), line.take("curveness")
        line.done()
        label = given.part("label")
        self.size, self.line, width = label.take("fontSize"), label.take("lineHeight", LINE), label.take("width")
        label.one_of("overflow", "break")
        self.colour, self.halo = label.take("color"), label.take("textBorderColor")
        label.skip("textBorderWidth")
        label.done()
        self.nodes = {node.name: node for node in map(self._node, given.take("data"))}
        self.flows = [self._flow(link) for link in given.take("links")]
        given.done()
        self._place(align)
        last = max((node.column for node in self.nodes.values()), default=0)
        self.columns = [[n for n in self.nodes.values() if n.column == at] for at in range(last + 1)]
        self._name(self.columns[-1], width)
        needed = max((paper.wide(line, self.size) for node in self.columns[-1] for line in node.lines), default=0.0)
        self.step = (paper.width - self.left - min(right, needed + 10 + self.wide) - self.wide) / max(last, 1)
        for column in self.columns[:-1]:
            self._name(column, min(width, self.step - self.wide - 12))
        self.height = max([height, *(sum(n.label for n in c) * 1.25 + self.gap * (len(c) - 1) for c in self.columns)])

    def _node(self, item: dict[str, Any]) -> Node:
        part = Part(item, "node")
        node = Node(part.take("name"), part.only("label", "formatter"), ink(part.only("itemStyle", "color")))
        part.done()
        return node

    def _flow(self, item: dict[str, Any]) -> Flow:
        part = Part(item, "link")
        flow = Flow(self.nodes[part.take("source")], self.nodes[part.take("target")], part.take("value"))
        part.done()
        return flow

    def _place(self, align: str) -> None:
        """Say of each node how much passes it and in which column it stands: after all that flow into it; if lines are
        justified, those from which nothing flows stand last."""
        for node in self.nodes.values():
            into, out = ([f.value for f in self.flows if getattr(f, end) is node] for end in ("target", "source"))
            node.value = max(sum(into), sum(out))
        for _ in self.nodes:
            for flow in self.flows:
                flow.target.column = max(flow.target.column, flow.source.column + 1)
        if align == "justify":
            last = max((node.column for node in self.nodes.values()), default=0)
            going = {flow.source.name for flow in self.flows}
            for node in self.nodes.values():
                node.column = node.column if node.name in going else last

    def _name(self, column: list[Node], width: float) -> None:
        """Set what the nodes of a column are called in lines of a width."""
        for node in column:
            node.lines = self.paper.even(node.said, width, self.size)
            node.label = self.line * len(node.lines)

    def _scale(self) -> float:
        """Return the px of a person: the most with which every column fits, words and gaps included."""
        low, high = 0.0, self.height / max(node.value for node in self.nodes.values())
        for _ in range(50):
            middle = (low + high) / 2
            fits = all(sum(n.slot(middle) for n in c) + self.gap * (len(c) - 1) <= self.height for c in self.columns)
            low, high = (middle, high) if fits else (low, middle)
        return low

    def _even_out(self, scale: float) -> None:
        """Move nodes to where their flows come from and go to, without one on another (Sugiyama's barycentres, as in d3)."""
        for column in self.columns:
            self._settle(column, scale)
        for turn in range(ROUNDS):
            share = 0.99**turn
            for back in (True, False):
                for column in reversed(self.columns) if back else self.columns:
                    for node in column:
                        ends = [(f.target, f.value) for f in self.flows if f.source is node] if back else [
                            (f.source, f.value) for f in self.flows if f.target is node]
                        total = sum(n for _, n in ends)
                        if total:
                            wish = sum((other.y + other.value * scale / 2) * n for other, n in ends) / total
                            node.y += (wish - node.y - node.value * scale / 2) * share
                    column.sort(key=lambda n: n.y + n.value * scale / 2)
                    self._settle(column, scale)

    def _settle(self, column: list[Node], scale: float) -> None:
        """Part the nodes of a column, in their order, within the height."""
        free = 0.0
        for node in column:
            inner = (node.slot(scale) - node.value * scale) / 2
            node.y = max(node.y, free + inner)
            free = node.y + node.value * scale + inner + self.gap
        free = self.height
        for node in reversed(column):
            inner = (node.slot(scale) - node.value * scale) / 2
            node.y = min(node.y, free - inner - node.value * scale)
            free = node.y - inner - self.gap

    def draw(self, top: float) -> None:
        """Draw ribbons, nodes and words from a height of the sheet downwards."""
        if not self.flows:
            return
        scale = self._scale()
        self._even_out(scale)
        x = {node.name: self.left + node.column * self.step for node in self.nodes.values()}
        leaving = {node.name: top + node.y for node in self.nodes.values()}
        entering = dict(leaving)
        start, end = {}, {}
        for i, flow in sorted(enumerate(self.flows), key=lambda item: item[1].target.y):
            start[i] = leaving[flow.source.name]
            leaving[flow.source.name] += flow.value * scale
        for i, flow in sorted(enumerate(self.flows), key=lambda item: item[1].source.y):
            end[i] = entering[flow.target.name]
            entering[flow.target.name] += flow.value * scale
        for i, flow in enumerate(self.flows):
            path = ribbon(x[flow.source.name] + self.wide, start[i], x[flow.target.name], end[i], flow.value * scale, self.curve)
            self.paper.shape(path, facecolor=flow.source.colour, alpha=self.opacity, linewidth=0, gid=f"flow {i}")
        for node in self.nodes.values():
            high = node.value * scale
            self.paper.box(x[node.name], top + node.y, self.wide, high, facecolor=node.colour, linewidth=0.3 * POINTS,
                           edgecolor=node.colour, gid=f"node {node.name}", zorder=2)
            middle = top + node.y + high / 2 - node.label / 2 + self.line / 2
            side = x[node.name] + self.wide + 5
            self.paper.text(side, middle, node.lines, self.colour, self.size, line=self.line, halo=self.halo)


def ribbon(x0: float, y0: float, x1: float, y1: float, high: float, curve: float) -> Path:
    """Return the band from one node's side to another's."""
    a, b = x0 + (x1 - x0) * curve, x1 - (x1 - x0) * curve
    points = [(x0, y0), (a, y0), (b, y1), (x1, y1), (x1, y1 + high), (b, y1 + high), (a, y0 + high), (x0, y0 + high), (x0, y0)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(points, codes)

