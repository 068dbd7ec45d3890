"""What every action is built on: one customer's turn, and an action that does not block the others."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import (
    advice_words,
    contact_words,
    context,
    event_answers,
    handoff_answers,
    notice_answers,
    privacy_words,
    referral_words,
    resumption,
    several,
)
from bot import clock
from bot.services import consents
from bot.services.calendar_files import calendar_link
from bot.services.content.snapshot import Content
from bot.services.threads import in_thread
from bot.services.visits import BookedVisit
from bot.services.wechat.desk import PlatformDesk

Events = list[dict[str, Any]]
_FILLERS = re.compile(
    r"[\W_]|能不能|行不行|可不可以|有没有空|差不多|改成|换成|改到|换到|一下|可以|左右|大概|应该|麻烦|师傅|有空|过来|过去"
    r"|[吧呢啊呀哦嗯的就那这我要想去在选行好是用了再加个还做也帮下能来到约给您你们吗请]"
)
ASKING = frozenset({"faq", "ask_warranty_status", "ask_service_due"})
_QUESTION = re.compile(r"[?？吗]|多少|怎么|什么|哪|几[点个天]")


class Turn:
    """One turn as an action sees it: what was said, what is known, and how to answer."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self._dispatcher = dispatcher
        self.tracker = tracker
        self.now: datetime = clock.now()
        installation = context.installation()
        self.database = installation.database
        self._public_url = installation.settings.public_url
        self.content: Content = installation.content.current()
        self.dealership = self.content.dealership
        message: Mapping[str, Any] = tracker.latest_message or {}
        self.text: str = message.get("text") or ""
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.entities: Sequence[Mapping[str, Any]] = message.get("entities") or ()
        self.decision: Mapping[str, Any] = message.get("decision") or {}
        self.faq: Mapping[str, Any] = message.get("faq") or {}
        self.intents: Sequence[dict[str, Any]] = message.get("intent_ranking") or ()
        self.also: Sequence[Mapping[str, Any]] = message.get("also") or ()
        self.is_handed_over = False
        self._message_id = str(message.get("message_id") or "")

    @property
    def is_on_platform_desk(self) -> bool:
        """Whether people answer this customer in the platform's own customer service."""
        accounts = context.installation().settings.wechat_accounts
        return PlatformDesk(self.database, accounts).has(self.conversation_id)

    @property
    def conversation_id(self) -> str:
        return str(self.tracker.sender_id)

    @property
    def seq(self) -> int | None:
        """The number of the customer's message in the transcript; None outside of our channels."""
        number = self._message_id.removeprefix(f"{self.conversation_id}-")
        return int(number) if number.isdecimal() and number != self._message_id else None

    @property
    def also_asked(self) -> list[str]:
        """The FAQ topics that the message asks for besides what it was taken for."""
        return [wish["topic"] for wish in self.also if wish["topic"] in self.content.faq]

    @property
    def also_wanted(self) -> list[str]:
        """The dialogues that the message wants besides what it was taken for, by their intents."""
        return [wish["intent"] for wish in self.also if wish["topic"] is None]

    @property
    def own_text(self) -> str:
        """The text without the sentences that want something else than what the message was taken for."""
        text = self.text
        for wish in self.also:
            text = text.replace(wish["text"], " ")
        return text

    @property
    def offered_topics(self) -> list[dict[str, str]]:
        """The buttons of a choice of topics that the bot gave just before this message."""
        for event in self._before_this_message():
            if (event.get("metadata") or {}).get("utter_action") == "utter_clarify":
                return list((event.get("data") or {}).get("buttons") or ())
            if event.get("event") == "user":
                break
        return []

    @property
    def said_before(self) -> frozenset[str]:
        """The templates of what the bot said between this message and the one before."""
        names: set[str] = set()
        for event in self._before_this_message():
            if event.get("event") == "user":
                break
            name = (event.get("metadata") or {}).get("utter_action")
            names |= {name} if name else set()
        return frozenset(names)

    @property
    def said_lately(self) -> frozenset[str]:
        """Like ``said_before``, and between the two messages before this one."""
        names: set[str] = set()
        messages = 0
        for event in self._before_this_message():
            messages += event.get("event") == "user"
            if messages == 2:
                break
            name = (event.get("metadata") or {}).get("utter_action")
            names |= {name} if name else set()
        return frozenset(names)

    def messages_before(self, most: int) -> Iterator[Mapping[str, Any]]:
        """The customer's messages before this one and since the last dialogue, the newest first, as events."""
        free = itertools.takewhile(
            lambda event: event.get("event") != "active_loop", self._before_this_message()
        )
        return itertools.islice((event for event in free if event.get("event") == "user"), most)

    @property
    def is_back_from_adviser(self) -> bool:
        """Whether this is the first message that the bot reads after a person had the conversation."""
        for event in self._before_this_message():
            if event.get("event") == "user":
                return False
            if event.get("name") == "action_back_from_adviser":
                return True
        return False

    def _before_this_message(self) -> Iterator[Mapping[str, Any]]:
        """What happened before, the newest first."""
        events = self.tracker.events
        here = max((at for at, event in enumerate(events) if event.get("event") == "user"), default=0)
        yield from reversed(events[:here])

    @property
    def is_payload(self) -> bool:
        """Whether a button was pressed."""
        return self.text.startswith("/")

    def is_fresh_for(self, form: str) -> bool:
        """Whether the customer has just spoken and nothing but ``form`` has been run about it.

        Rasa puts the form's own execution into the tracker before it calls ``validate_<form>``
        (``FormAction._temporary_tracker`` in 3.6.21).
        """
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return True
            done = event.get("name") if event.get("event") == "action" else None
            if event.get("event") == "action_execution_rejected" or done not in (None, form):
                return False
        return False

    @property
    def active_form(self) -> str | None:
        return (self.tracker.active_loop or {}).get("name")

    @property
    def requested(self) -> str | None:
        """What the active form asked for."""
        return self.slot("requested_slot") if self.active_form else None

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    def values(self, entity: str) -> list[Any]:
        """The values of an entity in the order in which they were said."""
        return [found.get("value") for found in self.entities if found.get("entity") == entity]

    def last(self, entity: str) -> Any:
        """The value said last, which is the one that a correction means; None without one."""
        found = self.values(entity)
        return found[-1] if found else None

    @property
    def name_said(self) -> str | None:
        """The customer's name as it was last said in this conversation."""
        for event in reversed(self.tracker.events):
            heard = (
                (event.get("parse_data") or {}).get("entities") or () if event.get("event") == "user" else ()
            )
            for found in heard:
                if found.get("entity") == "name":
                    return str(found["value"])
        return None

    def is_mostly(self, entities: Iterable[str]) -> bool:
        """Whether the message is little more than these entities: an answer and not a question."""
        if not self.values_of(entities) or (self.intent in ASKING and self._asks_something()):
            return False
        text = list(self.text)
        for found in self.values_of(entities):
            text[found["start"] : found["end"]] = " " * (found["end"] - found["start"])
        return len(_FILLERS.sub("", "".join(text))) <= max(1, len(self.text) // 6)

    @property
    def is_question(self) -> bool:
        return is_question(self.text)

    @property
    def speaks_of_booking(self) -> bool:
        """Whether a yes ("确认预约") means a booking, whatever else was offered."""
        return "约" in self.text

    def _asks_something(self) -> bool:
        """Like ``is_question``; but "明天能不能去" to the question for a time is an answer."""
        asked_for_time = (self.requested or "").endswith("_time") and self.values_of({"time"})
        return self.is_question and not asked_for_time

    def values_of(self, entities: Iterable[str]) -> list[Any]:
        return [found for found in self.entities if str(found.get("entity")) in entities]

    @property
    def has_noted(self) -> bool:
        """Whether "好的，记下了" was said since the customer spoke: a question that follows stands above already."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return False
            if (event.get("metadata") or {}).get("utter_action") == "utter_noted":
                return True
        return False

    @property
    def has_spoken(self) -> bool:
        """Whether this action has said something already."""
        return bool(self._dispatcher.messages)

    def calendar_link(self, visit: BookedVisit) -> str:
        """The address of the visit's calendar file; it is the same before and after a move."""
        return calendar_link(self._public_url, visit)

    def link_to(self, path: str) -> str:
        """The address of something that this server shows."""
        return f"{self._public_url}{path}"

    def say(self, template: str, buttons: list[dict[str, str]] | None = None, **values: Any) -> None:
        """Utter an approved template with these values, and buttons after its own."""
        if template in consents.ASKING:
            consents.note_shown(self.database, self.conversation_id, self.now)
        self._dispatcher.utter_message(response=template, buttons=buttons, **values)

    def hand_over(self, template: str, reason: str, summary: dict[str, Any], **values: Any) -> None:
        """Utter a template and pass the conversation to the queue together with it."""
        self.is_handed_over = True
        wish = {"handoff": {"reason": reason, "summary": summary}}
        self._dispatcher.utter_message(response=template, json_message=wish, **values)


class DealerAction(Action):
    """An action whose work runs in a thread: a slow database does not stop other customers' turns."""

    action_name = ""
    keeps_misunderstandings = False

    def name(self) -> str:
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return await in_thread(self._run, dispatcher, tracker)

    def perform(self, turn: Turn) -> Events:
        """Do the work and give the events."""
        raise NotImplementedError

    def _run(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        turn = Turn(dispatcher, tracker)
        redirections = (
            handoff_answers.redirected,
            resumption.redirected,
            notice_answers.redirected,
            contact_words.redirected,
            event_answers.redirected,
            advice_words.redirected,
            privacy_words.redirected,
            referral_words.redirected,
        )
        elsewhere = next(filter(None, (redirected(self.name(), turn) for redirected in redirections)), None)
        if elsewhere:
            return [FollowupAction(elsewhere)]
        referral_words.note_aside(self.name(), turn)
        events = several.around(self.name(), turn, self.perform)
        if not self.keeps_misunderstandings and turn.slot("misunderstandings"):
            events = [*events, SlotSet("misunderstandings", None)]
        return events


class Ask(DealerAction):
    """Asks one question in the words of a template."""

    asks_with: str
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        turn.say(self.asks_with)
        return []


def is_question(text: str) -> bool:
    return bool(_QUESTION.search(text))


def button(title: str, intent: str, **entities: Any) -> dict[str, str]:
    """A button whose click says ``intent`` with these entities."""
    values = json.dumps(entities, ensure_ascii=False) if entities else ""
    return {"title": title, "payload": f"/{intent}{values}"}


def set_slots(values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Events:
    """Events for the slots that differ from ``before``."""
    known = before or {}
    return [
        SlotSet(name, value) for name, value in values.items() if before is None or known.get(name) != value
    ]
