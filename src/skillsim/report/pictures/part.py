"""Reading a chart's option so that nothing in it is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Part:
    """A part of an ECharts option whose keys must all be read: what a picture does not know it must not drop in silence.

    ``where`` says in messages which part it is.
    """

    def __init__(self, given: Mapping[str, Any], where: str) -> None:
        self._left, self.where = dict(given), where

    def __contains__(self, key: str) -> bool:
        """Say whether a key is there and not read yet."""
        return key in self._left

    def take(self, key: str, default: Any = None) -> Any:
        """Return what stands under a key and count it as read."""
        return self._left.pop(key, default)

    def part(self, key: str) -> Part:
        """Return the part under a key, empty where there is none."""
        return Part(self._left.pop(key, {}), f"{self.where}.{key}")

    def one_of(self, key: str, default: Any, *others: Any) -> Any:
        """Return what stands under a key.

        Raises
        ------
        NotImplementedError
            if it is none of the values that can be drawn.
        """
        value = self._left.pop(key, default)
        if value not in (default, *others):
            raise NotImplementedError(f"{self.where}.{key} = {value!r} can't be drawn")
        return value

    def only(self, key: str, inside: str) -> Any:
        """Return the one thing that stands in the part under a key; None where it is not there."""
        part = self.part(key)
        value = part.take(inside)
        part.done()
        return value

    def skip(self, *keys: str) -> None:
        """Count keys as read that mean nothing on paper."""
        for key in keys:
            self._left.pop(key, None)

    def done(self) -> None:
        """Raise NotImplementedError where a key was not read."""
        if self._left:
            raise NotImplementedError(f"{self.where}: {', '.join(sorted(self._left))} can't be drawn")


def sole(item: Any, key: str = "value", *aside: str) -> Any:
    """Return what an item of data is: itself, or what it holds under a key beside what means nothing on paper.

    Raises
    ------
    NotImplementedError
        if it holds anything else.
    """
    if not isinstance(item, dict):
        return item
    part = Part(item, "item")
    value = part.take(key)
    part.skip(*aside)
    part.done()
    return value
