"""`make eval` on a tenth of the data, and its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.understanding.evaluation.designs import Comparison
from tests.understanding.evaluation.findings import (
    CURVE,
    UNSEEN,
    VALIDATION,
    Data,
    Findings,
    System,
    how_far_apart,
    rank_plainly,
)
from tests.understanding.evaluation.measures import (
    Rate,
    expected_calibration_error,
    macro_f1,
    metric_names,
    reliability,
)
from tests.understanding.evaluation.ours import train_on
from tests.understanding.evaluation.plots import draw_all
from tests.understanding.evaluation.predictions import Prediction, of_stock, predict
from tests.understanding.evaluation.report import BEGIN, END, PAGE, generated_part, report, write_into
from tests.understanding.evaluation.rows import (
    ROOT,
    Row,
    as_rasa,
    fifth_apart,
    halves,
    sample,
    training_rows,
    validation_rows,
)
from tests.understanding.evaluation.stock import StockModels

TOPICS = ("store.hours", "store.parking", "price.loan", "warranty.basics")


def test_interval() -> None:
    assert Rate(92, 100).interval == pytest.approx((0.850, 0.959), abs=0.001)
    assert Rate(0, 10).interval[0] == 0
    assert str(Rate(1, 2)) == "50.0 % (9.5–90.5)"


def test_macro_f1_counts_every_label_alike() -> None:
    assert macro_f1(["a", "a", "b"], ["a", "a", "a"]) == pytest.approx(0.4)


def test_calibration_error() -> None:
    pairs = [
        (Row("", "greet"), Prediction("greet", 0.9, "dialogue", ())),
        (Row("", "greet"), Prediction("deny", 0.9, "dialogue", ())),
        (Row("", "greet"), Prediction("nlu_fallback", 0.2, "fallback", ())),
    ]
    bins = reliability(pairs)
    assert [(found.right.hits, found.right.of) for found in bins] == [(1, 2)]
    assert expected_calibration_error(bins) == pytest.approx(0.4)


def test_larger_samples_hold_the_smaller() -> None:
    rows = training_rows()
    small, large = sample(rows, 5), sample(rows, 15)
    assert set(small) < set(large) < set(rows)
    questions = [row for row in large if row.topic]
    assert len(questions) <= 15 * len({row.topic for row in rows if row.topic})
    share = (len(large) - len(questions)) / sum(row.topic is None for row in rows)
    assert share == pytest.approx(len(questions) / sum(row.topic is not None for row in rows), rel=0.1)


def test_parts_of_a_sample() -> None:
    rows = [row for row in training_rows() if row.topic in TOPICS or row.intent == "greet"]
    for one, other in (halves(rows), fifth_apart(rows)):
        assert {row.label for row in one} == {row.label for row in other} == {row.label for row in rows}
        assert not set(one) & set(other)
        assert len(one) + len(other) == len(rows)


def test_stock_gets_topics_as_retrieval_intents() -> None:
    assert "faq/store.hours" in as_rasa([Row("几点开门", "faq", "store.hours")], retrieval=True)


def test_what_stock_says() -> None:
    selector = {"ranking": [{"intent_response_key": "faq/store.hours", "confidence": 0.5}]}
    parse = {"intent": {"name": "faq", "confidence": 0.8}, "response_selector": {"all": [], "faq": selector}}
    assert of_stock(parse) == Prediction("faq", 0.4, "answer", ("store.hours",))
    parse["intent"] = {"name": "nlu_fallback", "confidence": 0.3}
    assert of_stock(parse).decision == "fallback"


def test_stock_is_trained_again_when_the_data_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZHANTING_HOME", str(tmp_path))
    rows = [Row("你好", "greet"), Row("再见", "goodbye")]
    assert StockModels(rows).key == StockModels(rows[::-1]).key != StockModels(rows[:1]).key
    assert not StockModels(rows).is_trained


def test_page_is_complete() -> None:
    page, generated = PAGE.read_text("utf-8"), generated_part(PAGE)
    assert [name for name in metric_names() if name not in generated] == []
    assert "`make eval`" in page
    assert "`make eval STOCK=cached`" in page
    pictures = re.findall(r"\]\((images/[\w.-]+)\)", page)
    assert pictures
    assert [name for name in pictures if not (PAGE.parent / name).is_file()] == []
    assert re.search(r"^eval:.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.slow
def test_whole_evaluation_in_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All parts but the stock configuration."""
    monkeypatch.setenv("ZHANTING_HOME", str(tmp_path))
    data = _small_data()
    run = predict("ours", train_on(data.training, data.measured[VALIDATION]), data.unseen_texts)
    pairs = data.unseen_pairs(run.predictions)[UNSEEN]
    ours = System("ours", {UNSEEN: pairs, VALIDATION: pairs}, run, 1.0)
    comparison = Comparison(data.training, data.measured, lambda line: None)
    findings = Findings(
        data=data,
        ours=ours,
        curve=dict.fromkeys(CURVE, ours),
        plain=rank_plainly(data),
        stock={},
        differing=0,
        stock_of_sample={},
        times={"given": (Rate(1, 2), Rate(0, 1))},
        tried={"intents": comparison.intents(), "topics": comparison.topics()},
        apart=how_far_apart(data),
        far_pairs=ours.pairs[UNSEEN],
    )
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nfigures of before\n{END}\nafter\n", "utf-8")
    write_into(page, report(findings, draw_all(findings, tmp_path)))
    assert [name for name in metric_names() if name not in generated_part(page)] == []
    assert "of before" not in generated_part(page)
    assert "stock: no cached result" in generated_part(page)
    assert len(list(tmp_path.glob("understanding-*.svg"))) == 2


def _small_data() -> Data:
    def few(rows: list[Row]) -> list[Row]:
        return [row for row in sample(rows, 8) if row.topic is None or row.topic in TOPICS]

    return Data(few(training_rows()), {VALIDATION: few(validation_rows()), UNSEEN: few(validation_rows())})
