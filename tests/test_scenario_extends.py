"""A file that builds on another: what is merged, what replaces, and in which file and line a problem stands."""

import pytest

from helpers_scenario import GOOD, loaded, problems_of, written
from skillsim.scenario.reader import MAX_EXTENDS, read

ROOT = GOOD.read_text(encoding="utf-8")


def chain(folder, *texts):
    """Write files that each extend the one before (the first: the good file) and return the last."""
    last = GOOD.as_posix()
    for i, text in enumerate(texts):
        path = folder / f"link{i}.yaml"
        path.write_text(f"extends: {last}\n{text}", encoding="utf-8")
        last = path.name
    return folder / last


def test_nothing_added_is_the_same_scenario(tmp_path):
    assert read(chain(tmp_path, "", "", "")) == read(GOOD)


def test_mappings_merge_key_by_key_and_all_else_is_replaced(tmp_path):
    scenario = loaded(
        tmp_path,
        """
title: {en: another}
areas: {town: {general_applicants: 55}}
levels: [secondary, college, bachelor]
choice: {alternatives: {army: {title: {zh: 参军, en: army}}}}
retention: {drivers: {subsidy: {level: 2}}}
""",
    )
    good = read(GOOD)
    assert (scenario.title.en, scenario.title.zh) == ("another", good.title.zh)
    assert scenario.areas["town"].general_applicants.value == 55
    assert scenario.areas["town"].junior_graduates == good.areas["town"].junior_graduates
    assert scenario.areas["valley"] == good.areas["valley"]
    assert scenario.levels == ["secondary", "college", "bachelor"]
    assert list(scenario.choice.alternatives) == ["work", "army"]
    assert scenario.retention.drivers["subsidy"].effect == good.retention.drivers["subsidy"].effect


def test_the_nearer_file_wins(tmp_path):
    scenario = read(chain(tmp_path, "name: one\nyears: {last: 2031}\n", "name: two\n", "years: {last: 2032}\n"))
    assert (scenario.name, scenario.years.first, scenario.years.last) == ("two", 2024, 2032)


def test_null_takes_a_part_away(tmp_path):
    scenario = loaded(tmp_path, "targets: {stay: {direction: show, value: null}}\n")
    assert scenario.targets["stay"].value is None
    assert read(GOOD).targets["stay"].value == 0.6


@pytest.mark.parametrize(
    "base, over, fields",
    [
        ("{value: 1, factor: {uniform: [0.9, 1.1]}}", "{value: 2}", {"value": 2, "factor": {"uniform": (0.9, 1.1)}}),
        (
            "{value: 1, factor: {uniform: [0.9, 1.1]}}",
            "{factor: {normal: [1, 0.1]}}",
            {"value": 1, "factor": {"normal": (1, 0.1)}},
        ),
        ("{uniform: [0, 1]}", "{normal: [0, 1]}", {"normal": (0, 1)}),
        ("{uniform: [0, 1]}", "3", {"value": 3}),
        ("3", "{uniform: [0, 1]}", {"uniform": (0, 1)}),
        ("{value: 1, factor: {uniform: [0.9, 1.1]}, shared: a}", "{series: {2025: 1}}", {"series": {2025: 1}}),
        ("{series: {2025: 1, 2027: 3}}", "{series: {2027: 4, 2029: 5}}", {"series": {2025: 1, 2027: 4, 2029: 5}}),
        ("{uniform: [0, 1]}", "{uniform: [1, 2]}", {"uniform": (1, 2)}),
        ("{uniform: [0, 1]}", "{shared: a}", {"uniform": (0, 1), "shared": "a"}),
    ],
)
def test_a_number_in_another_form_replaces_the_whole_number(tmp_path, base, over, fields):
    number = read(
        chain(tmp_path, f"retention: {{local_origin: {base}}}\n", f"retention: {{local_origin: {over}}}\n")
    ).retention.local_origin
    assert number.model_dump(exclude_unset=True, exclude_none=True) == fields


def test_a_source_replaces_a_source(tmp_path):
    scenario = loaded(tmp_path, "source: {published: a table}\nareas: {town: {source: {proxy: next door}}}\n")
    assert scenario.source_of("retention.local_origin").kind == "published"
    assert scenario.source_of("areas.town.junior_graduates").kind == "proxy"
    assert scenario.source_of("areas.valley.junior_graduates").kind == "published"
    assert read(GOOD).source_of("areas.town.junior_graduates").kind == "assumed"


def test_a_problem_stands_in_the_file_that_made_it(tmp_path):
    path = chain(tmp_path, "# one\n# two\nretention: {local_orign: 2}\n", "# three\nchoice: {bandz: 1}\n", "title: {fr: a}\n")
    found = {(p.file.rsplit("/", 1)[-1], p.line, p.path) for p in problems_of(path)}
    assert found == {
        ("link0.yaml", 4, "retention.local_orign"),
        ("link1.yaml", 3, "choice.bandz"),
        ("link2.yaml", 2, "title.fr"),
    }


def test_a_value_that_is_laid_over_is_blamed_where_it_now_stands(tmp_path):
    path = chain(tmp_path, "retention: {local_origin: 99}\n", "# nothing\n\nretention: {local_origin: 98}\n")
    (problem,) = problems_of(path)
    assert (problem.file.rsplit("/", 1)[-1], problem.line, problem.value) == ("link1.yaml", 4, 98)
    good = chain(tmp_path, "retention: {local_origin: 99}\n", "retention: {local_origin: 2}\n")
    assert read(good).retention.local_origin.value == 2


def test_a_mistake_in_the_base_by_what_is_laid_over_names_the_base(tmp_path):
    (problem,) = problems_of(written(tmp_path, "years: {last: 2029}\n"))
    line = 1 + next(i for i, text in enumerate(ROOT.split("\n")) if "year: 2030" in text)
    assert (problem.code, problem.path, problem.line) == ("target_year", "targets.stay.year", line)
    assert problem.file == str(GOOD)


def test_duplicate_keys_and_broken_text_of_the_base_are_told_too(tmp_path):
    path = chain(tmp_path, "years: {last: 2031}\nyears: {last: 2032}\n", "retention: {local_orign: 2}\n")
    assert {(p.code, p.file.rsplit("/", 1)[-1], p.line) for p in problems_of(path)} == {
        ("duplicate_key", "link0.yaml", 3),
        ("unknown_key", "link1.yaml", 2),
    }
    path = chain(tmp_path, "years: [\n", "a: 1\na: 2\n")
    assert {(p.code, p.file.rsplit("/", 1)[-1]) for p in problems_of(path)} == {
        ("yaml_syntax", "link0.yaml"),
        ("duplicate_key", "link1.yaml"),
    }


def test_a_circle_names_its_files(tmp_path):
    for one, two in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{one}.yaml").write_text(f"extends: {two}.yaml\n", encoding="utf-8")
    (problem,) = problems_of(tmp_path / "a.yaml")
    assert problem.code == "extends_loop" and "a.yaml → b.yaml → c.yaml → a.yaml" in problem.text("zh")


def test_the_deepest_chain_allowed_reads(tmp_path):
    assert read(chain(tmp_path, *[""] * (MAX_EXTENDS - 1))) == read(GOOD)
    assert {p.code for p in problems_of(chain(tmp_path, *[""] * MAX_EXTENDS))} == {"extends_depth"}


def test_a_base_that_is_missing_in_the_middle(tmp_path):
    path = chain(tmp_path, "", "", "")
    (tmp_path / "link1.yaml").unlink()
    (problem,) = problems_of(path)
    assert (problem.code, problem.path, problem.line) == ("file_missing", "extends", 1)
    assert problem.file == str(path) and "link0.yaml" in problem.text("en")


@pytest.mark.parametrize("given", ["[]", "{a: 1}", "5", "true", "2026-01-01", "1.5"])
def test_extends_takes_one_name(tmp_path, given):
    path = tmp_path / "a.yaml"
    path.write_text(f"extends: {given}\n", encoding="utf-8")
    assert [p.code for p in problems_of(path)] == ["extends_type"]


def test_a_folder_is_no_base(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("extends: .\n", encoding="utf-8")
    assert [p.code for p in problems_of(path)] == ["file_missing"]


def test_a_base_is_looked_for_beside_the_file_not_where_one_stands(tmp_path, monkeypatch):
    inner = tmp_path / "inner"
    inner.mkdir()
    path = chain(inner, "name: one\n", "name: two\n")
    monkeypatch.chdir(tmp_path)
    assert read(path).name == "two" and read("inner/link1.yaml").name == "two"
    monkeypatch.chdir(inner)
    assert read("link1.yaml").name == "two"
