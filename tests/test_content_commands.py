"""``python -m bot faq`` and ``replies`` as somebody at the terminal meets them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.commands.tables import table
from tests.installations import filled_database
from tests.server import run_bot

pytestmark = pytest.mark.slow
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command in this process, on an installation of its own."""
    database, _ = filled_database(tmp_path)
    database.close()
    Path(database.url.removeprefix("sqlite:///")).rename(tmp_path / "zhanting.db")
    monkeypatch.setenv("ZHANTING_HOME", str(tmp_path))
    monkeypatch.setattr("bot.commands.content.prepare", lambda *_, **__: None)
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.reconfigure", lambda **_: None, raising=False)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_the_life_of_an_answer(run: Run) -> None:
    assert (
        "store.hours  第 2 版 已发布（li）"
        in run("faq", "edit", "store.hours", "--answer", "新", "--author", "li")[1]
    )
    assert "没有变化" in run("faq", "edit", "store.hours", "--answer", "新")[1]
    assert "第 3 版 存为草稿" in run("faq", "edit", "store.hours", "--title", "几点开", "--draft")[1]
    listed = run("faq", "list", "--status", "waiting")[1]
    assert "共 1 条" in listed
    assert "草稿第 3 版" in listed
    diff = run("faq", "diff", "store.hours")[1]
    assert "-标题：营业时间" in diff
    assert "+标题：几点开" in diff
    assert "第 3 版" not in run("faq", "diff", "store.hours", "1", "2")[1]
    assert "已发布  3" in run("faq", "approve", "store.hours")[1]
    assert "已发布  4" in run("faq", "rollback", "store.hours", "1")[1]
    assert "已停用  5" in run("faq", "retire", "store.hours")[1]
    assert "已发布  6" in run("faq", "restore", "store.hours")[1]
    history = run("faq", "history", "store.hours")[1].splitlines()
    assert [line.split()[0] for line in history[2:8]] == ["6", "5", "4", "3", "2", "1"]
    assert "营业时间" in run("faq", "show", "store.hours")[1]


def test_fields_of_an_edit(run: Run, tmp_path: Path) -> None:
    (tmp_path / "answer.txt").write_bytes("\ufeff两\r\n行\r\n".encode())
    edit = ("faq", "edit", "store.hours")
    assert (
        run(*edit, "--file", str(tmp_path / "answer.txt"), "--question", "啥时候开", "--question", "开了没")[
            0
        ]
        == 0
    )
    assert run(*edit, "--remove-question", "开了没", "--button", "电话 -> store.phone")[0] == 0
    planned = run(
        *edit, "--answer", "元旦", "--valid-from", "2030-01-01 09:00", "--valid-until", "2030-01-03"
    )[1]
    assert "从 2030-01-01 09:00 到 2030-01-03 00:00" in planned
    shown = run("faq", "show", "store.hours")[1]
    for part in ("  两\n  行", "问法：啥时候开", "按钮：电话 -> store.phone", "+生效：2030-01-01 09:00"):
        assert part in shown
    assert "开了没" not in shown
    replies = ("replies", "edit", "utter_thank")
    assert run(*replies, "--text", "不谢", "--channel", "wechat=微信不谢")[0] == 0
    assert "渠道 wechat：\n  微信不谢" in run("replies", "show", "utter_thank")[1]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("faq", "show", "no.where"), "no faq entry no.where"),
        (("faq", "edit", "store.hours"), "nothing to change"),
        (("faq", "edit", "store.hours", "--answer", "{x}"), "unknown variable {x}（没有变量 {x}）"),
        (("faq", "edit", "store.hours", "--answer", "x", "--seen", "9"), "at version 1 now, not 9"),
        (
            ("faq", "edit", "store.hours", "--answer", "x", "--valid-from", "soon"),
            "--valid-from must be a time",
        ),
        (("faq", "edit", "store.hours", "--button", "去"), "--button must be like"),
        (("faq", "edit", "store.hours", "--file", "/no/such/file"), "cannot be read"),
        (("faq", "edit", "store.hours", "--answer", "x", "--author", " "), "--author"),
        (("faq", "approve", "store.hours"), "no such draft"),
        (("faq", "rollback", "store.hours", "9"), "no version 9"),
        (("faq", "diff", "store.hours"), "one version only"),
        (("faq", "import", "/no/such/file.xlsx"), "cannot be read"),
        (("faq", "import", __file__), "must end with .yml or .xlsx"),
        (("faq", "export", "/no/such/folder/faq.yml"), "cannot be written"),
        (("replies", "export", "replies.xlsx"), "must end with .yml"),
        (("replies", "edit", "utter_nope", "--text", "x"), "no template entry utter_nope"),
        (("replies", "edit", "utter_thank", "--channel", "wechat"), "--channel must be like"),
        (("replies", "retire", "utter_technical_problem"), "cannot be retired"),
    ],
)
def test_a_mistake_is_one_clear_line(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    code, out, err = run(*arguments)

    assert (code, out) == (1, "")
    assert err.startswith("zhanting: ")
    assert problem in err
    assert err.count("\n") == 1


def test_what_is_hardly_meant_is_done_with_a_warning(run: Run) -> None:
    piano = ("faq", "edit", "store.piano")
    assert "注意：主题“琴”没有问法" in run(*piano, "--title", "琴", "--answer", "有。")[1]
    assert "注意" not in run(*piano, "--question", "能弹琴吗")[1]
    told = run("faq", "edit", "store.hours", "--question", "能弹琴吗？")[1]
    assert "注意：问法“能弹琴吗？”已经属于主题 store.piano（琴）" in told
    assert "注意：对话还会用到 utter_thank" in run("replies", "retire", "utter_thank")[1]
    assert "注意" not in run("faq", "retire", "store.piano")[1]


def test_an_old_draft_needs_force(run: Run) -> None:
    run("faq", "edit", "store.hours", "--answer", "草稿", "--draft")
    run("faq", "edit", "store.hours", "--answer", "新")
    code, out, err = run("faq", "approve", "store.hours")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "version 3 of faq store.hours was published after draft 2" in err
    assert "已发布  4" in run("faq", "approve", "store.hours", "--force")[1]


def test_export_and_import(run: Run, tmp_path: Path) -> None:
    for name in ("faq.xlsx", "faq.yml"):
        assert "已导出 147 条" in run("faq", "export", str(tmp_path / name))[1]
        assert run("faq", "import", str(tmp_path / name))[1].strip() == "没有变化 147 条"
    file = tmp_path / "replies.yml"
    run("replies", "export", str(file))
    file.write_text(file.read_text("utf-8").replace("不客气，还有什么可以帮您？", "不谢"), "utf-8")
    assert "草稿 1 条：utter_thank" in run("replies", "import", str(file), "--draft")[1]


def test_a_refused_import_lists_every_fault(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "faq.yml"
    file.write_text(
        "entries:\n- {id: a.b, title: 一, answer: '{x}'}\n- {id: store.hours, answer: ''}\n", "utf-8"
    )
    code, out, err = run("faq", "import", str(file))

    assert (code, out) == (1, "")
    assert err.splitlines()[1:] == ["第 1 条（a.b）：没有变量 {x}", "第 2 条（store.hours）：答案是空的"]


def test_a_new_home_is_filled_first_and_nothing_else_is_printed(tmp_path: Path) -> None:
    done = run_bot(tmp_path / "home", "faq", "list", "--search", "生日")

    assert (done.returncode, done.stderr) == (0, "")
    assert "member.birthday" in done.stdout


def test_chinese_takes_two_columns() -> None:
    shown = io.StringIO(
        table(("id", "标题", "x"), [("a", "营业时间", "1"), ("bcd", "停", "2" * 90)], 20)
    ).readlines()

    assert shown[0] == "id   标题      x\n"
    assert shown[2] == "a    营业时间  1\n"
    assert shown[3] == "bcd  停        " + "2" * 19 + "…"
