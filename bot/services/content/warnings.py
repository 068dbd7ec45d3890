"""What is allowed but hardly meant: told to the editor, in Chinese, after the change was made."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from bot.domain.versions import Status
from bot.services.content.editing import FAQ, TEMPLATE
from bot.services.content.listing import Entry
from bot.services.content.snapshot import Content
from bot.services.content.versions import FILE

SHORT_TITLE = 4  # characters
_NOT_WORDS = re.compile(r"[\W_]+")


def edit_warnings(content: Content, entry: Entry) -> list[str]:
    """Of an entry that was just edited: a new topic that is hardly found, questions that another topic has."""
    if entry.kind != FAQ:
        return []
    newest = max((entry.shown, *entry.planned, *entry.drafts), key=lambda version: version.number)
    questions = [str(text) for text in newest.data.get("questions") or ()]
    found = []
    title = str(newest.data.get("title", "")).strip()
    if newest.number == 1 and newest.author != FILE and not questions and len(title) < SHORT_TITLE:
        found.append(f"主题“{title}”没有问法，标题也很短，客户很难问到它：请加几条问法")
    return found + question_warnings(content, entry.id, questions)


def question_warnings(content: Content, topic: str, questions: Iterable[str]) -> list[str]:
    """Questions that are live with another topic too, whatever their punctuation."""
    owners = {
        _plain(question): (other.id, other.title)
        for other in content.faq.values()
        if other.id != topic
        for question in other.questions
    }
    return [
        f"问法“{question}”已经属于主题 {id_}（{title}），客户可能得到那边的答案"
        for question in questions
        for id_, title in filter(None, [owners.get(_plain(question))])
    ]


def retire_warnings(entry: Entry) -> list[str]:
    """Every template belongs to the dialogues: without its words they hand the customer on."""
    if entry.kind != TEMPLATE or entry.status is not Status.RETIRED:
        return []
    return [
        f"对话还会用到 {entry.id}：停用后，说到这里时客户只会听到“没能处理好”之类的话，并转给人工。"
        "如果只是想换个说法，请先恢复（restore），再修改（edit）"
    ]


def _plain(text: str) -> str:
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold()) or text
