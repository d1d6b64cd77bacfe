"""Chance: keyed random draws and their means behind one interface (see `skillsim.chance.sources`)."""

from .clocks import rung_before
from .keys import name_key, name_keys
from .parameters import uniforms
from .sources import Draws, Expected, Filled, Source

__all__ = ["Draws", "Expected", "Filled", "Source", "name_key", "name_keys", "rung_before", "uniforms"]
