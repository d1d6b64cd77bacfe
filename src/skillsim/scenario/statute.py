"""The statutory age of retirement, by category of workers and month of birth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CATEGORIES = ("men", "cadre_women", "worker_women")
# Decision of the Standing Committee of the National People's Congress of 13 September 2024, in force from 1 January 2025:
# old age and longest delay in months, first birth month touched (year, January), birth months for each month of delay.
STATUTE = {"men": (60 * 12, 36, 1965, 4), "cadre_women": (55 * 12, 36, 1970, 4), "worker_women": (50 * 12, 60, 1975, 2)}


def retirement_month(category: str, birth: NDArray[np.int64], rise: bool) -> NDArray[np.int64]:
    """Return the month of retirement of people born in month ``birth`` (months since January of year 0).

    The statutory age counts from the month of birth; who reaches it in a month retires in that month.
    """
    old, most, since, each = STATUTE[category]
    delay = np.where(birth >= since * 12, np.minimum((birth - since * 12) // each + 1, most), 0)
    return birth + old + (delay if rise else 0)
