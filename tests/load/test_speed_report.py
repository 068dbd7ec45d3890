"""The comparison with stock, from canned figures; and its customers, small, at our real server. Nothing is timed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import yaml

from tests.load.speed import measures
from tests.load.speed.crowd import ARRIVE_SECONDS, Crowd, Window, together
from tests.load.speed.customers import BOOKED, CANCELLED, TOO_LONG, Line, line_to, visit
from tests.load.speed.figures import QUICK, Figures, Load, Mixed, Second, Size, TooLong, read_figures
from tests.load.speed.plot import draw, smooth
from tests.load.speed.project import CONFIG, StockProject, _alone, _forget_all_but
from tests.load.speed.report import Row, notes, rows, table
from tests.load.speed.servers import Running
from tests.server import RunningServer, free_port

SIZE = Size()
MIXED = [(100.0 * second, 300.0) for second in range(60)]


def figures(times: float = 1.0, memory: float = 300.0, **more: Load) -> Figures:
    """A side that takes `times` as long as ten milliseconds."""
    turn = 0.01 * times
    one = Load(100 / times, turn, 4 * turn, 0, 9, [memory], [memory])
    return Figures(
        SIZE,
        "a machine",
        questions=["首付要多少"],
        starts=[4 * times],
        early=[turn] * 5,
        turns=[turn * (1 + at / 1000) for at in range(500)],
        booking_turns=[2 * turn] * 7,
        booked=10,
        loads={"1 worker": one, **more},
        second=Second(turn, turn),
        too_long=TooLong(turn, 2 * turn, turn),
        mixed=Mixed(60, 0, list(MIXED)),
    )


def row(name: str, ours: Figures, stock: Figures) -> Row:
    found = [one for one in rows(ours, stock) if one.measure.startswith(name)]
    assert len(found) == 1
    return found[0]


def test_a_ratio_is_stock_over_ours() -> None:
    faster = row("FAQ turn", figures(), figures(5))

    assert faster.ratio == pytest.approx(5)
    assert (faster.ours, faster.stock, faster.reached) == ("10.0 ms", "50.0 ms", True)
    assert row("FAQ turn", figures(), figures(4.9)).reached is False


def test_messages_per_second_are_compared_with_the_best_way_to_run_stock() -> None:
    two = Load(200, 0.01, 0.04, 0, 9, [300, 300], [250, 250])
    best = Load(25, 0.1, 0.3, 0, 9, [1200], [1200])

    ours, stock = figures(two_workers=two), figures(10, two_workers=best)

    assert row("messages per second, 50 customers, 1 worker", ours, stock).ratio == pytest.approx(4)
    assert row("messages per second, 50 customers, two_workers", ours, stock).reached is True
    assert row("99th percentile", ours, stock).ratio == pytest.approx(7.5)


def test_an_aim_in_two_parts_needs_both() -> None:
    assert row("warm start", figures(), figures(5)).reached is True
    assert row("warm start", figures(2), figures(20)).reached is False  # a fifth of stock's, but 8 s
    assert row("resident memory", figures(memory=300), figures(memory=1200)).reached is True
    assert row("resident memory", figures(memory=330), figures(memory=1500)).reached is False


def test_a_conversation_that_time_cut_off_is_said_to_be_one() -> None:
    stock = figures(30)
    stock.turns = stock.turns[:200]

    assert "(stock: 200)" in row("the same at turn 500", figures(), stock).measure
    assert "stopped at turn 200" in notes(figures(), stock, stock_is_kept=False)


def test_kept_figures_are_marked() -> None:
    assert "STOCK=cached" in notes(figures(), figures(5), stock_is_kept=True)
    assert "STOCK=cached" not in notes(figures(), figures(5), stock_is_kept=False)


def test_the_slope_is_that_of_the_second_half() -> None:
    growing = Mixed(60, 0, [(1000.0 * second, 300.0 + max(0, second - 30)) for second in range(61)])

    assert growing.slope == pytest.approx(1.0)
    assert growing.per_hour == pytest.approx(3600)
    assert row("memory per 1,000", replace(figures(), mixed=growing), figures()).reached is False
    assert row("memory per 1,000", figures(), figures()).reached is True


def test_the_table_has_a_line_for_every_aim(tmp_path: Path) -> None:
    lines = table(rows(figures(two=Load(1, 1, 1, 0, 9, [1], [1])), figures(5))).splitlines()

    assert {line.count("|") for line in lines} == {7}
    assert len(lines) == 2 + 13


def test_figures_outlive_their_file(tmp_path: Path) -> None:
    figures().save(tmp_path / "figures.json")

    kept = read_figures(tmp_path / "figures.json")

    assert rows(kept, kept) == rows(figures(), figures())


def test_the_plot_has_words_and_both_curves(tmp_path: Path) -> None:
    draw(tmp_path / "plot.svg", figures().turns, figures(20).turns[:120])

    svg = (tmp_path / "plot.svg").read_text("utf-8")
    assert "turn of the conversation" in svg
    assert "Zhanting" in svg
    assert "stock Rasa" in svg
    assert len(svg) < 60_000


def test_a_curve_is_made_of_medians() -> None:
    places, times = smooth([0.001, 0.9, 0.002] * 50)

    assert len(places) == 50
    assert set(times) == {2.0}
    assert places[:2] == [2, 5]


def test_stock_is_what_rasa_writes_with_chinese_and_two_epochs() -> None:
    """Its defaults for a project without a pipeline, as installed."""
    import rasa.engine.recipes.config_files as files

    text = (Path(next(iter(files.__path__))) / "default_config.yml").read_text("utf-8")
    text = text.replace("epochs: 100", "epochs: 2").replace("WhitespaceTokenizer", "JiebaTokenizer")
    theirs, ours = yaml.safe_load(text), yaml.safe_load(CONFIG)

    assert ours == {**theirs, "language": "zh", "assistant_id": "stock"}


async def test_customers_book_cancel_ask_and_chat(server: RunningServer) -> None:
    async with line_to(server.url, reads_sentences=True) as line:
        said = [answer.text async for answer in visit(line, "speed-visitor", 1, ["首付要多少"])]

    assert sum(BOOKED in text for text in said) == 1
    assert sum(CANCELLED in text for text in said) == 1
    assert sum("首付" in text for text in said) == 4
    assert (line.sent, line.failed) == (len(said), 0)


async def test_measures_of_a_running_server(server: RunningServer) -> None:
    size = replace(QUICK, turns=12, short_conversations=1, seconds_of_others=0.2)
    async with line_to(server.url, reads_sentences=True) as line:
        asked = await measures.understood(line, {"首付要多少": "最低首付比例", "你好": "最低首付比例"})
        early = await measures.early_turns(line, asked, size)
        turns = await measures.long_conversation(line, asked, size)
        _, booked = await measures.booking_turns(line, size)
        refusal = await line.say("speed-too-long", TOO_LONG)

    assert asked == ["首付要多少"]
    assert (len(early), len(turns), booked) == (5, 12, 1)
    assert "太长" in refusal.text
    assert line.failed == 0


async def test_what_is_refused_counts_as_failed(server: RunningServer) -> None:
    async with line_to(server.url, reads_sentences=True) as line:
        answer = await line.say("", "你好")

    assert (answer.text, line.sent, line.failed) == ("", 1, 1)


async def test_a_server_that_never_answers_counts_as_failed() -> None:
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(60), "127.0.0.1", 0)
    host, port = silent.sockets[0].getsockname()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
        line = Line(f"http://{host}:{port}", session, reads_sentences=True)
        answer = await line.say("somebody", "你好")
    silent.close()

    assert (answer.text, line.sent, line.failed) == ("", 1, 1)


async def test_what_failed_is_no_throughput() -> None:
    size = replace(QUICK, customers=2, warm_seconds=0, load_seconds=0.1)
    async with line_to(f"http://127.0.0.1:{free_port()}", reads_sentences=True) as line:
        crowd = Crowd(line, ["首付要多少"], size.customers)
        found = await crowd.window(size)
        await crowd.leave()

    assert (found.per_second, found.booked) == (0, 0)
    assert found.failed > 0


async def test_nobody_writes_while_another_server_has_its_turn(server: RunningServer) -> None:
    size = replace(QUICK, customers=4, warm_seconds=0, load_seconds=ARRIVE_SECONDS)
    async with line_to(server.url, reads_sentences=True) as line:
        crowd = Crowd(line, ["首付要多少"], size.customers)
        first = await crowd.window(size)
        sent = line.sent
        await asyncio.sleep(0.3)
        paused = line.sent
        second = await crowd.window(size)
        await crowd.leave()

    assert (
        paused == sent
    )  # and all that was sent is answered: nothing of it is left to do in the others' turn
    assert line.sent > sent
    assert (first.failed, second.failed) == (0, 0)
    assert first.answered
    assert second.answered


def test_rounds_make_one_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Running, "rss", lambda self: [300.0])
    monkeypatch.setattr(Running, "pss", lambda self: [200.0])
    rounds = [Window(2, [0.1] * times, failed=1, booked=2) for times in (100, 80, 300)]

    found = together(rounds, Running.__new__(Running))

    assert (found.per_second, found.windows) == (50, [50, 40, 150])
    assert (found.failed, found.booked, found.median, found.rss) == (3, 6, 0.1, [300.0])
    assert "| 50, 40.0, 150 |" in notes(figures(two=found), figures(5), stock_is_kept=False)


def test_stock_is_trained_once_and_its_older_projects_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHANTING_HOME", str(tmp_path))
    older = tmp_path / "eval-cache" / "stock-project-older"
    older.mkdir(parents=True)
    trained: list[Path] = []

    def train(project: StockProject) -> None:
        trained.append(project.folder)
        project.model.parent.mkdir()
        project.model.touch()

    monkeypatch.setattr(StockProject, "_train", train)
    told: list[str] = []
    StockProject().train(told.append)
    StockProject().train(told.append)

    assert len(trained) == len(told) == 1
    assert "min" in told[0]
    assert not older.exists()


def test_a_project_that_another_process_trains_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHANTING_HOME", str(tmp_path))
    busy = tmp_path / "eval-cache" / "stock-project-busy"
    with _alone(busy, waiting=False):
        _forget_all_but(tmp_path / "eval-cache" / "stock-project-own")
        assert busy.exists()
    _forget_all_but(tmp_path / "eval-cache" / "stock-project-own")
    assert not busy.exists()
