"""What the terminal shows is whole at any width, in both languages."""

import io

import pytest
from rich.console import Console

import skillsim as ss
from skillsim.report import terminal

TABLES = (terminal.targets, terminal.indicators, terminal.gaps, terminal.held_back)


@pytest.fixture(scope="module")
def result():
    return ss.run(ss.load("small_jobs"), 200)[0]


def printed(table, width):
    console = Console(width=width, file=io.StringIO(), highlight=False, markup=False, emoji=False)
    console.print(terminal.fit(table, console))
    return console.file.getvalue()


@pytest.mark.parametrize("make", TABLES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_figure_is_cut_at_any_width(result, make, lang):
    table = make(result, lang)
    cells = [part for column in table.columns[1:] for cell in column.cells for part in str(cell).split("\n") if part.strip()]
    headings = [str(column.header) for column in table.columns]
    assert cells
    for width in range(60, 171, 5):
        out = printed(make(result, lang), width)
        flat = "".join(out.split())
        for cell in cells:
            assert cell in out or "".join(cell.split()) in flat, (width, cell)
        if width >= 160:
            assert all("".join(heading.split()) in flat for heading in headings), width
        assert max(len(line) for line in out.splitlines()) <= width


def test_a_table_that_is_cut_would_be_seen(result):
    """The same look at a table left to the library at 100 columns finds figures cut off."""
    table = terminal.gaps(result, "zh")
    console = Console(width=70, file=io.StringIO(), highlight=False, markup=False, emoji=False)
    console.print(table)
    out = console.file.getvalue()
    cells = [part for column in table.columns[1:] for cell in column.cells for part in str(cell).split("\n")]
    assert any(cell not in out for cell in cells)
