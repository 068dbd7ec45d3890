"""Rasa's files, the actions and the reviewed templates name the same things."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import bot.api.calendars
import bot.api.data_copies
import bot.api.errors
from bot.domain.booking import Refusal
from bot.domain.replies import variables_of
from bot.services.content.variables import dealership_variables
from bot.services.replies import FAQ_PREFIX
from tests.dealership import demo_dealership
from tests.lifecycle import schedule
from tests.rasa.utterances import Source, Utterance

ROOT = Path(__file__).resolve().parents[2]
RASAS_OWN = {"nlu_fallback"}


def test_every_intent_has_a_rule_outside_of_forms() -> None:
    """Else the core fallback answers it, which inside a form erases the message and does not ask again."""
    answered = {step["intent"] for rule in _rules() if not _is_for_a_form(rule) for step in rule["steps"][:1]}

    assert set(_intents()) - answered == set()
    assert answered - set(_intents()) == set()


def test_every_intent_has_examples() -> None:
    files = (ROOT / "data" / "nlu").rglob("*.yml")
    taught = {block["intent"] for file in files for block in _read(file)["nlu"]}

    assert taught == set(_intents()) - RASAS_OWN


def test_domain_and_actions_package_name_the_same_actions() -> None:
    from rasa_sdk.executor import ActionExecutor

    executor = ActionExecutor()
    executor.register_package("actions")
    of_package = {name for name in executor.actions if name}  # the base classes have no name
    of_domain = set(_domain()["actions"])

    assert of_domain - of_package == set()
    assert of_package - of_domain == set()
    assert len(_domain()["actions"]) == len(of_domain)


def test_every_form_is_started_ended_and_validated() -> None:
    started = {step["active_loop"] for rule in _rules() for step in rule["steps"] if step.get("active_loop")}
    ended = {part["active_loop"] for rule in _rules() for part in rule.get("condition", ()) if _loop(part)}
    forms = set(_domain()["forms"])

    assert ended == forms
    # Started by action_request_human at night, by action_join_waitlist for who left no number yet, and by action_referral
    # for who has not shown who they are.
    assert forms - started == {"callback_form", "waitlist_form", "referral_form", "privacy_form"}
    assert {f"validate_{form}" for form in forms} <= set(_domain()["actions"])


def test_the_domain_lists_every_template_in_the_order_of_the_files() -> None:
    responses = _domain()["responses"]

    assert list(responses) == list(_templates())
    assert {id_: [{"text": id_}] for id_ in responses} == responses


def test_no_training_file_looks_like_a_test() -> None:
    """Rasa takes test_*.yml for conversation tests, and falls back to data/ when the stories' path is wrong."""
    assert [file.name for file in (ROOT / "data").rglob("test_*")] == []


def test_every_uttered_template_exists() -> None:
    known = set(_templates()) | {f"{FAQ_PREFIX}{topic}" for topic in _topics()}
    uttered = [(u.place, u.templates(known)) for u in _utterances()]

    assert [place for place, ids in uttered if not ids] == []
    assert {(place, id_) for place, ids in uttered for id_ in ids - known} == set()


def test_every_template_is_uttered() -> None:
    known = set(_templates())
    uttered = {id_ for utterance in _utterances() for id_ in utterance.templates(known)}
    words_of_refusals = {
        *bot.api.errors.TEMPLATES.values(),
        bot.api.calendars.UNKNOWN,
        bot.api.data_copies.UNKNOWN,
    }

    assert known - uttered - words_of_refusals == set()
    assert words_of_refusals <= known


def test_every_reason_has_its_template() -> None:
    names = {f"utter_refused_{reason.value}" for reason in Refusal}
    names |= {f"utter_phone_{problem}" for problem in ("short", "long", "prefix")}

    assert names - set(_templates()) == set()


def test_templates_get_their_variables() -> None:
    templates, general = _templates(), _dealers_variables()
    missing = {
        (utterance.place, id_, variable)
        for utterance in _utterances()
        for id_ in utterance.templates(set(templates)) & set(templates)
        for variable in (_variables(templates[id_]) - general | _declared(templates[id_])) - utterance.values
    }

    assert missing == set()


@pytest.mark.parametrize("name", ["data/stories", "tests/stories"])
def test_stories_name_existing_actions_and_forms(name: str) -> None:
    known = {*_domain()["actions"], *_domain()["forms"]}
    files = list((ROOT / name).glob("*.yml"))
    used = {
        s["action"] for f in files for story in _read(f)["stories"] for s in story["steps"] if "action" in s
    }

    assert files
    assert used - known == set()


def _is_for_a_form(rule: dict[str, Any]) -> bool:
    return any(_loop(part) for part in rule.get("condition", ()))


def _loop(part: dict[str, Any]) -> Any:
    return part.get("active_loop")


def _variables(template: dict[str, Any]) -> frozenset[str]:
    titles = [button["title"] for button in template.get("buttons", ())]
    return variables_of("\n".join([template["text"], *titles]))


def _declared(template: dict[str, Any]) -> frozenset[str]:
    """What the template says that the dialogues give."""
    return frozenset(template.get("variables", ()))


def _intents() -> list[str]:
    return [next(iter(i)) if isinstance(i, dict) else i for i in _domain()["intents"]]


def _domain() -> dict[str, Any]:
    return _read(ROOT / "domain.yml")


@lru_cache(maxsize=1)
def _rules() -> list[dict[str, Any]]:
    return [rule for file in sorted((ROOT / "data" / "rules").glob("*.yml")) for rule in _read(file)["rules"]]


@lru_cache(maxsize=1)
def _templates() -> dict[str, dict[str, Any]]:
    """By id, in the order of the files and of the entries in them."""
    files = sorted((ROOT / "faq").glob("replies_*.yml"))
    return {entry["id"]: entry for file in files for entry in _read(file)["templates"]}


def _topics() -> list[str]:
    files = [_read(file) for file in (ROOT / "faq").glob("*.yml")]
    return [topic["id"] for file in files for topic in file.get("entries", ())]


@lru_cache(maxsize=1)
def _utterances() -> list[Utterance]:
    return list(Source(ROOT, "actions", "bot/runtime", "bot/services", "bot/channels").utterances())


def _dealers_variables() -> frozenset[str]:
    return frozenset(dealership_variables(demo_dealership(), schedule()))


@lru_cache(maxsize=200)
def _read(file: Path) -> Any:
    return yaml.load(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
