"""Fonts of this machine that can show a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from matplotlib import font_manager

from skillsim.errors import Problem, ScenarioError

# families with the glyphs of simplified Chinese, in their mainland forms, as fonts name themselves
HAN = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "STHeiti", "DengXian", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "HarmonyOS Sans SC", "Noto Serif CJK SC", "Source Han Serif SC", "SimSun", "Songti SC", "STSong", "KaiTi", "FangSong",
)
LATIN = ("Arial", "Liberation Sans", "Helvetica")
HAN_SIGN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
LAST = "DejaVu Sans"  # comes with matplotlib; has the signs that others lack


def is_han(text: str) -> bool:
    """Say whether a text holds Chinese characters or full-width signs."""
    return HAN_SIGN.search(text) is not None


def families(texts: Sequence[str]) -> list[str]:
    """Return the font families to draw texts with, each for what the ones before it lack.

    Raises
    ------
    ScenarioError
        if the texts are Chinese and no font here has simplified Chinese.
    """
    if not any(map(is_han, texts)):
        return [*_first(LATIN, font_manager.fontManager), LAST]
    han = _first(HAN, font_manager.fontManager) or _fresh()
    if not han:
        raise ScenarioError([Problem("no_chinese_font", args={"fonts": ", ".join(HAN[:5])})])
    return [*han, LAST]


def _first(names: Sequence[str], manager: font_manager.FontManager) -> list[str]:
    """Return the first of some families that is there, as a list of one or none; a list of fonts may be older than the disk."""
    there = {entry.name for entry in manager.ttflist if entry.name in names and Path(entry.fname).is_file()}
    return [name for name in names if name in there][:1]


def _fresh() -> list[str]:
    """Return the Chinese family of a font that was installed after matplotlib last looked, and make it known."""
    manager = font_manager.FontManager()
    found = _first(HAN, manager)
    for file in sorted({entry.fname for entry in manager.ttflist if entry.name in found}):
        font_manager.fontManager.addfont(file)
    return found
