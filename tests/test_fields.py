"""Words of the parameters: every field has its own in both languages, and no code is shown where there is a title."""

import re
from typing import get_args

import pytest

from helpers_scenario import LANGS, SCENARIOS
from skillsim.scenario.labels import label_of
from skillsim.scenario.numbers import Authority, Block, Event, Source
from skillsim.scenario.reader import read
from skillsim.scenario.types import declared, numbers
from skillsim.terms import fields
from skillsim.terms.fields import AUTHORITIES, BLOCKS, EVENTS, FIELDS, REFERENCE, SOURCES, UNITS

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SNAKE = re.compile(r"[a-z0-9]_[a-z0-9]|\*")
TABLES = (UNITS, AUTHORITIES, SOURCES, EVENTS, fields.NAMES, fields.LEVER_GROUPS, fields.LEVERS)


def blocks():
    """Return every type of block that a scenario file can hold."""
    own = [block for block in Block.__subclasses__() if block.__module__.startswith("skillsim.scenario.")]
    return [block for block in own if block.__module__ != "skillsim.scenario.grid"]  # files of levers are another kind


@pytest.fixture(scope="module", params=["quzhou/baseline.yaml", "small.yaml", "small_jobs.yaml"])
def scenario(request):
    return read(SCENARIOS / request.param)


def test_every_field_and_block_has_words_and_no_other_has():
    assert set(FIELDS) == {f"{block.__name__}.{name}" for block in blocks() for name in block.model_fields}
    assert set(BLOCKS) == {block.__name__ for block in blocks()}


def test_labels_are_short_and_each_in_its_language():
    for key, field in {**FIELDS, **BLOCKS}.items():
        assert CHINESE.search(field.zh) and len(CHINESE.findall(field.zh)) <= 14, key
        assert field.en and not CHINESE.search(field.en) and len(field.en.split()) <= 6, key
        assert field.help_zh and (CHINESE.search(field.help_zh) or field.help_zh.startswith("[")), key


@pytest.mark.parametrize("lang", LANGS)
def test_labels_differ_within_a_block(lang):
    for block in blocks():
        labels = [getattr(FIELDS[f"{block.__name__}.{name}"], lang) for name in block.model_fields]
        assert len(labels) == len(set(labels)), block.__name__


def test_codes_and_figures_of_the_english_help_stand_in_the_chinese_one():
    for block in blocks():
        for name, info in block.model_fields.items():
            wanted = set(re.findall(r"``(\w+)``|(?<![\w.])(\d{2,})", info.description or ""))
            missing = [w for pair in wanted for w in pair if w and w not in FIELDS[f"{block.__name__}.{name}"].help_zh]
            assert not missing, (block.__name__, name, missing)


def test_units_authorities_sources_and_events_are_those_of_the_declarations():
    declarations = [par for block in blocks() for info in block.model_fields.values() if (par := declared(info))]
    assert set(UNITS) == {par.unit for par in declarations}
    assert tuple(AUTHORITIES) == get_args(Authority)
    assert tuple(EVENTS) == get_args(Event)
    assert set(SOURCES) == {*Source.model_fields, "unstated"} - {"zh"}


def test_tables_are_in_both_languages():
    for table in TABLES:
        for code, term in table.items():
            bare = re.sub(r"\{\w*\}", "", term.zh)
            assert CHINESE.search(bare), code
            assert term.en and not CHINESE.search(term.en), code
            assert set(re.findall(r"\{\w*\}", term.zh)) == set(re.findall(r"\{\w*\}", term.en)), code
    assert all(term.zh and term.en for term in REFERENCE.values())


def test_every_number_has_a_readable_name_of_its_own(scenario):
    for lang in LANGS:
        names = {path: label_of(path, scenario, lang) for path, _, _ in numbers(scenario)}
        assert not [name for name in names.values() if SNAKE.search(name) or not name]
        if lang == "zh":
            assert all(CHINESE.search(name) for name in names.values())
        else:
            assert not [name for name in names.values() if CHINESE.search(name)]
        assert len(set(names.values())) == len(names)


def test_names_are_made_of_titles_levels_and_labels():
    small = read(SCENARIOS / "small_jobs.yaml")
    names = {
        "pathways.sve_3plus2.stages.1.transfer.cap": "中高职 3+2 · 高职专科阶段 · 转段比例上限",
        "pathways.sve_3plus2.stages.1.transfer.passes.1": "中高职 3+2 · 高职专科阶段 · 转段考核通过率 · 第 2 分数段",
        "pathways.sve_3plus2.stages.1.transfer.passes": "中高职 3+2 · 高职专科阶段 · 转段考核通过率",
        "pathways.sve_3plus2.stages.*.dropout": "中高职 3+2 · 年流失率",
        "pathways.sve_3.stages.0.dropout.2": "中职（3 年） · 年流失率 · 第 3 学年",
        "pathways.*.stages.*.transfer.cap": "全部培养路径 · 转段比例上限",
        "quota.sve_3.school.care.local": "中职（3 年） · 中专 A · 护理 · 面向本地生源 · 招生计划",
        "quota.*.*.care": "护理 · 招生计划",
        "quota": "招生计划",
        "quota.long_track": "长学制合计 · 招生计划",
        "quota.long_track.school.care": "长学制合计 · 中专 A · 护理 · 招生计划",
        "areas.local.junior_graduates": "本地各生源地 · 初中毕业生数",
        "industries.machines.level_shares.college": "机械 · 岗位层次结构 · 高职专科",
        "programmes.care.industries.homes": "护理 · 对口产业比例 · 家政",
        "retention.base.sve_3+sve_3plus2:secondary.rate": "毕业生留存 · 中职（3 年）、中高职 3+2 · 中职 · 基准留存率",
        "labour.returning.0": "劳动力市场 · 外出毕业生返乡率 · 毕业后第 1 年",
        "rules.retirement.rise": "法定退休 · 延迟法定退休年龄",
    }
    assert {path: label_of(path, small, "zh") for path in names} == names
    seats = label_of("quota.college_3.college.care.any", small, "en")
    assert seats == "college (3) · college A · care · applicants from anywhere · seats"


def test_two_stages_of_one_level_are_told_apart():
    small = read(SCENARIOS / "small.yaml")
    way = small.pathways["sve_3plus2"]
    stages = [stage.model_copy(update={"level": "college"}) for stage in way.stages]
    scenario = small.model_copy(update={"pathways": {"sve_3plus2": way.model_copy(update={"stages": stages})}})
    assert label_of("pathways.sve_3plus2.stages.1.dropout", scenario, "zh") == "中高职 3+2 · 高职专科第 2 阶段 · 年流失率"


def test_a_number_that_is_not_there_has_no_name():
    small = read(SCENARIOS / "small.yaml")
    wrong = ("pathways.sve_3.stages.0.transfer.cap", "pathways.sve_3.stages.*.transfer.cap", "areas.nowhere.local")
    for path in (*wrong, "quota.nothing", "retention.nothing", "pathways.*.nothing"):
        with pytest.raises((LookupError, AttributeError)):
            label_of(path, small, "zh")
