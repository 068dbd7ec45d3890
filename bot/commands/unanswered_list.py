"""``unanswered``: look at what was not understood, and teach it to the FAQ or to the training data."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from bot import clock
from bot.commands.authors import author_of
from bot.commands.examples import add_example
from bot.commands.preparing import prepare, tell, tell_warnings
from bot.commands.tables import table
from bot.domain.errors import InvalidInput
from bot.services import unanswered as service
from bot.services.content.editing import Editor
from bot.services.content.fields import moment_of, moment_text
from bot.services.content.snapshot import Content
from bot.services.content.warnings import question_warnings
from bot.services.installation import Installation, open_content
from bot.services.teaching import example_of, to_faq
from bot.services.unanswered import Kind, State, UnansweredView
from bot.settings import ROOT, read_settings

KINDS = {Kind.FALLBACK: "没听懂", Kind.CLARIFICATION: "没选中"}
STATES = {
    State.OPEN: "待处理",
    State.RESOLVED: "已处理",
    State.IGNORED: "已忽略",
    State.ASKED: "等待选择",
    State.TAKEN: "已选中",
}


def unanswered(arguments: Namespace) -> int:
    """``python -m bot unanswered …``"""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    try:
        command = _Command(installation, arguments)
        getattr(command, f"do_{arguments.action.replace('-', '_')}")()
    finally:
        installation.database.close()
    return 0


class _Command:
    def __init__(self, installation: Installation, arguments: Namespace) -> None:
        self.database, self.store = installation.database, installation.content
        self.arguments = arguments
        self.now = clock.now()

    def do_list(self) -> None:
        given = self.arguments
        state = None if given.state == "all" else State(given.state)
        found = service.list_unanswered(self.database, self.now, state, _since(given.since), given.limit)
        rows = [
            (
                str(each.id),
                each.text,
                str(each.count),
                KINDS[each.kind],
                _guess(each),
                STATES[each.state],
                _time(each.created_at),
            )
            for each in found
        ]
        tell(table(("编号", "客户的话", "次数", "原因", "最接近", "状态", "最近一次"), rows))
        tell(f"共 {len(rows)} 条")

    def do_show(self) -> None:
        found = service.find(self.database, self.arguments.id)
        tell(f"{found.id}  {KINDS[found.kind]}  {STATES[found.state]}  {found.count} 次")
        tell(found.text)
        tell(f"会话 {found.conversation_id}，第 {found.seq or '?'} 条，{_time(found.created_at)}")
        content = self.store.current()
        for candidate in found.candidates:
            tell(f"  {candidate['score']:.2f}  {candidate['id']}（{_title(content, candidate['id'])}）")
        for intent in found.intents:
            tell(f"  {intent['confidence']:.2f}  {intent['name']}")
        if found.resolved_by:
            tell(f"处理：{found.resolved_by}，{found.resolution}")

    def do_to_faq(self) -> None:
        given = self.arguments
        by = Editor(author_of(given), may_approve=True)
        question, _ = to_faq(
            self.database, self.store.current(), given.id, given.topic, by, self.now, given.words
        )
        tell(f"{given.topic} 新增问法“{question}”，立即生效")
        tell_warnings(question_warnings(self.store.current(), given.topic, [question]))

    def do_to_example(self) -> None:
        given = self.arguments
        found = service.find(self.database, given.id)
        sentence = example_of(found.text if given.words is None else given.words)
        by = author_of(given)
        path = add_example(sentence, given.target, ROOT)
        service.resolve(self.database, given.id, State.RESOLVED, by, f"example {given.target}", self.now)
        tell(f"{path} 新增一条训练语料“{sentence}”，下次训练（make train 或重新启动）后生效")

    def do_ignore(self) -> None:
        given = self.arguments
        count = service.resolve(self.database, given.id, State.IGNORED, author_of(given), "", self.now)
        tell(f"已忽略 {count} 条相同的话，以后也不再列出")


def _guess(found: UnansweredView) -> str:
    return str(found.candidates[0]["id"]) if found.candidates else ""


def _since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return moment_of(text)
    except ValueError as error:
        raise InvalidInput(f"--since must be a day or time like '2026-11-01', not {text!r}") from error


def _title(content: Content, candidate: str) -> str:
    """Of a topic; a candidate without a category is a dialogue."""
    if candidate in content.faq:
        return content.faq[candidate].title
    return "已停用" if "." in candidate else "对话"


def _time(moment: datetime) -> str:
    return moment_text(moment.replace(second=0, microsecond=0))
