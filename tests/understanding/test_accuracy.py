"""Gates on sentences that nobody trained on. They stand two points below what was reached when they were set."""

from __future__ import annotations

import pytest

from tests.understanding.evaluate import Measures, Pipeline, held_out_cases, training_data

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def measures() -> Measures:
    found = Measures()
    found.add(held_out_cases(), Pipeline(training_data()))
    print(found.report())
    return found


def test_every_intent_and_topic_is_measured(measures: Measures) -> None:
    trained = training_data().intent_examples
    inside = {"inform", "back_to_bot"}
    assert {case.intent for case, _ in measures.results} >= {e.get("intent") for e in trained} - inside


def test_intents(measures: Measures) -> None:
    assert measures.intent >= 0.885


def test_topics(measures: Measures) -> None:
    assert measures.topic(1) >= 0.845
    assert measures.topic(3) >= 0.955


def test_a_wrong_answer_is_rare(measures: Measures) -> None:
    assert measures.confident_wrong <= 0.05


def test_out_of_scope_is_not_answered(measures: Measures) -> None:
    assert measures.outside_answered <= 0.055
