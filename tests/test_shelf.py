"""Named scenarios in a folder: names, revisions, two editors at once, and failures of the disk."""

import errno
import multiprocessing
import os
import sys
import unicodedata
from datetime import UTC, datetime

import pytest

from helpers_scenario import told_well
from skillsim.errors import ScenarioError
from skillsim.scenario import shelf as module
from skillsim.scenario.reader import MAX_BYTES, read
from skillsim.scenario.shelf import MOST_NAMES, Conflict, Shelf, checked

TEXT = "extends: small\nname: mine\n"


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    return Shelf(folder)


def refused(ask, code):
    with pytest.raises(ScenarioError) as caught:
        ask()
    assert [p.code for p in caught.value.problems] == [code]
    for lang in ("zh", "en"):
        assert told_well(caught.value.text(lang)) and "{" not in caught.value.text(lang)
    return caught.value


def files(shelf):
    return sorted(p.name for p in shelf.folder.iterdir() if p.name != ".lock")


def test_what_is_saved_can_be_opened(shelf):
    kept = shelf.save("高方案 2", TEXT, None, "王工，教育局")
    assert shelf.names() == ["高方案 2"] and shelf.open("高方案 2") == kept
    assert (kept.name, kept.text, kept.note) == ("高方案 2", TEXT, "王工，教育局")
    os.utime(shelf.folder / "高方案 2.yaml", (86_400, 86_400))
    assert shelf.open("高方案 2").saved_at == datetime(1970, 1, 2, tzinfo=UTC)
    assert read(shelf.folder / "高方案 2.yaml").name == "mine"  # an ordinary scenario file


@pytest.mark.parametrize(
    "text", ["", "a\r\nb\r", '# skillsim-note "x', "# skillsim-note 5\nname: a\n", "衢州 🙂\n" * 1000, "\ufeffname: a"]
)
def test_a_text_comes_back_as_it_was(shelf, text):
    assert shelf.save("a", text, None).text == text
    for note in ("", "who", 'a "quoted" line\nand another'):
        assert shelf.save("a", text, shelf.open("a").revision, note).note == note
        assert shelf.open("a").text == text


def test_a_revision_stands_for_what_is_there(shelf):
    first = shelf.save("a", TEXT, None)
    second = shelf.save("a", TEXT + "# more\n", first.revision)
    assert second.revision != first.revision and len(second.revision) == 16
    assert shelf.save("a", TEXT, second.revision).revision == first.revision


# ------------------------------------------------------------------------------------------------------------------- conflicts


def test_two_editors_never_overwrite_each_other_in_silence(shelf):
    opened = shelf.save("a", TEXT, None, "甲")
    theirs = shelf.save("a", TEXT + "# theirs\n", opened.revision, "乙")
    error = refused(lambda: shelf.save("a", TEXT + "# mine\n", opened.revision, "甲"), "shelf_conflict")
    assert isinstance(error, Conflict) and error.kept == theirs == shelf.open("a")
    assert "乙" in error.text("zh") and "乙" in error.text("en")
    assert shelf.save("a", "mine", error.kept.revision).text == "mine"  # on purpose
    error = refused(lambda: shelf.save("a", TEXT, None), "shelf_conflict")  # thought to be new
    assert "未注明" in error.text("zh") and "not stated" in error.text("en")


def test_what_was_removed_meanwhile_is_told(shelf):
    opened = shelf.save("a", TEXT, None)
    refused(lambda: shelf.remove("a", "0" * 16), "shelf_conflict")
    shelf.remove("a", opened.revision)
    assert shelf.names() == [] and files(shelf) == []
    for ask in (lambda: shelf.save("a", TEXT, opened.revision), lambda: shelf.remove("a", opened.revision)):
        assert refused(ask, "shelf_gone").kept is None
    shelf.save("b", TEXT, None)
    refused(lambda: shelf.open("a"), "shelf_missing")


def race(folder, who, ready, out):
    """Add fifty lines, one a save; take what is there after each conflict."""
    shelf, told = Shelf(folder), 0
    ready.wait()
    for i in range(50):
        base = shelf.open("a")
        while True:
            try:
                shelf.save("a", base.text + f"{who} {i}\n", base.revision, who)
                break
            except Conflict as conflict:
                told += 1
                base = conflict.kept
    out.put(told)


def test_two_processes_at_once_lose_nothing(shelf):
    shelf.save("a", "", None)
    context = multiprocessing.get_context("spawn")
    ready, out = context.Barrier(2), context.Queue()
    both = [context.Process(target=race, args=(shelf.folder, who, ready, out)) for who in ("x", "y")]
    for one in both:
        one.start()
    told = [out.get(timeout=120) for _ in both]
    for one in both:
        one.join(timeout=30)
        assert one.exitcode == 0
    lines = shelf.open("a").text.split("\n")[:-1]
    assert sorted(lines) == sorted(f"{who} {i}" for who in "xy" for i in range(50))
    for who in "xy":  # each in its own order
        assert [line for line in lines if line.startswith(who)] == [f"{who} {i}" for i in range(50)]
    assert sum(told) > 0, "they never met, so that nothing was tried"
    assert files(shelf) == ["a.yaml"]


def test_a_folder_that_is_held_is_told(shelf, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with shelf._alone():
        refused(lambda: Shelf(shelf.folder).save("a", TEXT, None), "shelf_busy")
        assert Shelf(shelf.folder).names() == []  # reading waits for nobody
    assert shelf.save("a", TEXT, None).text == TEXT


# ----------------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name", ["a", "甲", "衢州（高方案）", "v1.2", "a b", "a-b_c", "《十五五》方案·2", "ⅷ", "x" * 60, "console", "com", "é"]
)
def test_names_that_are_fine(shelf, name):
    shelf.save(name, TEXT, None)
    assert shelf.names() == [name] and shelf.open(name).text == TEXT


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "../a",
        "a/b",
        "a\\b",
        "/a",
        "a/../b",
        ".a",
        "a.",
        " a",
        "a ",
        "a:b",
        "a*",
        "a?",
        'a"',
        "a<b",
        "a|b",
        "x" * 61,
        "CON",
        "con",
        "nul.x",
        "Com1",
        "lpt9.tar",
        "a\0b",
        "a\nb",
        "a\tb",
        "\u202ea",
        "a\u200bb",
        "~a",
        "$a",
        "C:a",
        "a\u2028b",
        "\ud800",
        "．．/a",
        "CON .x",
    ],
)
def test_names_that_are_none(shelf, name):
    for ask in (lambda: shelf.save(name, TEXT, None), lambda: shelf.open(name), lambda: shelf.remove(name, "0")):
        refused(ask, "shelf_name")
    assert list(shelf.folder.iterdir()) == [] and [p.name for p in shelf.folder.parent.iterdir()] == ["kept"]


def test_one_name_in_two_forms_is_one(shelf):
    apart = unicodedata.normalize("NFD", "é")
    assert apart != "é" and checked(apart) == "é"
    shelf.save(apart, TEXT, None)
    assert shelf.open("é").text == TEXT and shelf.names() == ["é"]


def test_names_that_differ_in_case_only_are_refused(shelf):
    shelf.save("Plan A", TEXT, None)
    error = refused(lambda: shelf.save("plan a", TEXT, None), "shelf_clash")
    assert "Plan A" in error.text("en") and files(shelf) == ["Plan A.yaml"]


def test_an_unknown_name_tells_the_nearest(shelf):
    shelf.save("高方案", TEXT, None)
    assert "高方案" in refused(lambda: shelf.open("高方安"), "shelf_missing").text("zh")


def test_other_files_are_no_scenarios_and_links_are_not_followed(shelf):
    outside = shelf.folder.parent / "outside.yaml"
    outside.write_text("secret", encoding="utf-8")
    for other in ("a.txt", ".hidden.yaml", "CON.yaml", "b.yaml.tmp"):
        (shelf.folder / other).write_text("x", encoding="utf-8")
    (shelf.folder / "folder.yaml").mkdir()
    if sys.platform != "win32":
        (shelf.folder / "link.yaml").symlink_to(outside)
        refused(lambda: shelf.open("link"), "shelf_missing")
        os.mkfifo(shelf.folder / "pipe.yaml")
        refused(lambda: shelf.open("pipe"), "shelf_missing")  # and waits for nobody
        assert shelf.save("link", TEXT, None).text == TEXT  # takes the link's place
        assert outside.read_text(encoding="utf-8") == "secret"
        shelf.remove("link", shelf.open("link").revision)
    assert shelf.names() == []


def test_bounds(shelf, monkeypatch):
    refused(lambda: shelf.save("a", "x" * (MAX_BYTES + 1), None), "file_large")
    refused(lambda: shelf.save("a", "\ud800", None), "text_control")
    shelf.save("a", "x" * MAX_BYTES, None)
    (shelf.folder / "b.yaml").write_bytes(b"x" * (MAX_BYTES + 1))
    refused(lambda: shelf.open("b"), "file_large")
    (shelf.folder / "b.yaml").write_bytes("衢州".encode("gb18030"))
    refused(lambda: shelf.open("b"), "file_unreadable")
    assert MOST_NAMES == 2_000
    monkeypatch.setattr(module, "MOST_NAMES", 2)
    refused(lambda: shelf.save("c", TEXT, None), "shelf_full")
    shelf.save("a", TEXT, shelf.open("a").revision)  # an old name is not a new one


# ------------------------------------------------------------------------------------------------------- failures of the disk


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_save_that_fails_leaves_what_was_there(shelf, monkeypatch, step, number):
    first = shelf.save("a", TEXT, None)

    def fail(*_):
        raise OSError(number, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        for name, revision in (("a", first.revision), ("b", None)):
            refused(lambda name=name, revision=revision: shelf.save(name, "other", revision), "out_unwritable")
    assert files(shelf) == ["a.yaml"] and shelf.open("a") == first
    assert shelf.save("a", "other", first.revision).text == "other"


def killed(folder):
    """Die between writing and putting in place, with the lock held."""
    os.replace = lambda *_: os._exit(9)
    shelf = Shelf(folder)
    shelf.save("a", "half", shelf.open("a").revision)


def test_a_save_that_is_killed_leaves_what_was_there(shelf):
    first = shelf.save("a", TEXT, None)
    process = multiprocessing.get_context("spawn").Process(target=killed, args=(shelf.folder,))
    process.start()
    process.join(timeout=60)
    assert process.exitcode == 9
    assert shelf.names() == ["a"] and shelf.open("a") == first
    assert shelf.save("a", "next", first.revision).text == "next"  # the lock died with its holder


def test_a_folder_that_is_missing_or_no_folder(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for folder, why in ((tmp_path / "none", "文件夹不存在"), (tmp_path / "file", "不是文件夹")):
        shelf = Shelf(folder)
        assert why in refused(shelf.names, "file_unreadable").text("zh")
        refused(lambda shelf=shelf: shelf.open("a"), "file_unreadable")
        assert why in refused(lambda shelf=shelf: shelf.save("a", TEXT, None), "out_unwritable").text("zh")
        refused(lambda shelf=shelf: shelf.remove("a", "0"), "out_unwritable")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_vanishes(shelf):
    kept = shelf.save("a", TEXT, None)
    shelf.folder.rename(shelf.folder.with_name("gone"))
    refused(lambda: shelf.open("a"), "file_unreadable")
    refused(lambda: shelf.save("a", TEXT, kept.revision), "out_unwritable")


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do anything")
def test_a_folder_without_permission(shelf):
    shelf.folder.chmod(0o500)
    try:
        assert "没有权限" in refused(lambda: shelf.save("a", TEXT, None), "out_unwritable").text("zh")
    finally:
        shelf.folder.chmod(0o700)


def test_a_file_that_may_not_be_read(shelf, monkeypatch):
    shelf.save("a", TEXT, None)

    def fail(*_, **__):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(type(shelf.folder), "open", fail)
    assert "没有权限" in refused(lambda: shelf.open("a"), "file_unreadable").text("zh")


@pytest.mark.parametrize(
    "wish, there, found",
    [
        ("方案", [], "方案"), ("方案", ["方案"], "方案 2"), ("方案", ["方案", "方案 2", "方案 4"], "方案 3"),
        ("Plan", ["plan"], "Plan 2"),  # on some disks both are one file
        ("plan (1)", [], "plan 1"), ("plan (1)", ["plan 1"], "plan 1 2"), ("../out", [], "out"), ("  a  b. ", [], "a b"),
        ("**x**", [], "x"), ("()", [], "1"), ("", ["1"], "1 2"), ("x" * 99, [], "x" * 55),
        ("x" * 99, ["x" * 55], "x" * 55 + " 2"),
        ("e\u0301", [], "\u00e9"),
    ],
)
def test_a_free_name_is_one_that_can_be_saved(shelf, wish, there, found):
    kept = [shelf.save(name, TEXT, None) for name in there]
    assert shelf.free(wish) == found
    assert shelf.save(shelf.free(wish), "other", None).name == found
    assert [shelf.open(one.name) for one in kept] == kept


@pytest.mark.parametrize("wish", ["=1+1", ".hidden", "-", "a\x00b", "a/b", "\U0001f642", "con.x", "NUL (1)"])
def test_any_wish_gives_a_name_that_can_be_saved(shelf, wish):
    assert shelf.save(shelf.free(wish), TEXT, None).text == TEXT
