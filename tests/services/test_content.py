"""Content files: a wrong one is named with entry and field."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.domain.errors import ContentError
from bot.services.content.yaml import read_yaml
from bot.services.installation import validate_content
from bot.settings import ROOT
from tests.services.content_copy import Change, appended, copied, edit, replaced


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


STORE = (
    "  - {id: north, name: 城北店, address: 北街, sales_phone: '0500-1', service_phone: '0500-2', hours: %s}"
)
HOURS = "{showroom: {opens: 09:00, closes: 18:00}, service: {opens: 09:00, closes: 18:00}}"
BROKEN: dict[str, tuple[str, Change, str]] = {
    "unknown field": (
        "dealership/stores.yml",
        replaced("    name: 城东店", "    name: 城东店\n    fax: 12"),
        "dealership/stores.yml: entry east, field fax: is not a known field",
    ),
    "missing field": (
        "dealership/stores.yml",
        replaced("    name: 城东店\n", ""),
        "dealership/stores.yml: entry east, field name: is missing",
    ),
    "unknown field deep inside": (
        "dealership/stores.yml",
        replaced('closes: "18:00",', 'closes: "18:00", lunch: "12:00",'),
        "dealership/stores.yml: entry east, field hours.*lunch",
    ),
    "no number": (
        "dealership/booking.yml",
        replaced("hold_minutes: 10", "hold_minutes: ten"),
        "dealership/booking.yml: field hold_minutes: value is not a valid integer",
    ),
    "rule of handing over without a topic": (
        "dealership/handoff.yml",
        replaced("    note: 团购或大客户", "    topics: [buy.nothing]"),
        "dealership/handoff.yml: field rules.fleet.topics: 'buy.nothing' does not exist",
    ),
    "rule of handing over that never comes true": (
        "dealership/handoff.yml",
        lambda _: "rules: [{id: never, action: offer}]",
        "dealership/handoff.yml: field rules.never: needs topics, intents, models or words",
    ),
    "no time to wait": (
        "dealership/handoff.yml",
        replaced("lease_seconds: 90", "lease_seconds: 0"),
        "dealership/handoff.yml: field lease_seconds: 0 is not 1 to 1440",
    ),
    "no time": (
        "dealership/profile.yml",
        replaced('opens: "08:30"', 'opens: "half past 8"'),
        "dealership/profile.yml: field consultants_online.opens: invalid time",
    ),
    "list instead of text": (
        "faq/store.yml",
        appended("  - {id: x_new, title: 新, answer: [一, 二]}"),
        "faq/store.yml: entry x_new, field answer: str type expected",
    ),
    "no mapping": (
        "faq/store.yml",
        appended("  - just a text"),
        "faq/store.yml: entry number .*, field id: is missing",
    ),
    "no list": (
        "dealership/models.yml",
        lambda _: "models: {}",
        "dealership/models.yml: field models: must be a list",
    ),
    "empty list": (
        "dealership/models.yml",
        lambda _: "models: []",
        "dealership/models.yml: field models: needs at least one entry",
    ),
    "nothing": ("faq/store.yml", lambda _: "", "faq/store.yml: needs `entries:` or `templates:`"),
    "entries without a list": (
        "faq/store.yml",
        lambda _: "category: store\nentries:",
        "faq/store.yml: field entries: must be a list",
    ),
    "bad YAML": (
        "dealership/services.yml",
        appended("  - {id: oops"),
        r"dealership/services.yml: line \d+: ",
    ),
    "control character": (
        "dealership/calendar.yml",
        lambda _: "closures: \x00",
        "dealership/calendar.yml: unacceptable character",
    ),
    "key twice": (
        "dealership/profile.yml",
        appended("brand: 别的"),
        r"dealership/profile.yml: line \d+: 'brand' occurs twice",
    ),
    "id twice": (
        "dealership/stores.yml",
        appended((STORE % HOURS).replace("north", "east")),
        "dealership/stores.yml: entry east, field id: is already used in dealership/stores.yml",
    ),
    "policies that are a list": (
        "dealership/policies/care.yml",
        lambda _: "- one",
        "dealership/policies/care.yml: must be a mapping",
    ),
    "unknown variable in a policy": (
        "dealership/policies/care.yml",
        appended("money: 看 {nowhere}"),
        r"dealership/policies/care.yml: entry money, field text: unknown variable \{nowhere\}",
    ),
    "unknown variable in an answer": (
        "faq/store.yml",
        appended("  - {id: x_new, title: 新, answer: '在 {nowhere}'}"),
        r"faq/store.yml: entry x_new, field answer: unknown variable \{nowhere\}",
    ),
    "empty answer": (
        "faq/store.yml",
        appended("  - {id: x_new, title: 新, answer: ' '}"),
        "faq/store.yml: entry x_new, field answer: is empty",
    ),
    "a brace that a customer would see": (
        "faq/store.yml",
        appended("  - {id: x_new, title: 新, answer: '在 {Nowhere}'}"),
        "faq/store.yml: entry x_new, field answer: has a brace",
    ),
    "undeclared variable in a template": (
        "faq/replies_car.yml",
        appended("  - {id: utter_new, text: '要 {price}'}"),
        r"faq/replies_car.yml: entry utter_new, field text: unknown variable \{price\}",
    ),
    "unknown type of a variable": (
        "faq/replies_car.yml",
        appended("  - {id: utter_new, text: '要 {price}', variables: {price: money}}"),
        "faq/replies_car.yml: entry utter_new, field variables.price: value is not a valid enumeration",
    ),
    "unknown channel of a template": (
        "faq/replies_car.yml",
        appended("  - {id: utter_new, text: 好, channels: {fax: 好}}"),
        "faq/replies_car.yml: entry utter_new, field channels.fax: is none of web",
    ),
    "undeclared variable in a channel": (
        "faq/replies_car.yml",
        appended("  - {id: utter_new, text: 好, channels: {wechat: '{price}'}}"),
        r"faq/replies_car.yml: entry utter_new, field channels.wechat: unknown variable \{price\}",
    ),
    "intent of a button that does not exist": (
        "faq/store.yml",
        appended("  - {id: x_new, title: 新, answer: 好, buttons: [{title: 去, intent: fly}]}"),
        "faq/store.yml: entry x_new, field buttons.intent: 'fly' does not exist",
    ),
    "a word with two meanings": (
        "faq/synonyms.yml",
        appended("  - {id: 新车, words: [养护]}"),
        "faq/synonyms.yml: entry 新车, field words: '养护' has another meaning",
    ),
    "unknown topic of a button": (
        "faq/store.yml",
        appended("  - {id: x_new, title: 新, answer: 好, buttons: [{title: 去, topic: nowhere}]}"),
        "faq/store.yml: entry x_new, field buttons.topic: 'nowhere' does not exist",
    ),
    "button that leads nowhere": (
        "faq/store.yml",
        appended("  - {id: x_new, title: 新, answer: 好, buttons: [{title: 去}]}"),
        "faq/store.yml: entry x_new, field buttons: '去' needs one of",
    ),
    "unknown store of a resource": (
        "dealership/resources.yml",
        appended("  - {id: bay-x, store: nowhere, kind: bay, name: 工位}"),
        "dealership/resources.yml: entry bay-x, field store: 'nowhere' does not exist",
    ),
    "unknown kind": (
        "dealership/resources.yml",
        appended("  - {id: bay-x, store: east, kind: garage, name: 工位}"),
        "dealership/resources.yml: entry bay-x, field kind: value is not a valid enumeration member",
    ),
    "closes before it opens": (
        "dealership/stores.yml",
        appended(STORE % HOURS.replace("closes: 18:00", "closes: 08:00", 1)),
        "dealership/stores.yml: entry north, field hours.showroom: must open before it closes",
    ),
    "closure without a day": (
        "dealership/calendar.yml",
        appended("  - {name: 盘点}"),
        "dealership/calendar.yml: entry 盘点, field date: needs either lunar or date",
    ),
    "minutes by a car that is not there": (
        "dealership/services.yml",
        appended("  - {id: x_wash, name: 洗车, minutes: 30, price: 50, minutes_by: {z9: 40}}"),
        "dealership/services.yml: entry x_wash, field minutes_by: 'z9' does not exist",
    ),
    "a price below nothing": (
        "dealership/services.yml",
        appended("  - {id: x_wash, name: 洗车, minutes: 30, price: 50, price_by: {electric: -1}}"),
        "dealership/services.yml: entry x_wash, field price_by: -1 is too little",
    ),
    "a holiday that is no list": (
        "dealership/calendar.yml",
        replaced("holidays: []", "holidays: {date: 2027-10-01}"),
        "dealership/calendar.yml: field holidays: must be a list",
    ),
    "a holiday without a name": (
        "dealership/calendar.yml",
        replaced("holidays: []", "holidays: [{date: 2027-10-01}]"),
        "dealership/calendar.yml: entry 2027-10-01, field name: is missing",
    ),
    "two standard replies with one shortcut": (
        "faq/standard_replies.yml",
        replaced("shortcut: qsd", "shortcut: kcwh"),
        "faq/standard_replies.yml: entry standard.one_moment, field shortcut: is that of standard.greeting",
    ),
    "a holiday of a month": (
        "dealership/calendar.yml",
        replaced("holidays: []", "holidays: [{date: 2027-10-01, name: 国庆节, days: 30}]"),
        "dealership/calendar.yml: entry 2027-10-01, field days: must be 1 to 15",
    ),
    "schedule names a job that is not there": (
        "dealership/services.yml",
        replaced("id: first_service", "id: renamed_service"),
        "dealership/lifecycle.yml: field next_service.jobs.first: 'first_service' does not exist",
    ),
}


@pytest.mark.parametrize(("file", "change", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named_with_entry_and_field(
    root: Path, file: str, change: Change, message: str
) -> None:
    edit(root, file, change)

    with pytest.raises(ContentError, match=message) as raised:
        validate_content(root)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_a_missing_folder_are_named(root: Path) -> None:
    (root / "dealership" / "models.yml").unlink()
    with pytest.raises(ContentError, match=r"dealership/models.yml: the file is missing"):
        validate_content(root)

    shutil.copy(ROOT / "dealership" / "models.yml", root / "dealership")
    shutil.rmtree(root / "faq")
    with pytest.raises(ContentError, match="faq/: has no files"):
        validate_content(root)


def test_times_may_be_written_without_quotes() -> None:
    """YAML 1.1 reads 18:00 as 1080, which would become 00:18."""
    assert read_yaml("{closes: 18:00, opens: 8:30, n: 18, x: 1.5, ok: true}") == {
        "closes": "18:00",
        "opens": "8:30",
        "n": 18,
        "x": 1.5,
        "ok": True,
    }
