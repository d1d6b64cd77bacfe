"""The terminal: exit statuses, what is written and what is not, and the same bytes for the same question."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from helpers_scenario import BAD, CHINESE, GOOD, SMALL
from skillsim import cli
from skillsim.cli import common
from skillsim.results import files

FILES = {"manifest.json", "targets.csv", "indicators.csv", "indicators.parquet", "seat_plan.csv", "timing.json"}
TARGETS = [
    "scenario",
    "target",
    "label",
    "indicator",
    "year",
    "direction",
    "goal",
    "mean",
    "p05",
    "p50",
    "p95",
    "probability",
    "mcse",
    "parameter_share",
    "first_year_met",
    "movable_until",
]
INDICATORS = [
    "scenario",
    "indicator",
    "area",
    "pathway",
    "programme",
    "level",
    "industry",
    "year",
    "mean",
    "sd",
    "p05",
    "p25",
    "p50",
    "p75",
    "p95",
    "mcse",
]
RUNNER = CliRunner()


def ask(*words):
    return RUNNER.invoke(cli.app, [str(w) for w in words])


def process(*words, cwd=None, **environment):
    """Run the terminal as a planner does, in a process of its own."""
    env = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-m", "skillsim", *map(str, words)], capture_output=True, cwd=cwd, env=env, timeout=120, check=False
    )


def said(result):
    return result.stdout + result.stderr


def contents(folder):
    return {p.name: p.read_bytes() for p in Path(folder).iterdir()}


def lasting(folder):
    return {name: data for name, data in contents(folder).items() if name != "timing.json"}


def no_traceback(text):
    return "Traceback" not in text and 'File "' not in text


# ---------------------------------------------------------------------------------------------------------- exit statuses


@pytest.mark.parametrize(
    "words, status",
    [
        (["check", SMALL], 0),
        (["check", SMALL, GOOD], 0),
        (["schema"], 0),
        (["--help"], 0),
        (["run", SMALL, "-n", 2], 0),
        (["check", BAD / "range_rate.yaml"], 2),
        (["check", "nothing/here"], 2),
        (["run", "nothing/here"], 2),
        (["run", BAD / "range_rate.yaml"], 2),
        (["run", SMALL, "-n", 3], 2),
        (["run", SMALL, "-n", 0], 2),
        (["run", SMALL, "-n", -2], 2),
        (["run", SMALL, "-n", 10**9], 2),
        (["run", SMALL, "-n", 2, "--seed", -1], 2),
        (["run", SMALL, "-n", 2, "--seed", 2**63], 2),
        (["run", SMALL, "-n", 2, "--threads", 0], 2),
        (["run", SMALL, "-n", 2, "--threads", 65], 2),
        (["run", SMALL, "-n", 2, "--policy", "less"], 2),
        (["compare", SMALL, "less", "-n", 2], 2),
        (["compare", SMALL, "more_long_track", "-n", 2, "--baseline", "less"], 2),
        (["run", SMALL, "-n", "many"], 2),
        (["run", SMALL, "--lang", "fr"], 2),
        (["run"], 2),
        (["fly"], 2),
        (["check", "a" * 5_000], 2),
    ],
    ids=lambda x: " ".join(Path(str(w)).name[:30] for w in x) if isinstance(x, list) else "",
)
def test_the_exit_status(words, status):
    result = ask(*words)
    assert result.exit_code == status, said(result)
    assert no_traceback(said(result))


def test_a_process_gives_the_same_statuses(tmp_path):
    good = process("check", SMALL)
    assert (good.returncode, good.stderr) == (0, b"") and "没有问题" in good.stdout.decode()
    bad = process("check", BAD / "range_rate.yaml", "--lang", "en")
    assert (bad.returncode, bad.stdout) == (2, b"") and "Did you mean 0.12?" in bad.stderr.decode()


def test_each_wrong_option_is_told_together():
    result = ask("run", SMALL, "-n", 3, "--seed", -1, "--threads", 0, "--lang", "en")
    assert result.exit_code == 2
    assert "3 problem(s)" in said(result) and "even number" in said(result) and "seed is a whole number" in said(result)


def test_what_is_wrong_with_all_policies_is_told_together():
    result = ask("run", SMALL, "-n", 2, "-p", "less", "-p", "fewer", "--lang", "en")
    assert "'less'" in said(result) and "'fewer'" in said(result)


def test_several_files_are_all_told():
    bad = [BAD / "range_rate.yaml", BAD / "unknown_key.yaml", BAD / "yaml_tab.yaml"]
    result = ask("check", SMALL, *bad, GOOD, "--lang", "en")
    assert result.exit_code == 2
    for path in (SMALL, GOOD):
        assert f"{path.name}: no problems" in said(result).replace("\n", "")
    for words in ("range_rate.yaml:", "nearest: measured_on", "yaml_tab.yaml:", "3 problem(s) to mend"):
        assert words in said(result)


def test_both_languages():
    for lang, word, other in (("zh", "没有问题", "no problems"), ("en", "no problems", "没有问题")):
        result = ask("check", SMALL, "--lang", lang)
        assert word in said(result) and other not in said(result)
    zh, en = (said(ask("run", SMALL, "-n", 2, "--lang", lang)) for lang in ("zh", "en"))
    assert "目标" in zh and "达成概率" in zh and "Targets" not in zh
    assert "Targets" in en and "probability" in en and not CHINESE.search(en)


def test_output_that_is_not_utf8_by_default_still_is_utf8():
    for words in (["schema"], ["check", BAD / "range_rate.yaml"]):
        done = process(*words, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
        assert done.returncode in (0, 2) and no_traceback(done.stderr.decode())
        assert (done.stdout + done.stderr).decode("utf-8")


@pytest.mark.parametrize("title", ["[/b]", "[bold]x", ":smile:", "[link=file:///etc/passwd]x[/link]", "{x}", "%s"])
def test_titles_are_words_not_markup(tmp_path, title):
    path = tmp_path / "case.yaml"
    path.write_text(
        f"extends: {GOOD.as_posix()}\ntitle: &t {{zh: '{title}', en: '{title}'}}\ntargets: {{stay: {{title: *t}}}}\n",
        encoding="utf-8",
    )
    result = ask("run", path, "-n", 2)
    assert result.exit_code == 0 and title in said(result)


def test_file_names_are_words_not_markup(tmp_path):
    path = tmp_path / "a[" / "b].yaml"
    path.parent.mkdir()
    shutil.copy(SMALL, path)
    result = ask("check", path)
    assert result.exit_code == 0 and "b].yaml" in said(result).replace("\n", "")


def test_schema_is_json():
    assert json.loads(ask("schema").stdout)["title"] == "Scenario"


# ------------------------------------------------------------------------------------------------------------ what is written


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "run"
    result = ask("run", GOOD, "-p", "more", "-n", 20, "--seed", 5, "--threads", 2, "--out", out)
    assert result.exit_code == 0, said(result)
    return out


def rows(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_these_files_and_no_others(written):
    assert set(contents(written)) == FILES
    assert [p.name for p in written.parent.iterdir()] == [written.name]


def test_the_columns(written):
    for name, columns in (("targets.csv", TARGETS), ("indicators.csv", INDICATORS)):
        head = (written / name).read_text(encoding="utf-8").split("\n")[0]
        assert head.split(",") == columns
        assert b"\r" not in (written / name).read_bytes()


def test_the_table_of_both_kinds_is_one_table(written):
    import pandas as pd

    there = pd.read_parquet(written / "indicators.parquet")
    text = pd.read_csv(
        written / "indicators.csv", keep_default_na=False, na_values=[""], dtype=dict.fromkeys(INDICATORS[:7], str)
    )
    assert list(there.columns) == INDICATORS and len(there) == len(text) > 100
    assert there["mean"].round(9).equals(text["mean"].round(9))


def test_one_row_a_target_and_scenario(written):
    targets = rows(written, "targets.csv")
    assert [(r["scenario"], r["target"]) for r in targets] == [
        ("good", "stay"),
        ("good", "share"),
        ("more", "stay"),
        ("more", "share"),
    ]
    assert {r["scenario"] for r in rows(written, "indicators.csv")} == {"good", "more"}
    assert {r["label"] for r in targets} == {"too_few"}  # fewer than 200 replications say nothing about chances


def test_the_manifest_says_what_was_run(written):
    manifest = json.loads((written / "manifest.json").read_text(encoding="utf-8"))
    assert [(r["scenario"], r["policies"], r["seed"], r["replications"]) for r in manifest["runs"]] == [
        ("good", [], 5, 20),
        ("more", ["more"], 5, 20),
    ]
    assert manifest["runs"][0]["resolved"]["name"] == "good" and manifest["runs"][1]["resolved"]["changes"]
    timing = json.loads((written / "timing.json").read_text(encoding="utf-8"))
    assert timing["threads"] == 2
    for run, told in zip(timing["runs"], manifest["runs"], strict=True):
        assert (run["scenario"], run["draws"]) == (told["scenario"], told["draws"])
        assert 0 < run["seconds_in_draws"] < run["seconds"]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_seed_gives_the_same_bytes_whatever_the_threads_the_place_and_the_name(written, tmp_path, monkeypatch, threads):
    monkeypatch.chdir(tmp_path)
    result = ask(
        "run", GOOD, "-p", "more", "-n", 20, "--seed", 5, "--threads", threads, "--out", "deep/another name", "--lang", "en"
    )
    assert result.exit_code == 0
    assert lasting("deep/another name") == lasting(written)


def test_another_process_gives_the_same_bytes(written, tmp_path):
    done = process(
        "run", GOOD, "-p", "more", "-n", 20, "--seed", 5, "--out", "there", cwd=tmp_path, PYTHONHASHSEED="77", TZ="Asia/Shanghai"
    )
    assert done.returncode == 0 and no_traceback(done.stderr.decode())
    assert lasting(tmp_path / "there") == lasting(written)


def test_another_seed_gives_other_numbers(written, tmp_path):
    assert ask("run", GOOD, "-p", "more", "-n", 20, "--seed", 6, "--out", tmp_path / "out").exit_code == 0
    assert lasting(tmp_path / "out")["indicators.csv"] != lasting(written)["indicators.csv"]


def test_policies_of_two_files_can_be_compared(tmp_path):
    """Two files with a policy of one name: each is called after its file too."""
    second = tmp_path / "second.yaml"
    second.write_text(f"extends: {GOOD.as_posix()}\nname: second\n", encoding="utf-8")
    result = ask("compare", GOOD, "more", second, "more", "-n", 20, "--lang", "en")
    assert result.exit_code == 0 and "second:more: paired differences" in said(result)


def test_nothing_is_written_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ask("run", GOOD, "-n", 2).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_chances_can_be_switched_off(tmp_path):
    for flags, draws in (
        ([], True),
        (["--fixed-parameters"], True),
        (["--no-process"], False),
        (["--no-process", "--fixed-parameters"], False),
    ):
        out = tmp_path / ("out" + "".join(flags))
        assert ask("run", GOOD, "-n", 4, "--out", out, *flags).exit_code == 0
        (run,) = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["runs"]
        assert (run["draws"] > 0) is draws, flags
        spread = {float(r["sd"]) for r in rows(out, "indicators.csv") if r["sd"]}
        assert (spread == {0.0}) is (len(flags) == 2), flags


# ------------------------------------------------------------------------------------------------------ folders in the way


def unrun(monkeypatch):
    """Make a run a failure of the test: what is refused is refused before anything is computed."""
    from skillsim.analysis import running

    def never(*args, **kwargs):
        raise AssertionError("it was computed")

    monkeypatch.setattr(running, "run", never)


@pytest.mark.parametrize("foreign", ["notes.txt", ".hidden", "manifest.json", "targets.csv", "folder/inner.txt"])
def test_a_folder_of_others_is_refused_before_anything_is_computed(tmp_path, monkeypatch, foreign):
    unrun(monkeypatch)
    (tmp_path / "out" / foreign).parent.mkdir(parents=True)
    (tmp_path / "out" / foreign).write_text("{}")
    result = ask("run", GOOD, "-n", 2, "--out", tmp_path / "out", "--lang", "en")
    assert result.exit_code == 2 and "holds something other than results of the same command" in said(result)
    assert (tmp_path / "out" / foreign).read_text() == "{}" and [p.name for p in tmp_path.iterdir()] == ["out"]


def test_our_results_with_something_of_others_beside_them_are_refused(written, tmp_path, monkeypatch):
    unrun(monkeypatch)
    shutil.copytree(written, tmp_path / "out")
    (tmp_path / "out" / "my notes.docx").write_bytes(b"work of a day")
    before = contents(tmp_path / "out")
    assert ask("run", GOOD, "-n", 2, "--out", tmp_path / "out").exit_code == 2
    assert contents(tmp_path / "out") == before


def test_a_file_in_the_way_is_refused(tmp_path, monkeypatch):
    unrun(monkeypatch)
    (tmp_path / "out").write_text("precious")
    assert ask("run", GOOD, "-n", 2, "--out", tmp_path / "out").exit_code == 2
    assert (tmp_path / "out").read_text() == "precious"


def test_an_empty_folder_is_filled_and_results_of_ours_are_replaced(written, tmp_path):
    (tmp_path / "out").mkdir()
    for seed in (1, 5):
        assert ask("run", GOOD, "-p", "more", "-n", 20, "--seed", seed, "--out", tmp_path / "out").exit_code == 0
    assert lasting(tmp_path / "out") == lasting(written)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_results_of_a_comparison_can_be_replaced(tmp_path):
    for _ in range(2):
        result = ask("compare", GOOD, "more", "-n", 4, "--out", tmp_path / "out")
        assert result.exit_code == 0, said(result)
    assert set(contents(tmp_path / "out")) == FILES | {"differences.csv"}


def test_no_command_replaces_what_another_left(written, tmp_path):
    """Of one command's folders only that command may make new ones: a run's, an analysis's, and another analysis's."""
    assert ask("reproduce", "glove", "--out", tmp_path / "glove").exit_code == 0
    figures = tmp_path / "figures.csv"
    figures.write_text(
        "place,indicator,level,year,value\nA,entrants,secondary,2020,100\nA,enrolment,secondary,2020,290\n", encoding="utf-8"
    )
    shutil.copytree(written, tmp_path / "ran")
    commands = [
        (("run", GOOD, "-n", 2), "ran"), (("reproduce", "alabama"), "glove"), (("backtest", figures), "tested"),
    ]
    assert ask(*commands[2][0], "--out", tmp_path / "tested").exit_code == 0
    for words, own in commands:
        for name in ("ran", "glove", "tested"):
            before = contents(tmp_path / name)
            result = ask(*words, "--out", tmp_path / name, "--lang", "en")
            assert result.exit_code == (0 if name == own else 2), (words, name, said(result))
            if name != own:
                assert "results of the same command" in said(result) and contents(tmp_path / name) == before


def test_tables_of_an_analysis_open_in_excel(tmp_path):
    """Excel reads a CSV without a byte order mark by the machine's own encoding, which in China is not UTF-8."""
    said_of = {"analysis": "test"}
    files.save_tables({"a": pd.DataFrame({"指标": ["留存率"]})}, said_of, tmp_path / "out")
    assert (tmp_path / "out" / "a.csv").read_bytes() == "\ufeff指标\n留存率\n".encode()
    assert pd.read_csv(tmp_path / "out" / "a.csv").columns.tolist() == ["指标"]


def failing(name, error, after=0):
    """Return a stand-in for a function that fails from its ``after``-th call on."""
    real, calls = name, []

    def act(*args, **kwargs):
        calls.append(args)
        if len(calls) > after:
            raise error
        return real(*args, **kwargs)

    return act


FULL = OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "where, after", [("_text", 0), ("_text", 1), ("_text", 2), ("replace", 0), ("replace", 1), ("mkdir", 0), ("scratch", 0)]
)
def test_a_full_disk_leaves_the_old_results(written, tmp_path, monkeypatch, where, after):
    out = tmp_path / "out"
    shutil.copytree(written, out)
    before = contents(out)
    with monkeypatch.context() as patch:
        if where == "_text":
            patch.setattr(files, "_text", failing(files._text, FULL, after))
        elif where == "replace":
            real, tries = os.replace, []

            def stand_in(a, b):
                tries.append(a)
                if len(tries) == after + 1:
                    raise FULL
                real(a, b)

            patch.setattr(files.os, "replace", stand_in)
        elif where == "mkdir":
            patch.setattr(Path, "mkdir", failing(Path.mkdir, FULL))
        else:
            patch.setattr(files.tempfile, "TemporaryDirectory", failing(files.tempfile.TemporaryDirectory, FULL))
        result = ask("run", GOOD, "-n", 2, "--out", out, "--lang", "en")
    assert result.exit_code == 2 and "the disk is full; check its permissions and the disk" in said(result)
    assert contents(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_why_a_folder_cannot_be_written_is_told_in_chinese(tmp_path, monkeypatch):
    monkeypatch.setattr(files.tempfile, "TemporaryDirectory", failing(None, PermissionError(13, "Permission denied")))
    result = ask("run", GOOD, "-n", 2, "--out", tmp_path / "out")
    assert result.exit_code == 2 and "没有权限" in said(result) and "Permission" not in said(result)


def test_a_folder_under_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("precious")
    result = ask("run", GOOD, "-n", 2, "--out", tmp_path / "file" / "out")
    assert result.exit_code == 2 and no_traceback(said(result))
    assert (tmp_path / "file").read_text() == "precious"


def test_a_folder_that_may_not_be_looked_into(tmp_path, monkeypatch):
    unrun(monkeypatch)
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(Path, "iterdir", failing(None, PermissionError(13, "Permission denied")))
    result = ask("run", GOOD, "-n", 2, "--out", tmp_path / "out", "--lang", "en")
    assert result.exit_code == 2 and "permission denied" in said(result)


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a user whom permissions bind"
)
def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    assert ask("run", GOOD, "-n", 2, "--out", tmp_path / "out").exit_code == 2


# ----------------------------------------------------------------------------------------------------- interrupts and faults


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_stops_soon_and_leaves_nothing(written, tmp_path):  # written: the kernels are compiled by then
    words = [sys.executable, "-m", "skillsim", "run", str(SMALL), "-n", "20000", "--out", str(tmp_path / "out"), "--lang", "en"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, start_new_session=True)
    try:
        assert b"institutions" in child.stdout.readline()  # it has read the scenario and begins
        time.sleep(0.5)
        assert child.poll() is None, child.communicate()
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=20)
    finally:
        child.kill()
    assert time.monotonic() - began < 15
    assert child.returncode == 130, err.decode()
    assert "interrupted; nothing was written" in err.decode() and no_traceback(err.decode())
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_writing_leaves_the_old_results(written, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(written, out)
    before = contents(out)
    for name in ("_text", "_exchange"):
        with monkeypatch.context() as patch:
            patch.setattr(files, name, failing(getattr(files, name), KeyboardInterrupt(), after=1 if name == "_text" else 0))
            result = ask("run", GOOD, "-n", 2, "--out", out)
        assert result.exit_code == 130 and "已中断" in said(result)
        assert contents(out) == before and [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("lang, words", [("zh", "程序内部错误"), ("en", "a fault of ours")])
def test_a_fault_of_ours_is_one_sentence_and_a_log(tmp_path, monkeypatch, lang, words):
    from skillsim.analysis import running

    def broken(*args, **kwargs):
        raise ZeroDivisionError("some inner thing")

    monkeypatch.setattr(running, "run", broken)
    monkeypatch.setattr(common.tempfile, "gettempdir", lambda: str(tmp_path))
    result = ask("run", GOOD, "-n", 2, "--out", tmp_path / "out", "--lang", lang)
    assert result.exit_code == 1
    (log,) = tmp_path.iterdir()
    assert log.name.startswith("skillsim-") and "some inner thing" in log.read_text(encoding="utf-8")
    assert words in said(result) and log.stem.removeprefix("skillsim-") in said(result)
    assert no_traceback(said(result)) and "some inner thing" not in said(result)


def test_a_fault_is_told_even_where_no_log_can_be_written(monkeypatch, tmp_path):
    from skillsim.scenario import reader

    monkeypatch.setattr(reader, "read", failing(None, RuntimeError("x")))
    monkeypatch.setattr(common.tempfile, "gettempdir", lambda: str(tmp_path / "missing"))
    result = ask("check", GOOD)
    assert result.exit_code == 1 and no_traceback(said(result))


def test_a_lost_person_is_a_fault_of_ours(monkeypatch, tmp_path):
    from skillsim.analysis import running
    from skillsim.errors import InvariantError

    monkeypatch.setattr(running, "run", failing(None, InvariantError("sve_3", 4, "one too many")))
    monkeypatch.setattr(common.tempfile, "gettempdir", lambda: str(tmp_path))
    assert ask("run", GOOD, "-n", 2).exit_code == 1
    assert "replication 4" in next(tmp_path.iterdir()).read_text(encoding="utf-8")


# --------------------------------------------------------------------------------------------------------------- compare


@pytest.fixture
def twin(tmp_path):
    """The same file under another name."""
    path = tmp_path / "twin.yaml"
    text = GOOD.read_text(encoding="utf-8")
    path.write_text(text.replace("name: good", "name: twin"), encoding="utf-8")
    return path


@pytest.mark.parametrize("lang, words", [("zh", "完全相同"), ("en", "identical")])
def test_identical_scenarios_differ_by_nothing(twin, lang, words):
    result = ask("compare", GOOD, twin, "-n", 20, "--lang", lang)
    assert result.exit_code == 0 and said(result).count(words) == 2


def test_identical_scenarios_differ_by_exactly_nothing_in_every_figure(twin):
    import skillsim as ss

    both = ss.compare(ss.run([ss.load(GOOD), ss.load(twin)], replications=20))
    table, targets = both.table(), both.targets()
    assert (table["difference"].fillna(0) == 0).all() and table["difference"].notna().any()
    assert (table["mcse"].fillna(0) == 0).all()
    assert (
        (targets["difference"] == 0).all()
        and set(targets["verdict"]) == {"same"}
        and (targets["probability_difference"] == 0).all()
    )


def test_a_copy_that_keeps_its_name_must_be_given_another(tmp_path):
    shutil.copy(GOOD, tmp_path / "copy.yaml")
    result = ask("compare", GOOD, tmp_path / "copy.yaml", "-n", 2, "--lang", "en")
    assert result.exit_code == 2 and "two scenarios are both called 'good'; give one another name" in said(result)


def test_policies_are_compared_with_the_file_before_them(tmp_path):
    out = tmp_path / "out"
    result = ask("compare", GOOD, "more", "more+subsidy", "-n", 20, "--out", out, "--lang", "en")
    assert result.exit_code == 0, said(result)
    assert "paired differences from A good file" in said(result)
    runs = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["runs"]
    assert [r["policies"] for r in runs] == [[], ["more"], ["more", "subsidy"]]
    share = [r for r in rows(out, "differences.csv") if r["target"] == "share"]
    assert all(float(r["difference"]) > 0 and r["verdict"] == "higher" for r in share) and len(share) == 2


def test_the_baseline_can_be_any_of_them(twin, tmp_path):
    def differences(*words):
        out = tmp_path / "out"
        result = ask("compare", GOOD, "more", *words, "-n", 4, "--out", out)
        assert result.exit_code == 0, said(result)
        return {(r["scenario"], r["target"]): float(r["difference"]) for r in rows(out, "differences.csv")}

    forth, back = differences(), differences("--baseline", "more")
    assert set(forth) == {("more", "stay"), ("more", "share")} and set(back) == {("good", "stay"), ("good", "share")}
    assert forth["more", "share"] == -back["good", "share"] != 0
    assert differences("--baseline", GOOD) == differences("--baseline", "good") == forth


def test_an_unknown_baseline_is_refused_before_anything_is_computed(monkeypatch):
    unrun(monkeypatch)
    result = ask("compare", GOOD, "more", "-n", 2, "--baseline", "mroe", "--lang", "en")
    assert result.exit_code == 2 and "no scenario is called 'mroe' for the baseline; nearest: more" in said(result)


def test_one_item_alone_is_a_run():
    assert ask("compare", GOOD, "-n", 2).exit_code == 0


def test_targets_that_ask_different_things_are_not_set_against_each_other(tmp_path):
    """A second file asks the same code in another year: no difference is shown, and why is said."""
    second = tmp_path / "second.yaml"
    goal = "title: {zh: 甲, en: goal}, clause: c, indicator: headcount, direction: at_least, value: 1"
    first = tmp_path / "first.yaml"
    for path, year in ((first, 2027), (second, 2028)):
        text = f"extends: {GOOD.as_posix()}\nname: {path.stem}\ntargets:\n  goal: {{{goal}, year: {year}}}\n"
        path.write_text(text, encoding="utf-8")
    assert ask("compare", first, second, "-n", 20, "--out", tmp_path / "out").exit_code == 0
    row = next(r for r in rows(tmp_path / "out", "differences.csv") if r["target"] == "goal")
    assert row["verdict"] == "other_question" and row["difference"] == "" and row["low"] == ""
