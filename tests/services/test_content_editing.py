"""Editing what the bot says, on both databases: versions, drafts, validity, rolling back, and rivals."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.clock import TIME_ZONE
from bot.domain.errors import Conflict, InvalidContent, NotFound, NotPermitted
from bot.domain.versions import Status
from bot.services.content import editing, listing
from bot.services.content.diff import difference
from bot.services.content.editing import Change, Editor
from bot.services.content.files import read_content
from bot.services.content.listing import Entry
from bot.services.content.snapshot import ContentStore
from bot.services.content.sync import sync_content
from bot.settings import ROOT
from bot.store.database import Database
from tests.database import KINDS, open_database

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
DAY = timedelta(days=1)
LI, XIAO = Editor("li", may_approve=True), Editor("xiao", may_approve=False)
TOPIC = "store.hours"


class Desk:
    """Somebody who edits one topic, and what customers get."""

    def __init__(self, database: Database, store: ContentStore) -> None:
        self.database, self.store = database, store

    def edit(self, answer: str | None = None, by: Editor = LI, id_: str = TOPIC, **more: Any) -> Entry:
        fields = {**more.pop("fields", {}), **({"answer": answer} if answer else {})}
        content, now = self.store.current(), clock.now()
        return editing.edit(self.database, content, "faq", id_, Change(fields, **more), by, now)

    def do(self, name: str, *arguments: Any, by: Editor = LI, **more: Any) -> Entry:
        content = () if name == "retire" else (self.store.current(),)
        function = getattr(editing, name)
        return function(self.database, *content, "faq", TOPIC, *arguments, by, clock.now(), **more)

    @property
    def said(self) -> str | None:
        entry = self.store.current().faq.get(TOPIC)
        return entry.answer.strip() if entry else None

    @property
    def version(self) -> int:
        return self.store.current().versions[f"faq/{TOPIC}"]

    def at(self, moment: datetime) -> None:
        clock.clock.set(moment)

    def statuses(self) -> list[tuple[int, str]]:
        versions = listing.history(self.database, "faq", TOPIC)
        return [(version.number, version.status.value) for version in versions]


@pytest.fixture(scope="module")
def files() -> Any:
    """Enough of the content to be quick: the dealership, two categories and two templates."""
    kept = {"store", "used", "utter_test_drive_booked", "utter_thank", "utter_technical_problem"}
    return [
        entry
        for entry in read_content(ROOT)
        if entry.kind not in ("faq", "template", "synonym") or {entry.id, entry.data.get("category")} & kept
    ]


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path, files: Any) -> Iterator[Desk]:
    database = open_database(request.param, tmp_path)
    sync_content(database, files, NOW)
    clock.clock.set(NOW)
    yield Desk(database, ContentStore(database))
    clock.clock.set(None)
    database.close()


def test_an_edit_is_a_new_version_and_live(desk: Desk) -> None:
    before = desk.said
    entry = desk.edit("新的 {store_names}", seen=1)

    assert (entry.version, entry.status, entry.shown.author) == (2, Status.APPROVED, "li")
    assert (desk.said, desk.version) == ("新的 {store_names}", 2)
    assert desk.statuses() == [(2, "approved"), (1, "approved")]
    assert entry.data["title"] == "营业时间"
    assert before != desk.said


def test_the_same_words_make_no_version(desk: Desk) -> None:
    desk.edit("新的")

    assert desk.edit("新的").version == 2
    assert len(desk.statuses()) == 2


def test_a_draft_is_not_live_until_it_is_approved(desk: Desk) -> None:
    before = desk.said
    entry = desk.edit("草稿", by=XIAO)
    assert entry.draft is not None
    assert (entry.version, entry.draft.number, desk.said) == (1, 2, before)
    with pytest.raises(NotPermitted):
        desk.do("approve", by=XIAO)

    entry = desk.do("approve")
    assert (entry.version, entry.shown.author, entry.shown.approved_by) == (2, "xiao", "li")
    assert (entry.draft, desk.said) == (None, "草稿")
    with pytest.raises(Conflict, match="no such draft"):
        desk.do("approve")


def test_a_draft_approved_after_a_newer_version_comes_after_it(desk: Desk) -> None:
    desk.edit("草稿", by=XIAO)
    desk.edit("别的")
    with pytest.raises(Conflict, match=r"version 3 .* was published after draft 2"):
        desk.do("approve")
    assert desk.said == "别的"
    entry = desk.do("approve", force=True)

    assert (entry.version, desk.said) == (4, "草稿")
    assert desk.statuses() == [(4, "approved"), (3, "approved"), (2, "retired"), (1, "approved")]


def test_drafts_of_two_people_wait_side_by_side(desk: Desk) -> None:
    desk.edit("第一稿", by=XIAO)
    desk.edit("别人的稿", by=Editor("wang", False))
    entry = desk.edit("第二稿", by=XIAO)

    assert [(d.author, d.data["answer"]) for d in entry.drafts] == [("xiao", "第二稿"), ("wang", "别人的稿")]
    entry = desk.do("approve", number=3)
    assert desk.said == "别人的稿"
    assert [d.author for d in entry.drafts] == ["xiao"]
    assert desk.do("retire", number=4).drafts == ()


def test_somebody_elses_draft_is_edited_and_published(desk: Desk) -> None:
    draft = desk.edit("草稿", by=XIAO).draft
    assert draft is not None
    entry = desk.edit(fields={"title": "几点开门"}, seen=draft.number)

    assert (entry.data["answer"], entry.data["title"], entry.drafts) == ("草稿", "几点开门", ())


def test_a_temporary_answer_ends_and_the_former_returns(desk: Desk) -> None:
    before = desk.said
    desk.edit("元旦", validity={"valid_from": NOW + DAY, "valid_until": NOW + 2 * DAY})
    assert (desk.said, desk.version) == (before, 1)
    desk.at(NOW + DAY - timedelta(seconds=1))
    assert desk.said == before
    desk.at(NOW + DAY)
    assert (desk.said, desk.version) == ("元旦", 2)
    desk.at(NOW + 2 * DAY)
    assert (desk.said, desk.version) == (before, 1)
    desk.at(NOW)
    assert desk.said == before


def test_it_begins_by_itself_without_a_change_of_the_revision(desk: Desk) -> None:
    desk.edit("一会儿", validity={"valid_from": NOW + DAY})
    revision = desk.store.current().revision
    desk.at(NOW + DAY - timedelta(seconds=0.3))
    for _ in range(50):
        if desk.said == "一会儿":
            break
        threading.Event().wait(0.1)

    assert desk.said == "一会儿"
    assert clock.now() >= NOW + DAY
    assert desk.store.current().revision == revision


def test_a_small_edit_today_leaves_what_is_planned(desk: Desk) -> None:
    desk.edit("计划", validity={"valid_from": NOW + DAY})
    desk.edit("今天改的", seen=1)
    assert desk.said == "今天改的"
    desk.at(NOW + DAY)
    assert desk.said == "计划"
    desk.edit("再改", validity={"valid_from": None})
    assert desk.said == "再改"


def test_an_edit_of_a_temporary_answer_stays_temporary(desk: Desk) -> None:
    before = desk.said
    desk.edit("临时", validity={"valid_until": NOW + DAY})
    desk.edit("临时改")
    assert desk.said == "临时改"
    desk.at(NOW + DAY)
    assert desk.said == before


def test_rolling_back_is_a_new_version_with_the_old_words(desk: Desk) -> None:
    before = desk.said
    desk.edit("错的")
    entry = desk.do("roll_back", 1)

    assert (entry.version, desk.said, entry.shown.note) == (3, before, "恢复第 1 版")
    with pytest.raises(NotFound):
        desk.do("roll_back", 9)


def test_what_was_never_approved_is_not_rolled_back_to(desk: Desk) -> None:
    desk.edit("草稿", by=XIAO)

    with pytest.raises(Conflict, match="never approved"):
        desk.do("roll_back", 2)
    desk.edit("二")
    entry = desk.do("roll_back", 1, by=XIAO)
    assert desk.said == "二"
    assert [draft.author for draft in entry.drafts] == ["xiao"]


def test_a_retired_topic_is_gone_with_all_that_was_planned_and_comes_back(desk: Desk) -> None:
    before = desk.said
    desk.edit("计划", validity={"valid_from": NOW + DAY})
    entry = desk.do("retire")
    assert (entry.status, desk.said) == (Status.RETIRED, None)
    desk.at(NOW + 2 * DAY)
    assert desk.said is None
    assert desk.do("retire").version == entry.version
    with pytest.raises(NotPermitted):
        desk.do("restore", by=XIAO)

    assert desk.do("restore").status is Status.APPROVED
    assert desk.said == before
    with pytest.raises(Conflict, match="not retired"):
        desk.do("restore")


def test_a_planned_version_is_withdrawn_alone(desk: Desk) -> None:
    before = desk.said
    planned = desk.edit("计划", validity={"valid_from": NOW + DAY}).planned[0]
    desk.do("retire", number=planned.number)
    desk.at(NOW + DAY)

    assert desk.said == before
    with pytest.raises(Conflict, match="no validity"):
        desk.do("retire", number=1)


def test_a_new_topic(desk: Desk) -> None:
    entry = desk.edit("有。", id_="store.piano", fields={"title": "钢琴", "questions": ["能弹琴吗"]})

    assert (entry.version, entry.data["category"]) == (1, "store")
    assert desk.store.current().faq["store.piano"].questions == ("能弹琴吗",)
    drafted = desk.edit("有。", by=XIAO, id_="store.cat", fields={"title": "猫"})
    assert (drafted.status, drafted.data["answer"]) == (Status.DRAFT, "有。")
    assert "store.cat" not in desk.store.current().faq


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"answer": "在 {nowhere}"}, "answer", "没有变量 {nowhere}"),
    ({"answer": "在 { brand }"}, "answer", "多余的大括号"),
    ({"answer": " "}, "answer", "答案是空的"),
    ({"answer": 5}, "answer", "答案必须是文字"),
    ({"answer": "a\0b"}, "answer", "答案必须是文字"),
    ({"answer": "a\x07b"}, "answer", "控制字符"),
    ({"answer": "长" * 2001}, "answer", "超过 2000 个字"),
    ({"title": ""}, "title", "标题是空的"),
    ({"title": "两\n行"}, "title", "只能有一行"),
    ({"title": "{brand}在哪"}, "title", "不能用变量"),
    ({"category": "门 店"}, "category", "小写英文字母"),
    ({"questions": "一句"}, "questions", "必须是一组文字"),
    ({"questions": [""]}, "questions", "问法是空的"),
    ({"buttons": [{"title": "去", "topic": "no.where"}]}, "buttons.topic", "“no.where”不存在"),
    ({"buttons": [{"title": "去", "intent": "fly"}]}, "buttons.intent", "“fly”不存在"),
    ({"buttons": [{"title": "去", "payload": "/restart"}]}, "buttons.intent", "“restart”不存在"),
    ({"buttons": [{"title": "去"}]}, "buttons", "要指向一个主题或一个动作"),
    ({"buttons": [{"topic": "store.phone"}]}, "buttons", "必须是一组按钮"),
    ({"answr": "好"}, "answr", "没有“answr”这个字段"),
]


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("fields", "field", "words"), FAULTS, ids=[str(f[0])[:40] for f in FAULTS])
def test_a_faulty_edit_names_entry_and_field(
    desk: Desk, fields: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidContent, match=TOPIC) as raised:
        desk.edit(fields=fields)

    assert raised.value.field == field
    assert words in raised.value.words
    assert "\n" not in str(raised.value)
    assert len(desk.statuses()) == 1


def test_a_validity_that_could_never_count(desk: Desk) -> None:
    for validity in ({"valid_until": NOW}, {"valid_from": NOW + DAY, "valid_until": NOW + DAY}):
        with pytest.raises(InvalidContent, match="valid_until"):
            desk.edit("新", validity=validity)


def test_bad_ids_and_unknown_templates(desk: Desk) -> None:
    for id_ in ("piano", "Store.piano", "store.", "a.b c", "店.钢琴"):
        with pytest.raises(InvalidContent, match="field id"):
            desk.edit("有", id_=id_, fields={"title": "琴"})
    with pytest.raises(InvalidContent, match="field title"):
        desk.edit("有", id_="store.piano")
    change = Change({"text": "好"})
    with pytest.raises(NotFound):
        editing.edit(desk.database, desk.store.current(), "template", "utter_nope", change, LI, NOW)


def test_an_edited_template_keeps_the_variables_that_the_dialogues_give(desk: Desk) -> None:
    content = desk.store.current()
    change = Change({"text": "定了，{code}", "channels": {"wechat": "微信定了 {code}"}})
    editing.edit(desk.database, content, "template", "utter_test_drive_booked", change, LI, NOW)

    template = desk.store.current().templates["utter_test_drive_booked"]
    assert template.text_for("wechat") == "微信定了 {code}"
    assert "code" in template.variables
    for fields in ({"text": "{price} 元"}, {"channels": {"fax": "好"}}, {"channels": {"web": "{nope}"}}):
        with pytest.raises(InvalidContent, match="utter_thank"):
            editing.edit(desk.database, content, "template", "utter_thank", Change(fields), LI, NOW)


def test_the_last_words_cannot_be_retired(desk: Desk) -> None:
    with pytest.raises(InvalidContent, match="utter_technical_problem"):
        editing.retire(desk.database, "template", "utter_technical_problem", LI, NOW)


def test_who_saw_another_version_is_refused(desk: Desk) -> None:
    desk.edit("一", seen=1)
    with pytest.raises(Conflict, match="version 2 now, not 1"):
        desk.edit("二", seen=1)
    desk.edit("计划", seen=2, validity={"valid_from": NOW + DAY})
    with pytest.raises(Conflict):
        desk.edit("另一个计划", seen=2, validity={"valid_from": NOW + DAY})
    with pytest.raises(Conflict):
        desk.do("retire", seen=1)


def test_of_rivals_that_saw_the_same_version_one_wins(desk: Desk) -> None:
    _, won, lost = _race(desk, seen=1)

    assert (won, lost) == (1, 5)
    assert desk.statuses() == [(2, "approved"), (1, "approved")]


def test_without_the_check_all_rivals_write(desk: Desk) -> None:
    """The control: the race is a real one, and every change is counted in the revision."""
    revision = desk.store.current().revision
    answers, won, lost = _race(desk, seen=None)

    assert (won, lost) == (6, 0)
    assert [number for number, _ in desk.statuses()] == [7, 6, 5, 4, 3, 2, 1]
    assert desk.store.current().revision == revision + 6
    assert desk.said in answers


def test_rivals_who_make_the_same_topic(desk: Desk) -> None:
    _, won, lost = _race(desk, seen=0, id_="store.piano")

    assert won + lost == 6
    assert len(listing.history(desk.database, "faq", "store.piano")) == won


def test_what_differs_is_readable(desk: Desk) -> None:
    entry = desk.edit("来之前打电话。", by=XIAO)
    assert entry.draft is not None
    text = difference(entry.shown, entry.draft)

    assert "+++ 第 2 版（草稿，xiao）" in text
    assert "+  来之前打电话。" in text
    assert "-  {store_hours}" in text


def _race(desk: Desk, seen: int | None, id_: str = TOPIC) -> tuple[set[str], int, int]:
    """Six edits at once: the answers tried, how many won, how many were refused."""
    barrier, content = threading.Barrier(6), desk.store.current()

    def attempt(number: int) -> bool:
        change = Change({"answer": f"第 {number} 个", "title": "标题"}, seen=seen)
        barrier.wait()
        try:
            editing.edit(desk.database, content, "faq", id_, change, LI, NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(attempt, range(6)))
    return {f"第 {number} 个" for number in range(6)}, results.count(True), results.count(False)
