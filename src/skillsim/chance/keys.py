"""Names become 64-bit keys.

Every draw of the simulation is addressed by name (process, calendar time, cell, ...), never by position in a stream.
The names are hashed here, once per cell; the compiled kernels then only mix integers. The hash is BLAKE2b (RFC
7693), so a key is the same on every machine, in every process and for every value of ``PYTHONHASHSEED``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["name_key", "name_keys", "stream_key"]


def _encode(part: str | int) -> bytes:
    """One part, tagged with its type and length, so that no two different lists of parts share an encoding."""
    if isinstance(part, str):
        tag, body = b"s", part.encode("utf-8")
    elif isinstance(part, (int, np.integer)) and not isinstance(part, bool):
        tag, body = b"i", str(int(part)).encode("ascii")
    else:
        raise TypeError(f"a name part is a str or an int, not {type(part).__name__}: {part!r}")
    return tag + str(len(body)).encode("ascii") + b":" + body


@lru_cache(maxsize=65_536, typed=True)
def name_key(*parts: str | int) -> np.uint64:
    """Stable 64-bit key of a name.

    ``name_key("ab", "c")``, ``name_key("a", "bc")`` and ``name_key("a", "b", "c")`` differ, and so do ``name_key(1)``
    and ``name_key("1")``. Raises `TypeError` for a part that is neither a str nor an int (a bool or a float included).
    """
    digest = hashlib.blake2b(b"".join(map(_encode, parts)), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def name_keys(names: Iterable[tuple[str | int, ...]]) -> NDArray[np.uint64]:
    """Keys of many names, in order: ``uint64[len(names)]``."""
    return np.array([name_key(*parts) for parts in names], dtype=np.uint64)


@lru_cache(maxsize=8192)
def stream_key(seed: int, process: str, time: int) -> np.uint64:
    """Base key of one process at one calendar time in one run; all of the uniforms of a call descend from it."""
    return name_key("skillsim.stream", seed, process, time)
