"""One bad file for each mistake, with the place and the words that its message must hold (the comments at its top)."""

import fnmatch
import re
import time

import pytest

import skillsim as ss
from helpers_scenario import BAD, CHINESE, ENGLISH_WORDS, GOOD, LANGS, MARKET, problems_of, told_well, written
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import checks
from skillsim.scenario.reader import MAX_BYTES, MAX_EXTENDS, build, find, read
from skillsim.terms import KINDS, MESSAGES, OS_WHY, YAML_WHY, message, workbook

FILES = sorted(p for p in BAD.glob("*.yaml") if p not in (GOOD, MARKET))
EXPECT = re.compile(r"# expect: (\S+) \| line (\S+) \| (.*?) ?\| en: (.*) \| zh: (.*)")


def expected(path):
    return [
        EXPECT.fullmatch(line).groups() for line in path.read_text(encoding="utf-8").split("\n") if line.startswith("# expect")
    ]


def fits(problem, expectation, file):
    code, line, path, en, zh = expectation
    at = {"*": problem.line, "-": None}.get(line, line)
    here = file.name if line != GOOD.name else GOOD.name
    return (
        fnmatch.fnmatchcase(problem.code, code)
        and fnmatch.fnmatchcase(problem.path, path)
        and problem.file.endswith(here)
        and (line == GOOD.name or str(problem.line) == str(at))
        and (en == "*" or en in problem.text("en"))
        and (zh == "*" or zh in problem.text("zh"))
    )


@pytest.mark.parametrize("file", [GOOD, MARKET], ids=lambda p: p.stem)
def test_the_good_files_are_good(file):
    scenario = read(file)
    assert scenario.name == "good"
    assert ss.run(scenario, replications=2)[0].name == "good"


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
def test_a_bad_file_is_refused_with_place_and_words(file):
    wanted = expected(file)
    assert wanted, "a bad file states at its top what is expected"
    found = list(problems_of(file))
    told = "\n".join(f"{p.code} {p.text('en')}\n    {p.text('zh')}" for p in found)
    assert len(found) == len(wanted), told
    for one in wanted:
        match = next((p for p in found if fits(p, one, file)), None)
        assert match, f"{one}\nis not told:\n{told}"
        found.remove(match)
        assert match.file and (match.line or one[1] == "-")
        each_language_keeps_to_itself(match)


def each_language_keeps_to_itself(problem):
    """No English sentence stands in a Chinese message, no Chinese in an English one (what the planner wrote aside)."""
    zh, en = (message(problem.code, lang, **problem.args) for lang in LANGS)
    ours = re.sub(r"[\w./-]+\.yaml", "", zh)
    assert CHINESE.search(zh) and not ENGLISH_WORDS.search(ours), zh
    assert not CHINESE.search(en.replace(str(problem.value), "")), en


# ------------------------------------------------------------------------------------------------- every code is covered

FRAGMENTS = {"hint_percent", "hint_range", "near", "no_near"}  # parts of other messages
MADE = {"file_large", "file_unreadable", "extends_depth", "cells_limit", "table_limit"}  # files that these tests write themselves
NOT_FROM_A_FILE = {
    "file_folder",  # asking for a file by name
    "file_here",
    "other",  # what the type checker may say one day and we have no words for
    "base_infeasible",
    "base_bound",
    "observed_unreachable",
    "no_scenario",
    "port_taken",  # serving the page
    "actual_future",
    "draft_late",
    "unknown_policy",  # running and varying
    "replications",
    "seed",
    "threads",
    "same_label",
    "evidence_unknown",  # examples and past figures
    "evidence_columns",
    "evidence_row",
    "evidence_twice",
    "evidence_none",
    "evidence_data",
    "evidence_alone",
    "compare_years",
    "compare_baseline",  # asking
    "out_exists",
    "out_unwritable",  # writing
    "draft_row",
    "draft_many",
    "draft_lever",
    "draft_twice",  # a draft of the page
    "shelf_name",
    "shelf_missing",
    "shelf_clash",
    "shelf_conflict",
    "shelf_gone",
    "shelf_full",
    "shelf_busy",  # named scenarios in a folder
    "store_missing",
    "store_column",
    "store_value",
    "run_format",
    "run_missing",
    "run_several",
    "run_by_hand",
    "run_not_kept",
    "run_broken",
    "run_file_gone",
    "run_file_more",
    "run_file_changed",
    "run_other_model",
    "run_not_again",
    "run_other_key",  # a store of runs
    "batch_nothing",
    "jobs",
    "worker_ended",  # a batch
    "cluster_scheduler",
    "cluster_missing",
    "cluster_unreachable",
    "cluster_empty",
    "cluster_versions",
    "cluster_lost",  # a batch on a cluster
    "grid_drawn",
    "grid_full",
    "grid_range",
    "grid_list",
    "grid_many",  # a file of levers (test_grid.py)
    "no_chinese_font",  # drawing charts
    "seat_year",
    "table_seats",
    "seat_suffix",  # the seat plan as a workbook
    "report_suffix",
    "report_exists",  # naming a report
    "calibrate_beyond",
    "calibrate_blank",
    "calibrate_bounds",
    "calibrate_cells",
    "calibrate_column",
    "calibrate_csv",
    "calibrate_empty",
    "calibrate_encoding",
    "calibrate_exists",
    "calibrate_factor",
    "calibrate_few",
    "calibrate_idle",
    "calibrate_kind",
    "calibrate_known",
    "calibrate_lacks",
    "calibrate_many",
    "calibrate_many_rows",
    "calibrate_n",
    "calibrate_n_missing",
    "calibrate_n_of_count",
    "calibrate_negative",
    "calibrate_no_file",
    "calibrate_none",
    "calibrate_observed",
    "calibrate_policy",
    "calibrate_range",
    "calibrate_range_needed",
    "calibrate_read_back",
    "calibrate_refused",
    "calibrate_sd",
    "calibrate_sd_missing",
    "calibrate_share",
    "calibrate_suffix",
    "calibrate_twice",
    "calibrate_twice_column",
    "calibrate_twice_row",  # fitting to figures (test_calibrate.py)
    "explain_by",
    "explain_item",
    "explain_orders",
    "explain_target",
    "explain_no_target",
    "explain_structure",
    "explain_overlap",
    "explain_mixed",  # what made a difference
    "seek_no_target",
    "seek_no_levers",
    "seek_few",
    "seek_target",
    "seek_shown",
    "seek_probability",
    "seek_twice",
    "seek_target_text",
    "seek_lever_text",
    "seek_lever",
    "seek_switch",
    "seek_many",
    "seek_bounds",
    "seek_factor",
    "seek_price",
    "seek_budget",
    "seek_authority",
    "seek_no_authority",
    "seek_overlap",
    "seek_nothing",  # goal seek (test_seek.py)
    "seek_nothing_at_all",
    "sens_target",
    "sens_no_target",
    "sens_certain",
    "sens_few",
    "sens_trajectories",
    "sens_samples",  # what a target hangs on (test_sensitivity.py)
}


def test_every_message_that_a_file_can_call_forth_has_a_bad_file():
    covered = {code for file in FILES for code, *_ in expected(file)}
    assert set(MESSAGES) - covered == FRAGMENTS | MADE | NOT_FROM_A_FILE | set(workbook.MESSAGES)
    words = "\n".join(e[3] for file in FILES for e in expected(file))
    assert "Did you mean" in words and "nearest: " in words and "known: " in words


RULES = re.compile(  # what holds ("it must be", "a share lies between") or what to do ("; remove one", "write", "choose")
    r"\b(must|belongs?|lies|takes?|needs?|needed|only|write|written|go|exactly|allowed|choose|check|cannot|can't)\b"
    r"|is empty or|has one entry"
    r"|\b(is|are) (a|an|0|counted|even|for)\b|comes? after|starts with|; |Did you mean|nearest|known"
)
RULES_ZH = re.compile("应|请|须|只|需要|不能|至少|至多|最接近|可用|其余写|没有这个|没有政策|没有名为")


def test_every_message_says_what_holds_or_what_to_do():
    assert [code for code, term in MESSAGES.items() if not RULES.search(term.en)] == []
    assert [code for code, term in MESSAGES.items() if not RULES_ZH.search(term.zh)] == []


def test_both_languages_are_filled_from_the_same_words():
    for code, term in MESSAGES.items():
        slots = [set(re.findall(r"\{(\w+)", text)) - {"zh", "en"} for text in (term.zh, term.en)]
        assert slots[0] == slots[1] or code in {"patch_conflict", "then_length"}, code


def test_reasons_of_the_libraries_are_in_both_languages():
    for table in (YAML_WHY, OS_WHY, KINDS):
        for term in table.values():
            assert term.en and not CHINESE.search(term.en)
            assert term.zh and not ENGLISH_WORDS.search(term.zh)


# -------------------------------------------------------------------------------------------------- files made on the spot


def only(path):
    (problem,) = problems_of(path)
    return problem


def test_a_file_of_three_megabytes_is_refused_unread(tmp_path):
    path = written(tmp_path, b"# " + b"x" * 3_000_000)
    problem = only(path)
    assert problem.code == "file_large" and f"{MAX_BYTES:,}" in problem.text("zh")


def test_a_file_that_is_not_utf8(tmp_path):
    problem = only(written(tmp_path, "title: {zh: 衢州, en: Quzhou}".encode("gb18030")))
    assert problem.code == "file_unreadable"
    assert "it is not UTF-8" in problem.text("en") and "编码不是 UTF-8" in problem.text("zh")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = written(tmp_path, "")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_text", refuse)
    problem = only(path)
    assert problem.code == "file_unreadable" and "没有权限" in problem.text("zh") and "permission denied" in problem.text("en")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda b: b"\xef\xbb\xbf" + b, id="byte-order mark"),
        pytest.param(lambda b: b.replace(b"\n", b"\r\n"), id="lines of Windows"),
        pytest.param(lambda b: b"\xef\xbb\xbf" + b.replace(b"\n", b"\r\n"), id="both"),
    ],
)
def test_a_file_of_windows_is_read(tmp_path, change):
    path = written(tmp_path, change(GOOD.read_bytes()))
    assert read(path) == read(GOOD)


def test_lines_of_windows_are_counted_once(tmp_path):
    path = written(tmp_path, GOOD.read_bytes().replace(b"levels:", b"levles:").replace(b"\n", b"\r\n"))
    lines = GOOD.read_text(encoding="utf-8").split("\n")
    at = 1 + next(i for i, line in enumerate(lines) if line.startswith("levels:"))
    assert min(p.line for p in problems_of(path) if p.code == "unknown_key") == at


def test_a_zero_byte_is_told_with_its_line(tmp_path):
    problem = only(written(tmp_path, b"format: 1\nname: a\x00b\n"))
    assert (problem.code, problem.line) == ("yaml_syntax", 2)
    assert "not allowed" in problem.text("en") and "不允许的字符" in problem.text("zh")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"---\n", b"...\n", b"null\n", b"~", b"# only a comment\n"])
def test_an_empty_file(tmp_path, data):
    assert only(written(tmp_path, data)).code in ("not_mapping", "yaml_syntax")


def test_too_many_files_in_a_row(tmp_path):
    for i in range(MAX_EXTENDS + 1):
        (tmp_path / f"f{i}.yaml").write_text(f"extends: f{i + 1}.yaml\n", encoding="utf-8")
    problem = only(tmp_path / "f0.yaml")
    assert problem.code == "extends_depth" and problem.file.endswith(f"f{MAX_EXTENDS}.yaml")


def test_too_many_cells(tmp_path):
    letters = [f"s{i}" for i in range(110)]
    bands = ", ".join(["0.01"] * 100)
    text = f"""
institutions:
{chr(10).join(f"  {s}: {{title: {{zh: 甲, en: a}}, kind: secondary_school, area: town, capacity: 10}}" for s in letters)}
choice: {{bands: [{bands}], general_share: 0.5, alternatives: {{work: {{preference: 0}}}}}}
pathways:
  sve_3plus2:
    stages:
      - {{level: secondary, years: 3, dropout: 0.03}}
      - {{level: college, years: 2, dropout: 0.02, transfer: {{sits: 1, passes: [{bands}]}}}}
quota:
  rows:
{chr(10).join(f"    - {{school: {s}, programme: care, pathway: sve_3plus2, seats: 5}}" for s in letters)}
"""
    (problem,) = [p for p in problems_of(written(tmp_path, text)) if p.code != "pick_nobody"]  # the targets have lost theirs
    assert problem.code == "cells_limit" and f"limit of {checks.MAX_CELLS}" in problem.text("en")


def test_an_unknown_name_tells_the_known_ones():
    with pytest.raises(ScenarioError) as caught:
        find("quzhou/baselin")
    assert "nearest: quzhou/baseline" in caught.value.text("en")
    with pytest.raises(ScenarioError) as caught:
        find("zzz")
    assert "可用：" in caught.value.text("zh") and "small" in caught.value.text("zh")


@pytest.mark.parametrize("name", ["a" * 5_000, "a\0b", "\ud800", ".", "..", "/", ""])
def test_a_name_that_is_no_name(name):
    with pytest.raises(ScenarioError) as caught:
        read(name)
    code = "file_folder" if name in (".", "..", "/") else "file_missing"
    assert [p.code for p in caught.value.problems] == [code] and told_well(caught.value.text("zh"))


def test_a_folder_is_told_with_the_file_in_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in ("riverside/baseline.yaml", "riverside/a.yaml", "hills/plan.yaml", "scenarios/valley/baseline.yaml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("{}", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    told = {"riverside": "riverside/baseline.yaml", "hills": "hills/plan.yaml", "empty": "empty/baseline.yaml",
            "quzhou": "quzhou/baseline.yaml", "valley": "scenarios/valley/baseline.yaml"}
    for folder, file in told.items():
        (problem,) = refused(lambda folder=folder: find(folder))
        assert problem.code == "file_folder" and problem.args == {"file": file}
        each_language_keeps_to_itself(problem)
    assert find("quzhou/baseline.yaml").is_file(), "what is named can be given"


def test_a_name_that_is_known_in_the_current_folder_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "scenarios" / "riverside" / "baseline.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("{}", encoding="utf-8")
    (problem,) = refused(lambda: find("riverside/baseline"))
    assert problem.code == "file_here" and find(problem.args["file"]).samefile(file)
    each_language_keeps_to_itself(problem)


@pytest.mark.parametrize(
    "name, code", [("a" * 5_000, "file_missing"), ("a\\0b", "text_control"), ("\\ud800", "text_control"), ("", "file_missing")]
)
def test_a_base_that_is_no_name(tmp_path, name, code):
    assert only(written(tmp_path, f'extends: "{name}"\n'.encode())).code == code


@pytest.mark.parametrize("value", ["\\ud800", "a\\nb", "\\e[31m", "\\x07", "x" * 10_000, "{oops}", "%s", "[/b]"])
def test_what_stands_in_the_file_is_told_in_print(tmp_path, value):
    for text in (f'demand: "{value}"', f'? "{value}"\n: 1', f'classes: {{? "{value}" : [sve_3]}}'):
        problems_of(written(tmp_path, text))


def test_a_key_of_one_place_does_not_hide_the_others(tmp_path):
    text = "2026-01-01: 5\nyears: {first: many}\nlevles: []\n"
    assert [p.code for p in problems_of(written(tmp_path, text))] == ["key_type", "wrong_type", "unknown_key"]


def test_many_problems_are_told_in_bounded_time():
    began = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        build({"levels": [1] * 20_000}, {})
    assert len(caught.value.problems) > 20_000 and caught.value.text("zh")
    assert time.process_time() - began < 10


def test_problems_are_told_in_the_order_of_the_file(tmp_path):
    path = written(tmp_path, "levles: []\nyears: {first: many}\nas_of: never\n")
    with pytest.raises(ScenarioError) as caught:
        read(path)
    lines = [int(re.match(r".*?case\.yaml:(\d+) ", line)[1]) for line in caught.value.text("en").split("\n")]
    assert lines == [2, 3, 4]


# ------------------------------------------------------------------------------------------- what can't come from a file


def refused(ask):
    with pytest.raises(ScenarioError) as caught:
        ask()
    return caught.value.problems


def test_what_the_type_checker_says_beyond_our_words():
    problem = Problem("other", "a.b", 3, "f.yaml", 4, {"why": KINDS["text"]})
    assert problem.text("en") == "f.yaml:4 a.b = 3: it does not fit (text); see docs/scenario.md" and "文字" in problem.text("zh")


def test_a_rate_that_cannot_come_out_is_told_when_run(tmp_path):
    scenario = read(
        written(
            tmp_path,
            """
retention:
  base:
    - {pathways: [sve_3, sve_3plus2], level: secondary, rate: 0.999, definition: r3, measured_on: 12-31, year: 2025}
    - {pathways: [sve_3plus2, college_3], level: college, rate: 0.5, definition: r1, measured_on: 12-31, year: 2025}
""",
        )
    )
    problems = refused(lambda: ss.run(scenario, replications=2))
    assert {(p.code, p.path) for p in problems} == {("base_infeasible", "retention.base.0")}
    assert len(problems) == 2 and "R3 lies between" in problems[0].text("en")


def test_an_actual_rate_that_cannot_come_out_is_told_when_run(tmp_path):
    """More than a third of them go on studying, so that no more than two thirds of the graduates can work in the place."""
    scenario = read(
        written(
            tmp_path,
            """
as_of: 2027-01-01
policies: {}
observed:
  - indicator: local_retention
    year: 2026
    of: {pathways: [sve_3], levels: [secondary]}
    definition: r3
    value: 0.9
    source: {assumed: made up}
""",
        )
    )
    problems = refused(lambda: ss.run(scenario, replications=2))
    assert {(p.code, p.path) for p in problems} == {("observed_unreachable", "observed.0")}
    assert "R3" in problems[0].text("en") and "R3" in problems[0].text("zh")


@pytest.mark.parametrize(
    "asked, code",
    [
        ({"replications": 3}, "replications"),
        ({"replications": "4"}, "replications"),
        ({"replications": 4.0}, "replications"),
        ({"threads": 1.5}, "threads"),
        ({"replications": 0}, "replications"),
        ({"replications": -2}, "replications"),
        ({"replications": 20_002}, "replications"),
        ({"replications": True}, "replications"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"seed": None}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"threads": 0}, "threads"),
        ({"threads": 65}, "threads"),
        ({"threads": -1}, "threads"),
    ],
)
def test_a_run_is_refused(asked, code):
    assert [p.code for p in refused(lambda: ss.run(read(GOOD), **{"replications": 2, **asked}))] == [code]


def test_all_that_is_wrong_with_a_run_is_told_at_once():
    twice = [read(GOOD), read(GOOD)]
    codes = [p.code for p in refused(lambda: ss.run(twice, replications=3, seed=-1, threads=0))]
    assert codes == ["replications", "seed", "threads", "same_label"]


def test_runs_that_cannot_be_compared():
    good = read(GOOD)
    one, two = ss.run([good, good.vary("more")], replications=2)
    other = ss.run(good.vary("much_more"), replications=4)[0]
    assert [p.code for p in refused(lambda: ss.compare([one, two], baseline="mroe"))] == ["compare_baseline"]
    assert [p.code for p in refused(lambda: ss.compare([one, other]))] == ["compare_years"]
