"""``python -m skillsim``: the terminal."""

from skillsim.cli import main

main()
