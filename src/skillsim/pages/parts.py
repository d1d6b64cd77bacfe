"""The parts that pages are made of: charts with the table behind them, tables, downloads, problems, waiting."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from skillsim.errors import Problem, ScenarioError
from skillsim.pages import state, work
from skillsim.pages.queue import Job, fault
from skillsim.pages.state import t
from skillsim.report import stages
from skillsim.report.charts import Chart
from skillsim.report.shown import title
from skillsim.results.files import safe
from skillsim.results.result import Result
from skillsim.scenario.draft import Actual, Draft, Move
from skillsim.scenario.labels import label_of
from skillsim.scenario.types import Scenario
from skillsim.terms import COLUMNS, INDICATORS, LEVELS, phrase, word

T = TypeVar("T")
SOON, LATER = 0.12, 0.4  # seconds between two looks at a job that is not done
MOST_SHOWN, HEAD = 90, 60  # letters of a text in a table: a longer one unfolds
# a figure with its unit, a range, a day: not to be broken at the end of a line
FIGURE = re.compile(r"[<>+-]? ?\d[\d,.]*(?: ?± ?\d+)?(?: – -?[\d,.]+)?(?: (?:%|人|persons))?|\d{4}-\d\d-\d\d")
MIME = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
}
BADGES = {"likely": "blue", "open": "orange", "unlikely": "violet", "too_few": "gray", "shown": "gray", "no_figure": "gray"}


def dark() -> bool:
    """Say whether the page is dark."""
    theme = st.context.theme
    return bool(theme and theme.type == "dark")


def on_fault(error: Exception) -> bool:
    """Tell of a fault of ours in a plain sentence, with the number under which the log has it."""
    with st.container():
        st.error(t("fault", id=fault()) if "lang" in st.session_state else f"skillsim: {fault()}")
    return True


def problems(error: ScenarioError) -> None:
    """Tell what a planner can mend."""
    first, more = error.first()
    listed = "\n".join(f"- {escaped(_named(p).text(state.lang()))}" for p in first)
    if more:
        listed += f"\n- {phrase('problems_more', state.lang(), n=more)}"
    st.error(f"{t('problems', n=len(error.problems))}\n\n{listed}")


def _named(problem: Problem) -> Problem:
    """Return a problem in the page's words: rows of the draft and figures of the place under their names, codes as titles."""
    draft, lang = state.asked_for(), state.lang()
    if problem.file:  # there the key is what helps
        return problem
    try:
        place = work.place(draft.place)
    except ScenarioError:
        return problem
    kind, _, rest = problem.path.partition(".")
    number = rest.partition(".")[0]
    rows: Any = {"policy": draft.policies, "move": draft.changes, "known": draft.known, "actual": draft.observed}.get(kind, ())
    if number.isdigit() and int(number) < len(rows):
        name = _row_name(rows[int(number)], place)
    else:
        try:
            name = label_of(problem.path, place, lang)
        except (LookupError, AttributeError, StopIteration):
            name = "" if problem.args else problem.path  # of a row of a table: the message names what it is about
    return replace(problem, path=name, args={key: _in_words(key, value, place) for key, value in problem.args.items()})


def _row_name(row: Any, place: Scenario) -> str:
    lang = state.lang()
    if isinstance(row, Move):
        return state.levers()[row.code].title(lang) if row.code in state.levers() else row.code
    if isinstance(row, Actual):
        return t("actual_of", year=row.year, name=actual_name(row, place, lang))
    if isinstance(row, str):
        return title(place, "policies", row, lang)
    return next((getattr(asked.title, lang) for asked in place.figures if asked.key == row[0]), row[0])


def _in_words(key: str, value: Any, place: Scenario) -> Any:
    """Return an argument of a message with titles for codes."""
    lang = state.lang()
    if key == "pathway":
        return title(place, "pathways", value, lang)
    if key == "level":
        return word(LEVELS, value, lang)
    if key == "jobs":
        pairs = [job.partition(", ") for job in str(value).split("; ")]
        named = (f"{title(place, 'industries', a, lang)}·{word(LEVELS, b, lang)}" if b else a for a, _, b in pairs)
        return ("；" if lang == "zh" else "; ").join(named)
    return value


def escaped(text: str) -> str:
    """Return text that markdown shows as it is."""
    out = html.escape(text, quote=False)
    for sign in "\\`*_[]{}#$~|:":
        out = out.replace(sign, f"\\{sign}")
    return out.replace("\n", "  \n")


def tried(make: Callable[[], T]) -> T | None:
    """Return what is made, or None after telling what has to be mended first."""
    try:
        return make()
    except ScenarioError as error:
        problems(error)
        return None


# ---- charts and tables


def chart(made: Chart | None, key: str, empty: str = "") -> None:
    """Draw a chart with the table behind it and its data to take away."""
    if made is None:
        if empty:
            st.caption(empty)
        return
    st.echarts_chart(made.spec, height=made.height, key=key, alt=made.alt)
    with st.expander(escaped(t("table_behind", title=made.title))):
        table(made.table)
        download(made.table, made.title, key=f"{key} csv")


def table(frame: pd.DataFrame, most: int = 400) -> None:
    """Show a table that can be read, printed and copied."""
    shown, year = frame.head(most), word(COLUMNS, "year", state.lang())
    if year in shown:  # it takes no separator
        shown = shown.assign(**{year: shown[year].map(str)})
    head = "".join(f"<th scope='col'>{html.escape(str(name))}</th>" for name in shown.columns)
    rows = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in shown.itertuples(index=False, name=None)
    )
    st.html(f"<div class='table' tabindex='0'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>")
    if len(frame) > most:
        st.caption(t("rows_left", shown=most, all=len(frame)))


def people(found: Result) -> None:
    """Show who is in the stages of each table and who has left, by year; nothing where there are no tables."""
    for i, (name, frame) in enumerate(stages.people(found, state.lang())):
        one_line = frame.replace("\n", " ", regex=True)
        st.header(escaped(name))
        table(one_line)
        download(one_line, name, key=f"people {i} csv")


def frame_of(table: Any) -> pd.DataFrame:
    """Return a table of the terminal as a frame: the same words in both."""
    return pd.DataFrame({str(column.header): [str(cell) for cell in column.cells] for column in table.columns})


def _cell(value: Any) -> str:
    if pd.isna(value):
        return "<td class='n'>—</td>"
    if isinstance(value, str):
        text = html.escape(FIGURE.sub(_unbroken, value))
        if len(value) > MOST_SHOWN:
            text = f"<details><summary>{html.escape(value[:HEAD])}…</summary>{text}</details>"
        return f"<td>{text}</td>"
    number = float(value)
    text = f"{number:,.0f}" if number == round(number) else f"{number:,.4g}" if abs(number) < 100 else f"{number:,.1f}"
    return f"<td class='n'>{text}</td>"


def _unbroken(found: re.Match[str]) -> str:
    return found.group().replace(" ", "\u00a0").replace("-", "\u2011")


def download(frame: pd.DataFrame, name: str, key: str, label: str = "") -> None:
    """Offer a table as a CSV file that opens in Excel with Chinese intact and in which no cell runs as a formula."""

    def made() -> bytes:
        out = io.StringIO()
        safe(frame).to_csv(out, index=False, lineterminator="\r\n")
        return b"\xef\xbb\xbf" + out.getvalue().encode()

    st.download_button(
        label or t("download_csv"), made, file_name=f"{file_name(name)}.csv", mime="text/csv", key=key, on_click="ignore",
        icon=":material/download:",
    )


def file_name(title: str) -> str:
    """Return a title as a file's name."""
    kept = "".join(c if c.isalnum() or c in "-_ （）()" else "-" for c in title).strip("- ")
    return kept[:80] or "skillsim"


def encoded(fields: Mapping[str, Any]) -> str:
    """Return the fields of an address as text."""
    return urlencode(fields, doseq=True)


# ---- what several pages have


def page(view: str) -> str:
    """Return the file of a page."""
    return str(Path(__file__).with_name("views") / f"{view}.py")


def choose_target() -> str:
    """Let the target that is looked at be chosen; return its code, blank where there is none."""
    targets, lang = state.scenario().targets, state.lang()
    if not targets:
        return ""
    codes = list(targets)
    name = f"target {lang}"

    def chosen() -> None:
        st.session_state.target = st.session_state[name]

    st.session_state[name] = state.target()
    found: str = st.selectbox(
        t("choose_target"), codes, format_func=lambda code: getattr(targets[code].title, lang), key=name, on_change=chosen,
    )
    return found


def actual_name(row: Actual, scenario: Scenario, lang: str) -> str:
    """Return what an actual figure is of."""
    parts = [word(INDICATORS, f"local_retention_{row.definition}" if row.definition else row.indicator, lang)]
    for kind, codes in (("pathways", row.pathways), ("institutions", row.schools), ("programmes", row.programmes)):
        parts += [title(scenario, kind, code, lang) if code in getattr(scenario, kind) else code for code in codes]
    return " · ".join([*parts, *(word(LEVELS, code, lang) for code in row.levels)])


# ---- waiting


def result(draft: Draft | None = None, slot: str = "full", quiet: bool = False) -> Result | None:
    """Return the full result of a draft (by default the one at hand), or None while it is on its way; tells how far."""
    job = work.full(state.session(), draft or state.draft(), state.replications(), slot)
    if job.state == "done":
        found: Result = job.answer
        return found
    if not quiet:
        waiting([(slot, job)])
    return None


def waiting(jobs: Sequence[tuple[str, Job]]) -> None:
    """Tell of jobs that are not done: progress and a stop button, or what went wrong; the page draws itself anew when one
    ends."""
    for slot, job in jobs:
        if job.state == "failed":
            _failed(slot, job)
        elif job.state == "stopped":
            cols = st.columns([3, 1], vertical_alignment="center")
            cols[0].info(t("stopped"))
            cols[1].button(t("again"), key=f"again {slot}", on_click=work.queue().again, args=(state.session(), slot))
    live = [(slot, job) for slot, job in jobs if job.state in ("waiting", "running")]
    if live:
        often = SOON if any(job.lane == "quick" for _, job in live) else LATER
        st.fragment(_progress, run_every=often)(live)


def _failed(slot: str, job: Job) -> None:
    if isinstance(job.problem, ScenarioError):
        problems(job.problem)
    else:
        st.error(t("fault", id=job.fault))
    st.button(t("again"), key=f"again {slot}", on_click=work.queue().again, args=(state.session(), slot))


def quietly(job: Job) -> None:
    """Draw the page anew when a job ends that nobody needs to watch."""
    if job.state in ("waiting", "running"):
        _watch(job)


@st.fragment(run_every=LATER)
def _watch(job: Job) -> None:
    if job.state in ("done", "failed", "stopped"):
        st.rerun()


def _progress(live: Sequence[tuple[str, Job]]) -> None:
    queue, session = work.queue(), state.session()
    if any(job.state in ("done", "failed", "stopped") or queue.waits_for(session, slot) is not job for slot, job in live):
        st.rerun()
    for slot, job in live:
        cols = st.columns([5, 1], vertical_alignment="center")
        if job.state == "waiting":
            cols[0].progress(0.0, t("in_queue", n=job.ahead + 1))
        else:
            share = job.done / job.total if job.total else 0.0
            cols[0].progress(min(share, 1.0), t("running", done=job.done, total=job.total) if job.total else t("preparing"))
        cols[1].button(t("stop"), key=f"stop {slot}", on_click=work.queue().cancel, args=(state.session(), slot), width="stretch")


STYLE = """
<style>
.table {overflow-x: auto; margin: 0 0 .6rem 0;}
.table table {border-collapse: collapse; font-size: .9rem; width: 100%;}
.table th, .table td {padding: .3rem .55rem; border-bottom: 1px solid rgba(128, 128, 128, .35); text-align: left;
  vertical-align: top;}
.table th {font-weight: 600; border-bottom-width: 2px;}
.table td.n {text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap;}
.card .value {font-size: 1.9rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums;}
.card .title {font-weight: 600; line-height: 1.35;}
.card .line {font-size: .9rem; line-height: 1.5;}
.table th {white-space: normal; min-width: 3.2em;}
.table td {min-width: 4em;}
.table td:first-child {min-width: 9em;}
.table details summary {cursor: pointer;}
.glance {position: sticky; top: 3.2rem; z-index: 5; padding: .4rem .6rem; border-radius: .4rem; font-weight: 600;
  border: 1px solid rgba(128, 128, 128, .35); backdrop-filter: blur(8px);}
@media (min-width: 900px) {.st-key-answers {position: sticky; top: 3.5rem;}}
h2 {font-size: 1.5rem !important; padding: .9rem 0 .4rem 0 !important;}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {color: inherit; opacity: .85;}
.badge {display: inline-block; padding: .05rem .5rem; border-radius: .6rem; font-size: .85rem; border: 1px solid currentColor;}
.stEChartsChart, [data-stale="true"] {transition: none !important; opacity: 1 !important;}
[data-testid="InputInstructions"], [data-testid="stStatusWidget"] {display: none;}
[data-testid="stFileUploaderDropzone"] button, [data-testid="stFileUploaderDropzone"] button p {font-size: 0;}
[data-testid="stFileUploaderDropzone"] button::after {content: var(--choose-file); font-size: 1rem;}
[data-testid="stFileUploaderDropzoneInstructions"] {display: none;}
@media (max-width: 480px) {
  .block-container {padding: 3.2rem .8rem 2rem .8rem;}
  .card .value {font-size: 1.5rem;}
}
@media print {
  [data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stToolbar"], button, .stSlider {display: none !important;}
  .block-container {padding: 0; max-width: none;}
  .table {overflow: visible;}
  details, [data-testid="stVerticalBlock"] > div, .table tr {break-inside: avoid;}
}
</style>
"""
