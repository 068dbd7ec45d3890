"""The figures of a message beside the plain way to work them out: a product with the matrix of all known sentences."""

from __future__ import annotations

import numpy as np
import pytest

from bot.understanding import sentences
from bot.understanding.sentences import NEIGHBOURS, SentenceModel
from bot.understanding.text import normalise

KNOWN = [
    ("hours", "你们几点开门"),
    ("hours", "周末几点开门"),
    ("hours", "晚上几点关门"),
    ("hours", "国庆开门吗"),
    ("range", "续航多少公里"),
    ("range", "冬天续航多少"),
    ("charging", "充电要多久"),
    ("charging", "充满电要几个小时"),
]


@pytest.fixture(params=[0, 32])
def model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SentenceModel:
    """With and without weights that are kept ready, as each feature is frequent or rare."""
    monkeypatch.setattr(sentences, "FREQUENT", request.param)
    trained = SentenceModel.train(KNOWN)
    return trained.with_sentences([("new", "可以开发票吗"), ("hours", "春节几点开门")])


@pytest.mark.parametrize(
    "text",
    [
        "几点开门",
        "你们周末几点开门呢",
        "发票怎么开",
        "续航",
        "多",
        "qqq",
        "",
        "？",
        "续航多少公里续航多少公里",
    ],
)
def test_scores_are_those_of_the_product_with_all_known_sentences(model: SentenceModel, text: str) -> None:
    vectoriser = model.vectoriser
    row = vectoriser.row(vectoriser.vector(model.spelling.mend(normalise(text))))
    cosines = (row @ model.known).toarray()[0]
    scores = model.scores(text)
    assert np.allclose(scores.linear, cosines @ model.dual + model.bias, atol=1e-5)
    for at, label in enumerate(model.labels):
        own = np.sort(cosines[model.label_of == at])[::-1]
        assert scores.best[at] == pytest.approx(own[0], abs=1e-6), label
        if at < model.trained:
            assert scores.several[at] == pytest.approx(own[:NEIGHBOURS].sum() / NEIGHBOURS, abs=1e-6), label
