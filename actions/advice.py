"""Which model suits somebody, and how models differ: needs from the talk, two questions at most, and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from rasa_sdk.events import FollowupAction, SlotSet

from actions.advice_words import (
    ANY,
    ASK_KEEP,
    BUDGET,
    COMPARE,
    ENTITIES,
    KEEP,
    NEEDS,
    RECOMMEND,
    USE,
    begins_anew,
    needs_in,
    says_keep,
    shown_at,
    slots_of,
    take,
)
from actions.base import DealerAction, Events, Turn, button, set_slots
from actions.by_person import with_person_offered
from actions.forms import Draft, Form, ValidateForm
from actions.topic_wishes import ADVICE
from bot.domain.advice import MOST, YUAN, Advice, Needs, advise
from bot.domain.dealership import Model
from bot.services import profiles
from bot.services.advice_words import say_budget, say_needs, say_suggestions, say_table, short_name
from bot.services.replies import FAQ_PREFIX

_SHORT = 8
"""A message of so many characters with a sum in it answers the question for the budget."""
_PAIR = 2
_STEP = 5
"""万元 between the budgets on the buttons."""
_MOST_STEPS = 4


class AdviceForm(Form):
    """Budget and use; all else is taken up and not asked for. Either may be passed over."""

    name = "advice_form"
    own_intents = frozenset({"recommend_model"})
    entities = ENTITIES
    slots = (BUDGET, USE, NEEDS)

    def read(self, turn: Turn, draft: Draft) -> bool:
        heard = take(turn, draft, turn.requested)
        if heard and not _leaves_a_choice(turn, draft):
            draft.update({slot: draft[slot] or ANY for slot in (BUDGET, USE)})
        return heard or turn.intent in self.own_intents

    def next_question(self, draft: Draft) -> str | None:
        return next((slot for slot in (BUDGET, USE) if draft[slot] is None), None)

    def takes_anything(self, turn: Turn) -> bool:
        if not take(turn, self.draft(turn), turn.requested):
            return False
        is_answer = turn.requested == BUDGET and len(turn.text) <= _SHORT
        return is_answer or turn.decision.get("kind") != "answer" or turn.faq.get("id") in ADVICE


FORM = AdviceForm()


class Recommend(DealerAction):
    """Takes up what the message says and asks for what is missing; inside another dialogue it answers at once."""

    action_name = RECOMMEND

    def perform(self, turn: Turn) -> Events:
        draft = _known_before(turn)
        take(turn, draft)
        if turn.active_form not in (None, FORM.name):
            return _answer_aside(turn, draft)
        if not turn.dealership.models:
            return with_person_offered(turn, "product.recommend")
        if not _leaves_a_choice(turn, draft):
            draft.update({slot: draft[slot] or ANY for slot in (BUDGET, USE)})
        begun = SlotSet("pending_offer", None)
        return [begun, SlotSet("misunderstandings", None), *set_slots(draft), FollowupAction(FORM.name)]


def _known_before(turn: Turn) -> Draft:
    """What was told before, in this conversation or, with consent, in an earlier one."""
    draft = FORM.draft(turn)
    if begins_anew(turn):
        return dict.fromkeys(FORM.slots)
    if any(draft.values()):
        return draft
    kept = profiles.kept_needs(turn.database, turn.conversation_id)
    return slots_of(kept) if kept is not None else draft


def _leaves_a_choice(turn: Turn, draft: Draft) -> bool:
    """Whether more questions could tell one model from another: not where at most one fits anyway."""
    return len(advise(turn.dealership.models, turn.content.advice, needs_in(turn, draft)).fits) > 1


def _answer_aside(turn: Turn, draft: Draft) -> Events:
    """In the middle of a booking: the models for what was said, and the booking goes on."""
    needs = needs_in(turn, draft)
    back = FollowupAction(turn.active_form)
    if needs == Needs():
        turn.say(f"{FAQ_PREFIX}product.recommend")
        return [back]
    advice = _say_advice(turn, needs, with_buttons=False)
    return [*set_slots(draft), _shown(advice), back]


def _shown(advice: Advice) -> dict[str, object]:
    """Kept for "第二个" and "前两款"."""
    return SlotSet("advice_models", [each.model.id for each in (*advice.fits, *advice.nearest)])


class ValidateAdvice(ValidateForm):
    form = FORM


class AskBudget(DealerAction):
    action_name = "action_ask_advice_form_advice_budget"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        turn.say("utter_advice_ask_budget", buttons=_budget_buttons(turn.dealership.models))
        return []


class AskUse(DealerAction):
    action_name = "action_ask_advice_form_advice_use"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        uses = [button(use.name, "inform", use=use.id) for use in turn.content.advice.uses if use.asked]
        turn.say("utter_advice_ask_use", buttons=[*uses, button("都行", "inform", do=ANY)])
        return []


class GiveAdvice(DealerAction):
    """The models with reasons, and once the question whether the needs may be kept."""

    action_name = "action_give_advice"

    def perform(self, turn: Turn) -> Events:
        needs = needs_in(turn)
        advice = _say_advice(turn, needs)
        events = [_shown(advice)]
        if needs == Needs():
            return events
        phone = turn.slot("known_phone")
        word = profiles.word_of(turn.database, turn.conversation_id, phone)
        if word:
            profiles.note(turn.database, turn.content, turn.conversation_id, needs, turn.now, phone)
        if word is not None or turn.slot("advice_keep"):
            return events
        keep = button("可以，记下", "affirm", do=ASK_KEEP)
        turn.say("utter_advice_ask_keep", buttons=[keep, button("不用记", "deny", do=ASK_KEEP)])
        return [*events, SlotSet("advice_keep", "asked"), SlotSet("pending_offer", ASK_KEEP)]


class KeepNeeds(DealerAction):
    """The answer to whether needs may be kept; a later no deletes what was kept."""

    action_name = KEEP

    def perform(self, turn: Turn) -> Events:
        granted = says_keep(turn)
        profiles.decide(
            turn.database,
            turn.content,
            turn.conversation_id,
            granted,
            needs_in(turn),
            turn.now,
            turn.slot("known_phone"),
        )
        turn.say("utter_advice_kept" if granted else "utter_advice_not_kept")
        said = {"advice_keep": "yes" if granted else "no", "pending_offer": None}
        return [*set_slots(said), FollowupAction("action_listen")]


class Compare(DealerAction):
    """Two or three models side by side: those that were named, else those that were recommended."""

    action_name = COMPARE

    def perform(self, turn: Turn) -> Events:
        models = _to_compare(turn)
        after: Events = [FollowupAction(turn.active_form or "action_listen")]
        if len(models) < _PAIR:
            return [*_ask_which(turn, models), *after]
        names = (" 和 " if len(models) == _PAIR else "、").join(model.name for model in models)
        rows = say_table(turn.content.advice, models)
        drives = [] if turn.active_form else _drive_buttons(models)
        turn.say("utter_compare_table", buttons=drives, names=names, rows=rows)
        shown = [model.id for model in models]
        return [SlotSet("advice_models", shown), SlotSet("misunderstandings", None), *after]


def _to_compare(turn: Turn) -> list[Model]:
    """The models that were named; one alone is compared with the one named or recommended before."""
    known = {model.id: model for model in turn.dealership.models}
    named = [id_ for id_ in dict.fromkeys([*turn.values("model"), *shown_at(turn)]) if id_ in known]
    if len(named) < 2:
        before = [id_ for id_ in turn.slot("advice_models") or () if id_ in known and id_ not in named]
        named = [*before[: 1 if named else MOST], *named]
    return [known[id_] for id_ in named[:MOST]]


def _ask_which(turn: Turn, models: Sequence[Model]) -> Events:
    every = turn.dealership.models
    if len(every) < 2:
        return with_person_offered(turn, "product.compare")
    if models:
        [one] = models
        others = [
            button(each.name, "compare_models", model=[one.id, each.id]) for each in every if each != one
        ]
        turn.say("utter_compare_with", buttons=others, model=one.name)
    else:
        choice = [button(each.name, "compare_models", model=each.id) for each in every]
        first, second = short_name(every[0]), short_name(every[1])
        turn.say("utter_compare_which", buttons=choice, first=first, second=second)
    return [SlotSet("advice_models", [model.id for model in models])]


def _say_advice(turn: Turn, needs: Needs, with_buttons: bool = True) -> Advice:
    """Say the models for the needs."""
    rules = turn.content.advice
    advice = advise(turn.dealership.models, rules, needs)
    shown = advice.fits or advice.nearest
    models = say_suggestions(rules, shown)
    said = say_needs(rules, needs)
    buttons = _buttons([each.model for each in shown]) if with_buttons else []
    if advice.cheapest is not None:
        cheapest = advice.cheapest
        turn.say(
            "utter_advice_below",
            buttons=buttons,
            budget=say_budget(needs),
            model=cheapest.name,
            price=f"{cheapest.price_from:g} 万元",
            models=models,
        )
    elif advice.nearest:
        turn.say("utter_advice_nearest", buttons=buttons, needs=said, models=models)
    elif not said:
        turn.say("utter_advice_open", buttons=buttons, models=models)
    elif len(shown) == 1:
        turn.say("utter_advice_one", buttons=buttons, needs=said, models=models)
    else:
        turn.say("utter_advice_found", buttons=buttons, needs=said, models=models)
    return advice


def _buttons(models: Sequence[Model]) -> list[dict[str, str]]:
    compared = [button("对比", "compare_models", model=[each.id for each in models])]
    return [*_drive_buttons(models), *(compared if len(models) > 1 else [])]


def _drive_buttons(models: Sequence[Model]) -> list[dict[str, str]]:
    return [button(f"预约试驾 {short_name(model)}", "book_test_drive", model=model.id) for model in models]


def _budget_buttons(models: Sequence[Model]) -> list[dict[str, str]]:
    """Steps of 5 万 (or more, where that were too many) between the cheapest and the dearest model, and no limit."""
    low, high = min(model.price_from for model in models), max(model.price_to for model in models)
    step = _STEP * max(1, ceil((high - low) / _STEP / _MOST_STEPS))
    cuts = list(range(step * (floor(low / step) + 1), step * ceil(high / step), step))
    ranges = [*zip([None, *cuts], [*cuts, None], strict=True)] if cuts else []
    return [*(_budget_button(least, most) for least, most in ranges), button("都行", "inform", do=ANY)]


def _budget_button(least: int | None, most: int | None) -> dict[str, str]:
    limits = {"min": least and least * YUAN, "max": most and most * YUAN}
    title = say_budget(Needs(limits["min"], limits["max"])).replace(" 万元", " 万")
    return button(f"预算 {title}", "inform", budget=limits)
