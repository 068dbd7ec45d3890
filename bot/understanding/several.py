"""Several requests in one message: "想约周六试驾X5，顺便问下首付多少".

The first component cuts such a message into parts, which then pass through the whole pipeline beside it; the last one
reads what became of them. A message with one request is cut into nothing and costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.understanding.decision import DECISION_KEY, DecisionKind
from bot.understanding.intents import COMMAND_PREFIX, FAQ_INTENT
from bot.understanding.topics import FAQ_KEY

ALSO_KEY = "also"
LONGEST, MOST_PARTS = 150, 4
"""A longer message is a story; its parts are no requests."""
SURE = 0.8
"""A part is a request when its intent, or its question with the topic, has this confidence."""
KNOWN_TO_THE_WHOLE = 0.01
"""The share of a part's topic in the whole message, where only a comma makes it a part."""

DIALOGUES = frozenset(
    {
        "book_test_drive",
        "book_service",
        "check_booking",
        "change_booking",
        "cancel_booking",
        "ask_service_due",
        "ask_warranty_status",
        "report_breakdown",
        "complain",
        "ask_human",
        "sign_up_event",
        "trade_in",
    }
)
FIRST = ("report_breakdown", "complain", "ask_human")
"""What is acted upon before anything else that was said; the others in the order in which they were said."""
ONE_WISH = (frozenset({"check_booking", "change_booking", "cancel_booking"}),)
"""Of these, a message means only one, however many it names (别取消，只是改期)."""
ANSWERED_BY_DOING = {
    "book_test_drive": ("service.", "booking."),
    "book_service": ("drive.", "booking."),
    "check_booking": ("booking.", "privacy."),
    "change_booking": ("booking.",),
    "cancel_booking": ("booking.", "privacy."),
    "ask_service_due": ("service.interval", "service.reminder"),
    "ask_warranty_status": ("warranty.",),
    "sign_up_event": ("member.events",),
    "trade_in": ("used.", "price.trade_in_bonus"),
}
"""Topics that a part seems to be about only because the dialogue itself is spoken of."""

_JOINT = "还有|顺便|顺带|另外|对了|此外|再就是|然后|再帮我|还想|还要|以及"
_SENTENCE = re.compile(
    rf"[。！？!?；;\n]+|然后(?=顺便|顺带|再把|再给)|[，,\s]+(?=(?:{_JOINT})(?!吗|么|没))|(?=(?:顺便|顺带|另外)(?:再?问|再?帮|我|还|想|把|给)|还有就是)"
)
_CLAUSE = re.compile(r"[，,]+|\s+(?=[\u4e00-\u9fff])")
_LEADING_JOINT = re.compile(rf"^(?:{_JOINT}|[，,。\s])+")
_REQUEST = re.compile(
    r"[吗么啥谁咋几]|多少|多久|多长|怎么|哪|什么|有没有|是不是|能不能|[想要帮能约]|可以|麻烦|取消|改到|换成|投诉|人工"
    r"|转接|查|试驾|保养|呢$|抛锚|救援|拖车|事故|爆胎|趴窝|撞|冒烟|起火|坏在|坏路上|打不着"
)
_BOOK = re.compile(r"^(?:预?约|安排)|[能想要帮给](?:[^，,]{0,6}[^没已有，,])?约|可以[^，,]{0,4}约")
_QUESTION = re.compile(
    r"[吗么啥谁咋几?？]|多少|多久|多长|多大|怎么|哪|什么|([有是能要可])[没不]\1|可不可以|问|呢$"
)


@dataclass(frozen=True)
class Request:
    """A dialogue that is wanted, or a question whose topic is clear."""

    intent: str
    confidence: float
    topic: str | None = None
    text: str = ""
    """The part of the message, without the word that joins it."""

    @property
    def wish(self) -> str:
        """Two requests with the same wish are one."""
        return self.topic or self.intent


def parts_of(text: str) -> tuple[list[str], bool]:
    """The parts of a message that may be requests of their own, and whether they are sentences; none if not two.

    Sentences end with a mark or begin with 还有, 顺便 and the like. Clauses, between commas, are looked at where there
    is but one sentence. What asks for nothing belongs to the part before it, or at the beginning to the first one.
    """
    if len(text) > LONGEST or text.startswith(COMMAND_PREFIX):
        return [], False
    for boundary, are_sentences in ((_SENTENCE, True), (_CLAUSE, False)):
        parts = _joined([_LEADING_JOINT.sub("", piece).strip() for piece in boundary.split(text)])
        if len(parts) > 1:
            return (parts if len(parts) <= MOST_PARTS else []), are_sentences
    return [], False


def _joined(pieces: list[str]) -> list[str]:
    parts: list[str] = []
    asks = True
    for piece in pieces:
        wants = len(piece) > 1 and _REQUEST.search(piece) is not None
        if parts and not (wants and asks):
            parts[-1] = f"{parts[-1]}，{piece}" if piece else parts[-1]
            asks = asks or wants
        elif piece:
            parts.append(piece)
            asks = wants
    return parts


def request_of(parse: Mapping[str, Any]) -> Request | None:
    """What a part, as the pipeline understood it, asks for with certainty."""
    intent, faq, decision = parse.get(INTENT) or {}, parse.get(FAQ_KEY), parse.get(DECISION_KEY) or {}
    name, confidence = str(intent.get("name")), float(intent.get("confidence") or 0)
    text = str(parse.get(TEXT) or "")
    if confidence < SURE:
        return None
    if decision.get("kind") == DecisionKind.ANSWER.value and faq:
        return Request(FAQ_INTENT, confidence, faq["id"], text)
    if decision.get("kind") == DecisionKind.DIALOGUE.value and name in DIALOGUES:
        return Request(name, confidence, None, text)
    return None


def combine(requests: list[Request]) -> tuple[Request, list[Request]] | None:
    """Of sentences with requests: the one to act upon and the others, each wish once; None when there are not two."""
    distinct = list({request.wish: request for request in reversed(requests)}.values())[::-1]
    dialogues = [request for request in distinct if request.topic is None]
    urgent = [request for name in FIRST for request in dialogues if request.intent == name]
    chosen = [*urgent, *dialogues, *distinct][0]
    others = [request for request in distinct if _is_another(request, chosen)]
    return (chosen, others) if others else None


def beside(whole: Mapping[str, Any], requests: list[Request]) -> tuple[Request, list[Request]] | None:
    """Of clauses: a dialogue that the whole message wants, with the questions in it. A clause that asks for a booking
    in so many words wants it even where the whole was taken for its question.
    """
    dialogues = [request for request in requests if request.topic is None]
    questions = [request for request in requests if request.topic is not None]
    faq = whole.get(FAQ_KEY) or {}
    if faq.get("id") not in {request.topic for request in questions}:
        return None  # out of its sentence, a clause may mean something else (约保养，多少钱)
    known = {entry["id"]: entry["score"] for entry in faq["ranking"]}
    name = (whole.get(INTENT) or {}).get("name")
    if name == FAQ_INTENT:
        dialogues = [request for request in dialogues if _BOOK.search(request.text)]
    else:
        dialogues = [request for request in dialogues if request.intent == name]
    others = [
        request
        for request in questions
        if dialogues
        and _is_another(request, dialogues[0])
        and known.get(str(request.topic), 0.0) >= KNOWN_TO_THE_WHOLE
    ]
    return (dialogues[0], others) if others else None


def _is_another(request: Request, chosen: Request) -> bool:
    if request.wish == chosen.wish or any({request.intent, chosen.intent} <= wishes for wishes in ONE_WISH):
        return False
    return not (request.topic or "").startswith(ANSWERED_BY_DOING.get(chosen.intent, ("-",)))


def _asks(part: Message) -> bool:
    """A question of the FAQ asks something, and not only whether a time suits."""
    if (part.get(INTENT) or {}).get("name") != FAQ_INTENT:
        return True
    has_time = any(entity["entity"] == "time" for entity in part.get(ENTITIES) or ())
    return not has_time and _QUESTION.search(part.get(TEXT)) is not None


class _Component(GraphComponent):
    """Without settings and without training."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Component:
        return cls()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class PartsMaker(_Component):
    """Puts the parts of a message behind it, as messages of their own. First in the pipeline."""

    def process(self, messages: list[Message]) -> list[Message]:
        [message] = messages
        parts, _ = parts_of(message.get(TEXT) or "")
        return [message, *(Message({TEXT: part}) for part in parts)]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class PartsReader(_Component):
    """Takes the parts away again. Two requests among them: the first to act upon becomes the message's, and `also`
    [{"intent", "topic", "text"}] names the others. Last in the pipeline.
    """

    def process(self, messages: list[Message]) -> list[Message]:
        whole, *parts = messages
        requests = [request for part in parts if (request := request_of(part.data)) and _asks(part)]
        if len(requests) < 2:
            return [whole]
        _, are_sentences = parts_of(whole.get(TEXT))
        found = combine(requests) if are_sentences else beside(whole.data, requests)
        if found is not None:
            chosen, others = found
            _take(whole, chosen)
            also = [{"intent": each.intent, "topic": each.topic, "text": each.text} for each in others]
            whole.set(ALSO_KEY, also, add_to_output=True)
        return [whole]


def _take(message: Message, request: Request) -> None:
    """Decide for the request as if it had been said alone; a message so understood already stays as it is."""
    kind = DecisionKind.ANSWER if request.topic else DecisionKind.DIALOGUE
    decision, faq = message.get(DECISION_KEY) or {}, message.get(FAQ_KEY) or {}
    same = (message.get(INTENT) or {}).get("name") == request.intent and decision.get("kind") == kind.value
    if same and (request.topic is None or faq.get("id") == request.topic):
        return
    message.set(INTENT, {"name": request.intent, "confidence": request.confidence}, add_to_output=True)
    if request.topic:
        others = [topic for topic in decision.get("suggestions") or () if topic != request.topic]
        decision = {**decision, "suggestions": [request.topic, *others][:3]}
        found = {"id": request.topic, "score": request.confidence}
        message.set(FAQ_KEY, {**found, "ranking": [found]}, add_to_output=True)
    message.set(DECISION_KEY, {**decision, "kind": kind.value}, add_to_output=True)
