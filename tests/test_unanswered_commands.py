"""``python -m bot unanswered`` as somebody at the terminal meets it."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.clock import TIME_ZONE
from bot.commands.examples import add_example
from bot.domain.errors import Conflict, NotFound
from bot.services import unanswered
from bot.services.content import listing
from bot.services.content.snapshot import ContentStore
from bot.services.unanswered import Heard, Kind
from bot.settings import ROOT
from bot.store.database import Database
from tests.installations import filled_database
from tests.server import run_bot

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
PARKING = "store.parking"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with little training data."""
    for name in ("nlu/greet.yml", "nlu/faq/store.yml", "validation/faq.yml"):
        (tmp_path / "root/data" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "data" / name, tmp_path / "root/data" / name)
    return tmp_path / "root"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    filled, _ = filled_database(tmp_path)
    filled.close()
    Path(filled.url.removeprefix("sqlite:///")).rename(tmp_path / "zhanting.db")
    opened = Database(f"sqlite:///{tmp_path / 'zhanting.db'}")
    candidates, intents = [{"id": PARKING, "score": 0.31}], [{"name": "faq", "confidence": 0.42}]
    for seq, text in enumerate(["房车能停吗？", "房车能停吗", "我的电话13812345678，浙A12345"], start=1):
        heard = Heard("abc", seq, Kind.FALLBACK, text, candidates, intents)
        unanswered.record(opened, heard, NOW.replace(minute=seq))
    yield opened
    opened.close()


@pytest.fixture
def run(
    database: Database,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """A command in this process, on an installation and training data of its own."""
    monkeypatch.setenv("ZHANTING_HOME", str(tmp_path))
    monkeypatch.setattr("bot.commands.unanswered_list.ROOT", root)
    monkeypatch.setattr("bot.commands.unanswered_list.prepare", lambda *_, **__: None)
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.reconfigure", lambda **_: None, raising=False)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(["unanswered", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_the_list(run: Run) -> None:
    code, out, err = run("list")

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["编号", "客户的话", "次数", "原因", "最接近", "状态", "最近一次"]
    assert lines[2].split() == ["2", "房车能停吗", "2", "没听懂", PARKING, "待处理", "2026-11-22", "10:02"]
    assert "我的电话〔手机号〕，〔车牌〕" in lines[3]
    assert "13812345678" not in out
    assert lines[-1] == "共 2 条"
    assert run("list", "--limit", "1")[1].endswith("共 1 条\n")
    assert run("list", "--since", "2026-11-22 10:03")[1].endswith("共 1 条\n")
    assert run("list", "--state", "resolved")[1].endswith("共 0 条\n")


def test_one_in_full(run: Run) -> None:
    out = run("show", "2")[1]

    assert "没听懂  待处理  2 次" in out
    assert "会话 abc，第 2 条" in out
    assert "0.31  store.parking（停车）" in out
    assert "0.42  faq" in out


def test_a_sentence_becomes_a_question_of_the_faq(run: Run, database: Database) -> None:
    code, out, _ = run("to-faq", "2", PARKING, "--author", "li")

    assert (code, out) == (0, f"{PARKING} 新增问法“房车能停吗”，立即生效\n")
    assert ContentStore(database).current().faq[PARKING].questions == ("房车能停吗",)
    newest = listing.history(database, "faq", PARKING)[0]
    assert (newest.author, newest.note) == ("li", "未答清单 2")
    assert run("list")[1].endswith("共 1 条\n")
    assert "处理：li，faq store.parking" in run("show", "1")[1]
    run("to-faq", "1", PARKING)
    assert listing.history(database, "faq", PARKING)[0].number == newest.number


@pytest.mark.parametrize(("target", "file"), [(PARKING, "nlu/faq/store.yml"), ("greet", "nlu/greet.yml")])
def test_a_sentence_becomes_a_training_example(run: Run, root: Path, target: str, file: str) -> None:
    code, out, _ = run("to-example", "2", target)

    assert code == 0
    assert f"data/{file} 新增一条训练语料“房车能停吗”" in out
    assert "训练" in out
    before = (ROOT / "data" / file).read_text("utf-8").splitlines()
    after = (root / "data" / file).read_text("utf-8").splitlines()
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert changed == ["+       - 房车能停吗"]
    block = after[: after.index("      - 房车能停吗")]
    assert target in "\n".join(line for line in block if "topic" in line or "intent" in line).splitlines()[-1]


def test_words_in_the_place_of_masked_ones(run: Run, root: Path, database: Database) -> None:
    assert run("to-example", "3", "greet", "--text", "我的车到了没？")[0] == 0
    assert "- 我的车到了没\n" in (root / "data/nlu/greet.yml").read_text("utf-8")
    assert run("to-faq", "3", PARKING, "--question", "牌照怎么登记")[0] == 0
    assert ContentStore(database).current().faq[PARKING].questions == ("牌照怎么登记",)


def test_a_question_that_another_topic_has_is_taken_with_a_warning(run: Run) -> None:
    run("to-faq", "2", "store.hours")
    code, out, _ = run("to-faq", "2", PARKING)

    assert code == 0
    assert "注意：问法“房车能停吗”已经属于主题 store.hours" in out


def test_ignoring(run: Run) -> None:
    assert "已忽略 2 条" in run("ignore", "1")[1]
    assert run("list")[1].endswith("共 1 条\n")
    assert "房车能停吗" in run("list", "--state", "ignored")[1]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("show", "99"), "nothing unanswered has the number 99"),
        (("ignore", "99"), "nothing unanswered has the number 99"),
        (("to-faq", "2", "store.nowhere"), "store.nowhere"),
        (("to-example", "2", "nowhere"), "is called nowhere"),
        (("to-faq", "3", PARKING), "〔手机号〕 stands for masked data"),
        (("to-example", "3", "greet"), "--text"),
        (("list", "--since", "gestern"), "--since must be"),
        (("to-faq", "2", PARKING, "--author", " "), "--author must have"),
    ],
)
def test_a_mistake_is_one_line(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    code, out, err = run(*arguments)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert problem in err
    assert run("list")[1].endswith("共 2 条\n")


@pytest.mark.parametrize("known", ["停车要钱不", "停车 要钱不？", "停車要錢不"])
def test_no_example_twice(root: Path, known: str) -> None:
    with pytest.raises(Conflict, match=r"data/(nlu|validation)/.* has this sentence already"):
        add_example(known, "greet", root)


def test_an_example_is_never_read_as_marks_of_rasa(root: Path) -> None:
    path = add_example("[点我](http://x.example) {topic}\n/greet", "greet", root)

    assert "      - 点我 http://x.example topic /greet\n" in (root / path).read_text("utf-8")


def test_a_target_without_examples(root: Path) -> None:
    with pytest.raises(NotFound):
        add_example("啦啦啦", "book_test_drive", root)


@pytest.mark.slow
def test_an_error_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = run_bot(tmp_path / "home", "unanswered", "show", "1")

    assert done.returncode == 1
    assert done.stderr == "zhanting: nothing unanswered has the number 1\n"
