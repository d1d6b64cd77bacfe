"""Set up and run, on any system with Python 3.11 or later: ``python make.py run`` or ``python make.py test``.

``run [arguments of skillsim run]`` makes a virtual environment in .venv, installs this checkout with the versions of
constraints.txt (once), and runs a scenario (quzhou/baseline by default).  ``test [arguments of pytest]`` installs the tools
of the tests too, then runs ruff, mypy and pytest.  Only the standard library is used here.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def call(*command: object) -> int:
    """Run a command in the checkout and return its exit status."""
    return subprocess.call([str(part) for part in command], cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"})


def install(*what: str, keep: bool) -> None:
    """Make the virtual environment where there is none, and install the checkout in it.

    With ``keep`` an installation that was made for the same versions is left as it is, so that no connection is needed.
    """
    stamp = VENV / "installed.txt"
    wanted = "\n".join([*what, (ROOT / "pyproject.toml").read_text("utf-8"), (ROOT / "constraints.txt").read_text("utf-8")])
    if not PYTHON.exists():
        print(f"making {VENV.name} ...", flush=True)
        venv.create(VENV, with_pip=True)
    if keep and stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    print("installing ...", flush=True)
    stamp.unlink(missing_ok=True)
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", "constraints.txt")
    status = call(*pip, *what)
    if status:
        sys.exit(f"installing failed (status {status}): is there a connection to a Python package index?")
    stamp.write_text(wanted, "utf-8")


def main(arguments: list[str]) -> int:
    """Do what the first argument says; return the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python would be asked to run
        sys.exit(f"skillsim needs Python 3.11 or later; this is {sys.version.split()[0]}")
    job, *rest = arguments or ["help"]
    if job == "run":
        install("--editable", ".", keep=True)
        return call(PYTHON, "-m", "skillsim", "run", *(rest or ["quzhou/baseline"]))
    if job == "test":
        install(".[test]", keep=False)
        for command in (("ruff", "check", "."), ("mypy",)):
            status = call(PYTHON, "-m", *command)
            if status:
                return status
        return call(PYTHON, "-m", "pytest", "-n", "auto", "--dist", "loadgroup", *rest)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
