"""The components one by one, on a handful of sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.decision import DecisionKind, Thresholds, contract_decision, decide
from bot.understanding.decision_maker import DecisionMaker
from bot.understanding.extractor import load_lexicon, use_lexicon
from bot.understanding.intents import SCORES_KEY, NgramIntentClassifier, is_validation, topic_of
from bot.understanding.live import Synonyms, use_content
from bot.understanding.spelling import Spelling
from bot.understanding.text import Vectoriser, features, normalise, pinyin, words
from bot.understanding.topics import FaqTopicRetriever

QUESTIONS = {
    "store.hours": ["你们几点开门", "几点关门", "营业时间", "周末几点上班", "晚上八点还开着吗"],
    "price.loan": ["可以贷款吗", "能不能分期", "分期怎么办理", "贷款要什么手续", "支持按揭吗"],
    "store.parking": ["有停车场吗", "停车收费吗", "车停哪里", "停车位多不多", "来店里好停车吗"],
}
SENTENCES = {
    "book_test_drive": ["我想试驾", "帮我约个试驾", "周六想试驾X5", "能安排试驾吗", "试驾预约一下"],
    "greet": ["你好", "您好", "在吗", "早上好", "哈喽"],
    "affirm": ["好的", "可以的", "是的", "嗯", "没问题"],
}


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("預約 試駕", "预约试驾"),
        ("  ＳＵＶ　有没有7座 ", "suv有没有7座"),
        ("打我电话 138-1234-5678!!!", "打我电话P!"),
        ("电话+8613812345678", "电话P"),
        ("浙A·D1001的预约", "L的预约"),
        ("浙AF30303", "L"),
        ("跑了32000公里,3.2万", "跑了N公里,N万"),
        ("10:30可以吗???", "T可以吗?"),
        ("x 5多少钱", "x5多少钱"),
        ("好的[微笑]😀", "好的"),
        ("😀👍", ""),
        ("。。。？？", ""),
        ("", ""),
    ],
)
def test_normalise(text: str, normal: str) -> None:
    assert normalise(text) == normal


@settings(deadline=None)  # the first call loads tables
@given(st.text())
def test_normalise_takes_any_text_and_settles(text: str) -> None:
    features(normalise(text))
    assert normalise(text) == "" or any(character.isalnum() for character in normalise(text))


def test_words_and_pinyin_go_together() -> None:
    assert words("4s店试驾suv") == ["4s", "店", "试", "驾", "suv"]
    assert pinyin("质宝") == pinyin("质保") == ["zhi", "bao"]
    assert pinyin("baoyang价格") == ["bao", "yang", "jia", "ge"]
    assert pinyin("carplay") == ["carplay"]


def test_homophones_share_features() -> None:
    assert set(features("试架")) & set(features("试驾")) >= {"psi", "pjia", "qsi jia"}


def test_strange_words_shorten_what_is_known() -> None:
    plain, careful = Vectoriser(min_documents=1), Vectoriser(min_documents=1, count_strange=True)
    for vectoriser in (plain, careful):
        vectoriser.fit(["可以贷款吗", "几点开门"])
    known, mixed = "可以贷款吗", "可以带猫咪坐飞船吗"
    lengths = {
        text: [float((v.vector(text)[1] ** 2).sum()) for v in (plain, careful)] for text in (known, mixed)
    }
    assert lengths[known] == pytest.approx([1, 1])
    assert lengths[mixed][0] == pytest.approx(1)
    assert lengths[mixed][1] < 0.5


def test_topic_comes_from_the_metadata_of_the_intent() -> None:
    assert topic_of(_example("faq", "几点开门", "store.hours")) == "store.hours"
    assert topic_of(_example("greet", "你好")) is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("想约试驾", "book_test_drive"),
        ("你好啊", "greet"),
        ("几点开门啊", "faq"),
        ("可以分期付款吗", "faq"),
        ("試架", "book_test_drive"),
    ],
)
def test_classifier_ranks_intents(pipeline: list[Any], text: str, intent: str) -> None:
    parse = _parse(pipeline, text)
    assert parse["intent_ranking"][0]["name"] == intent
    confidences = [entry["confidence"] for entry in parse["intent_ranking"]]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "topic"),
    [("开门时间", "store.hours"), ("能贷款不", "price.loan"), ("停车要钱吗", "store.parking")],
)
def test_retriever_ranks_topics(pipeline: list[Any], text: str, topic: str) -> None:
    faq = _parse(pipeline, text)["faq"]
    assert faq["id"] == topic == faq["ranking"][0]["id"]
    assert faq["score"] == faq["ranking"][0]["score"]
    assert len(faq["ranking"]) == 3


def _content(faq: dict[str, tuple[str, ...]], synonyms: dict[str, tuple[str, ...]] | None = None) -> Any:
    """A snapshot with these topics and their questions; a topic's title is its id."""
    entries = {topic: SimpleNamespace(title=topic, questions=questions) for topic, questions in faq.items()}
    nothing: tuple[Any, ...] = ()
    dealership = SimpleNamespace(models=nothing, stores=nothing, services=nothing)
    return SimpleNamespace(faq=entries, synonyms=synonyms or {}, dealership=dealership)


@pytest.fixture(autouse=True)
def _alone() -> None:
    """The trained model without the content of an earlier test of this process."""
    use_content(None)
    use_lexicon(load_lexicon)


@pytest.fixture
def live() -> Iterator[Callable[[Any], None]]:
    """Makes a snapshot the present content, until the test ends."""
    yield lambda content: use_content(lambda: content)
    use_content(None)
    use_lexicon(load_lexicon)


TOPICS: dict[str, tuple[str, ...]] = dict.fromkeys(QUESTIONS, ())


def test_a_question_added_to_a_topic_counts_at_once(pipeline: list[Any], live: Any) -> None:
    text = "铁公鸡能少付点不"
    assert _parse(pipeline, text)["faq"]["score"] < 0.9
    live(_content({**TOPICS, "price.loan": ("铁公鸡怎么少付点",)}))
    found = _parse(pipeline, text)
    assert (found["faq"]["id"], found["intent_ranking"][0]["name"]) == ("price.loan", "faq")
    live(_content(TOPICS))
    assert _parse(pipeline, text)["faq"]["score"] < found["faq"]["score"]


def test_a_new_topic_is_found_by_words_that_training_never_saw(pipeline: list[Any], live: Any) -> None:
    questions = ("狗狗能进展厅吗", "带宠物来行不行", "猫咪可以跟着来吗")
    live(_content({**TOPICS, "store.pets": questions}))
    parse = _parse(pipeline, "宠物狗能带来吗")
    assert (parse["faq"]["id"], parse["intent_ranking"][0]["name"]) == ("store.pets", "faq")
    assert _parse(pipeline, "能贷款不")["faq"]["id"] == "price.loan"


def test_a_retired_topic_is_neither_found_nor_replaced_by_the_next_best(
    pipeline: list[Any], live: Any
) -> None:
    live(_content({topic: () for topic in TOPICS if topic != "price.loan"}))
    faq = _parse(pipeline, "能贷款不")["faq"]
    assert "price.loan" not in [entry["id"] for entry in faq["ranking"]]
    assert faq["score"] < 0.2


def test_synonyms_speak_for_the_word_of_the_faq(pipeline: list[Any], live: Any) -> None:
    before = _parse(pipeline, "能赊账不")["faq"]["ranking"]
    live(_content(TOPICS, {"贷款": ("赊账", "赊")}))
    after = _parse(pipeline, "能赊账不")["faq"]
    assert after["id"] == "price.loan"
    assert after["score"] > next(entry["score"] for entry in before if entry["id"] == "price.loan")


def test_the_longest_synonym_is_replaced() -> None:
    assert Synonyms({"贷款": ("赊", "赊账"), "保养": ("養護",)}).rewrite("赊账还是养护") == "贷款还是保养"
    assert Synonyms({}).rewrite("原样") == "原样"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("想试架一下", "想试驾一下"),
        ("我要试驾", "我要试驾"),  # right
        ("带宠物来", "带宠物来"),  # nothing sounds like it
        ("是假的吗", "是假的吗"),  # 是假 sounds like 试驾; but 假的 is a pair that is often written
        ("a1 驾", "a1 驾"),
        ("", ""),
    ],
)
def test_homophones_are_mended_from_what_training_writes(typed: str, meant: str) -> None:
    spelling = Spelling.learn(["我要试驾", "试驾一下", "想试驾", "试驾预约", "试驾X5"] + ["真的假的"] * 5)
    assert spelling.mend(typed) == meant


def test_validation_sentences_are_judged_by_a_model_that_does_not_know_them(tmp_path: Path) -> None:
    examples = [_example(intent, text) for intent, texts in SENTENCES.items() for text in texts]
    apart = Message({"text": "您好您好", "intent": "greet", "metadata": {"intent": {"use": "validation"}}})
    assert is_validation(apart)
    assert not is_validation(examples[0])
    data = TrainingData([*examples, apart])
    classifier = _trained(data, tmp_path)[0]
    classifier.process_training_data(data)
    known = classifier.process([Message.build("您好您好")])[0].get(SCORES_KEY)
    assert known.best.max() > apart.get(SCORES_KEY).best.max() + 0.1


def test_nothing_to_learn_topics_from(tmp_path: Path) -> None:
    examples = [_example(intent, text) for intent, texts in SENTENCES.items() for text in texts]
    pipeline = _trained(TrainingData(examples), tmp_path)
    parse = _parse(pipeline, "你好")
    assert parse.get("faq") is None
    assert parse["intent_ranking"][0]["name"] == "greet"


@pytest.mark.parametrize("text", ["", "   ", "？？？", "😀"])
def test_without_words_nothing_is_understood(pipeline: list[Any], text: str) -> None:
    parse = _parse(pipeline, text)
    assert parse["decision"] == {"kind": "fallback", "suggestions": []}
    assert parse["intent"]["name"] == "nlu_fallback"


def test_payloads_are_left_alone(pipeline: list[Any]) -> None:
    assert _parse(pipeline, "/book_test_drive") == {"text": "/book_test_drive"}


THRESHOLDS = Thresholds(dialogue=0.35, outside=0.5, question=0.4, answer=0.6, clarify=0.1)


@pytest.mark.parametrize(
    ("intents", "topic", "kind", "suggestions"),
    [
        ({"faq": 0.9, "greet": 0.1}, 0.9, DecisionKind.ANSWER, ("a", "b", "c")),
        ({"faq": 0.9, "greet": 0.1}, 0.3, DecisionKind.CLARIFY, ("a", "b", "c")),
        ({"faq": 0.9, "greet": 0.1}, 0.05, DecisionKind.FALLBACK, ()),
        ({"greet": 0.5, "faq": 0.45}, 0.9, DecisionKind.DIALOGUE, ()),
        ({"greet": 0.3, "faq": 0.25}, 0.9, DecisionKind.FALLBACK, ()),
        ({"out_of_scope": 0.45, "faq": 0.42}, 0.9, DecisionKind.CLARIFY, ("a", "b", "c")),
        ({"out_of_scope": 0.55, "faq": 0.42}, 0.9, DecisionKind.DIALOGUE, ()),
        ({"greet": 0.3}, None, DecisionKind.FALLBACK, ()),
        ({"faq": 0.9}, None, DecisionKind.FALLBACK, ()),
    ],
)
def test_decision(
    intents: dict[str, float], topic: float | None, kind: DecisionKind, suggestions: tuple[str, ...]
) -> None:
    ranking = [{"name": name, "confidence": confidence} for name, confidence in intents.items()]
    faq = {"id": "a", "score": topic, "ranking": [{"id": name} for name in "abcde"]} if topic else None
    decision = decide(ranking, faq, THRESHOLDS)
    assert (decision.kind, decision.suggestions) == (kind, suggestions)


def test_the_intent_agrees_with_the_decision() -> None:
    ranking = [{"name": "faq", "confidence": 0.9}]
    message = Message.build("几点开门")
    message.set("intent_ranking", ranking)
    message.set("faq", {"id": "a", "score": 0.9, "ranking": [{"id": "a", "score": 0.9}]})
    parse = _decider().process([message])[0].as_dict(only_output_properties=True)
    assert parse["intent"] == {"name": "faq", "confidence": pytest.approx(0.81)}


@pytest.mark.parametrize(
    ("intent", "kind", "expected"),
    [
        ("affirm", "dialogue", "fallback"),
        ("inform", "dialogue", "fallback"),
        ("greet", "dialogue", "dialogue"),
    ],
)
def test_contract_has_no_dialogue_to_answer_in_a_first_message(intent: str, kind: str, expected: str) -> None:
    parse = {
        "intent": {"name": intent, "confidence": 0.8},
        "decision": {"kind": kind, "suggestions": []},
        "faq": None,
    }
    told = contract_decision(parse)
    assert told == {"intent": intent, "confidence": 0.8, "faq": None, "suggestions": [], "decision": expected}


def test_contract_names_the_likeliest_intent_where_nothing_is_acted_upon() -> None:
    parse = {
        "intent": {"name": "nlu_fallback", "confidence": 0.3},
        "intent_ranking": [{"name": "complain", "confidence": 0.3}, {"name": "faq", "confidence": 0.2}],
        "decision": {"kind": "fallback", "suggestions": []},
    }
    told = contract_decision(parse)
    assert (told["intent"], told["confidence"], told["decision"]) == ("complain", 0.3, "fallback")


def test_contract_of_an_answer() -> None:
    faq = {"id": "a", "score": 0.9, "ranking": [{"id": "a", "score": 0.9}]}
    decision = {"kind": "answer", "suggestions": ["a"]}
    told = contract_decision({"intent": {"name": "faq", "confidence": 0.8}, "decision": decision, "faq": faq})
    assert told["faq"] == {"id": "a", "score": 0.9}
    assert (told["decision"], told["suggestions"]) == ("answer", ["a"])


@pytest.mark.parametrize("parse", [{}, {"intent": {"name": None, "confidence": 0.0}}])
def test_contract_of_what_no_component_read(parse: dict[str, Any]) -> None:
    told = contract_decision(parse)
    assert (told["intent"], told["confidence"], told["decision"]) == ("nlu_fallback", 0.0, "fallback")


@pytest.fixture
def pipeline(tmp_path: Path) -> list[Any]:
    examples = [_example(intent, text) for intent, texts in SENTENCES.items() for text in texts]
    examples += [_example("faq", text, topic) for topic, texts in QUESTIONS.items() for text in texts]
    return _trained(TrainingData(examples), tmp_path)


def _trained(data: TrainingData, directory: Path) -> list[Any]:
    """Both trainable components, read back from storage, and the decision."""
    storage = LocalModelStorage.create(directory)
    components = []
    for component in (NgramIntentClassifier, FaqTopicRetriever):
        arguments = component.get_default_config(), storage, Resource(component.__name__), _context()
        component.create(*arguments).train(data)
        components.append(component.load(*arguments))
    return [*components, _decider()]


def _decider() -> DecisionMaker:
    return DecisionMaker(THRESHOLDS, None, None)  # type: ignore[arg-type]


def _parse(pipeline: list[Any], text: str) -> dict[str, Any]:
    messages = [Message.build(text)]
    for component in pipeline:
        messages = component.process(messages)
    return dict(messages[0].as_dict(only_output_properties=True))


def _example(intent: str, text: str, topic: str | None = None) -> Message:
    metadata = {"metadata": {"intent": {"topic": topic}}} if topic else {}
    return Message({"text": text, "intent": intent, **metadata})


def _context() -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), node_name="component")
