"""The terminal: the same functions as in Python, with words around them.

Exit status: 0 done, 2 the scenario or the request has problems, 130 interrupted, 1 a fault of ours.
"""

from skillsim.cli import (  # noqa: F401 - the commands enter the app here
    batch,
    calibrate,
    evidence,
    explain,
    report,
    runs,
    scenarios,
    seat_plan,
    seek,
    sensitivity,
    workbook,
)
from skillsim.cli.common import app, lean


def main() -> None:
    """Run the command line."""
    lean()
    app()
