"""Charts as pictures for documents: the option that the page draws, drawn here by matplotlib, so that both say the same.

What of an option means something on paper is drawn; what is not known is an error, never left out in silence.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from skillsim.report.charts.base import Chart
from skillsim.report.pictures.fonts import families
from skillsim.report.pictures.paper import PX_PER_CM, Paper
from skillsim.report.pictures.part import Part
from skillsim.report.pictures.plot import Legend, Plot
from skillsim.report.pictures.sankey import Sankey

LOCK = threading.Lock()  # matplotlib's settings are those of the whole process
ON_SCREEN = ("animation", "aria", "tooltip", "toolbox", "media")  # mean nothing on paper
WIDTH = 16.0


def png(chart: Chart, width_cm: float = WIDTH) -> bytes:
    """Return a chart as a picture of 200 dots an inch; equal charts give equal bytes where the same fonts are installed.

    Raises
    ------
    ScenarioError
        if the chart is in Chinese and no font here has simplified Chinese.
    """
    out = io.BytesIO()
    with _settings():
        FigureCanvasAgg(drawing(chart, width_cm)).print_png(out, metadata={"Software": None})
    return out.getvalue()


def svg(chart: Chart, width_cm: float = WIDTH) -> str:
    """Return a chart as an SVG whose letters are shapes, so that it needs no font; its names are its own, so that several can
    stand in one page.

    Raises
    ------
    ScenarioError
        if the chart is in Chinese and no font here has simplified Chinese.
    """
    out = io.StringIO()
    with _settings():
        FigureCanvasSVG(drawing(chart, width_cm)).print_svg(out, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    own = "c" + hashlib.sha256(text.encode()).hexdigest()[:10] + "-"
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{own}", text[text.index("<svg") :])


@contextmanager
def _settings() -> Iterator[None]:
    """Hold matplotlib to its own settings, whatever this machine's say, and to names that do not change."""
    with LOCK, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams["svg.hashsalt"] = "skillsim"
        yield


def drawing(chart: Chart, width_cm: float = WIDTH) -> Figure:
    """Return a chart as a figure that is ready to be written.

    Raises
    ------
    NotImplementedError
        if the chart's option holds what can't be drawn.
    """
    option = Part(chart.spec, "option")
    option.skip(*ON_SCREEN)
    paper = Paper(width_cm * PX_PER_CM, families([json.dumps(chart.spec, ensure_ascii=False)]))
    title = option.part("title")
    style = title.part("textStyle")
    title.skip("left", "top")
    style.skip("width")  # of a window
    style.one_of("overflow", "break")
    size, line = style.take("fontSize"), style.take("lineHeight")
    bold = style.one_of("fontWeight", "normal", "bold") == "bold"
    heading = title.take("text")
    lines = paper.wrapped(heading, paper.width - 4, size, bold) if heading else []
    style.done()
    title.done()
    body: Sankey | Plot
    if "grid" in option:
        grid = option.part("grid")
        grid.skip("left", "right")  # as wide as the sheet
        grid.one_of("containLabel", True)
        body = Plot(option, paper, chart.height - grid.take("top") - grid.take("bottom"))
        grid.done()
    else:
        (flows,) = option.take("series")
        body = Sankey(Part(flows, "series 0"), paper, chart.height - flows["top"] - flows["bottom"])
    legend = Legend(option.part("legend"), body.looks, paper) if "legend" in option and isinstance(body, Plot) else None
    option.done()
    top = line * len(lines) + 8
    paper.cut(top + body.height + 8 + (legend.height if legend else 0))
    paper.text(2, line / 2, lines, "#222222", size, bold=bold, line=line)
    body.draw(top)
    if legend is not None:
        legend.draw(top + body.height + 4)
    return paper.figure
