"""How the lines of a transcript become messages of WeChat: short ones merged, long ones split by bytes.

The platform gives no limit for a text; more than 1,800 bytes are cut off by some clients (``reference/wechat.md``,
*Text length*). How far a line was sent is told in parts, which never depend on what they are merged with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from bot.domain.conversation import Author

LONGEST = 1800
"""Bytes of UTF-8 in one message."""
LONGEST_HEAD, MOST_CHOICES = 1000, 10
"""Bytes above the choices of a ``msgmenu``, and their number, as for 微信客服 (send_msg); 公众号 names no limit."""
BETWEEN = "\n\n"
"""Between two lines in one message."""
HOW_TO_CHOOSE = "回复数字即可选择"
CHOOSE = "请选择："
"""What stands above choices that have no words of their own: the platform wants some."""
_ENDS = re.compile(r"[。！？；…\n]+[”’」』）)]*|[!?;](?=\s)")
_PAUSES = re.compile(r"[，、：,]|\s+")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MENU_ID = re.compile(r"([1-9a-z][0-9a-z]{0,6})\.([1-9a-z][0-9a-z]{0,2})")
_JOINER = "\u200d"


class Form(str, Enum):
    """A message's type on the platform; ``TEMPLATE`` is for what comes outside of the window."""

    TEXT = "text"
    MENU = "msgmenu"
    PICTURE = "image"
    TEMPLATE = "template"


@dataclass(frozen=True)
class Line:
    """A line that the customer is to read. ``choices``: titles; ``file``: the path of a file, ``link`` its words."""

    seq: int
    author: Author
    text: str
    choices: tuple[str, ...] = ()
    file: str | None = None
    link: str = ""


@dataclass(frozen=True)
class Choice:
    """A choice of a ``msgmenu``."""

    id: str
    title: str


@dataclass(frozen=True)
class Piece:
    """One message. Once it is sent, everything up to ``seq`` was, and ``parts`` of the line after it.

    ``first`` and ``last``: the lines that it has something of. ``by_person``: somebody of the staff wrote some of it.
    """

    form: Form
    text: str
    first: int
    last: int
    seq: int
    parts: int
    by_person: bool
    choices: tuple[Choice, ...] = ()
    file: str | None = None
    link: str = ""


@dataclass(frozen=True)
class _Part:
    """What of a line is never divided: ``number`` counts from 1."""

    line: Line
    number: int
    is_last: bool
    text: str
    form: Form = Form.TEXT

    def piece(self) -> Piece:
        line = self.line
        titles = line.choices if self.form is Form.MENU else ()
        return Piece(
            form=self.form,
            text=self.text,
            first=line.seq,
            last=line.seq,
            seq=line.seq if self.is_last else line.seq - 1,
            parts=0 if self.is_last else self.number,
            by_person=line.author is Author.STAFF,
            choices=tuple(Choice(menu_id(line.seq, n), title) for n, title in enumerate(titles, 1)),
            file=line.file if self.form is Form.PICTURE else None,
            link=line.link if self.form is Form.PICTURE else "",
        )


def pieces(
    lines: Iterable[Line], parts: int = 0, fold: bool = False, limit: int = LONGEST
) -> tuple[Piece, ...]:
    """The messages of these lines, of the first of which so many ``parts`` were sent.

    Lines of one side are merged; with ``fold`` those of both sides are, and the words before choices go above them, so
    that fewer messages are needed.
    """
    return tuple(_merged((part.piece() for part in _parts(lines, parts, limit)), fold, limit))


def pieces_with_one_menu(lines: Sequence[Line], parts: int = 0, limit: int = LONGEST) -> tuple[Piece, ...]:
    """The fewest messages: merged as with ``fold``, and the last choices alone can be clicked on."""
    last = _last_with_choices(lines)
    found = (
        (part.piece(), part.form is Form.MENU and part.line.seq != last)
        for part in _parts(lines, parts, limit)
    )
    flat = (_plain(piece, False) if is_earlier else piece for piece, is_earlier in found)
    return tuple(_merged(flat, True, limit))


def plain_pieces(lines: Sequence[Line], parts: int = 0, limit: int = LONGEST) -> tuple[Piece, ...]:
    """The same as texts alone: choices are numbered, the last ones at least, and files are links."""
    last = _last_with_choices(lines)
    plain = (_plain(part.piece(), part.line.seq == last) for part in _parts(lines, parts, limit))
    return tuple(_merged(plain, True, limit))


def next_piece(lines: Sequence[Line], parts: int, left: int, left_for_bot: int) -> Piece | None:
    """What to send now; None where nothing is to be sent or nothing may be."""
    whole, folded = pieces(lines, parts), pieces(lines, parts, fold=True)
    if not whole:
        return None
    may = left if any(piece.by_person for piece in whole) else left_for_bot
    if len(whole) <= may:
        tries = [whole[0], folded[0]]
    elif len(folded) <= may:
        tries = [folded[0]]
    else:
        tries = [pieces_with_one_menu(lines, parts)[0]]
    allowed = (piece for piece in tries if (left if piece.by_person else left_for_bot) > 0)
    return next(allowed, None)


def as_text(piece: Piece) -> Piece:
    """The same in plain words, where the platform does not take it as it is."""
    return _plain(piece, True)


def split(text: str, limit: int = LONGEST) -> tuple[str, ...]:
    """Parts of at most ``limit`` bytes, cut at the ends of sentences where that leaves no part half empty, else at
    pauses, else anywhere but within what is seen as one character. White space at a cut is dropped."""
    found, rest = [], text.strip()
    while size(rest) > limit:
        cut = _cut(rest, limit)
        found.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return tuple(part for part in (*found, rest) if part)


def numbered(text: str, titles: Iterable[str]) -> str:
    """Choices for an account that may not send a ``msgmenu``."""
    choices = [f"{number}. {title}" for number, title in enumerate(titles, 1)]
    return "\n".join(part for part in (text, *choices, HOW_TO_CHOOSE) if part)


def menu_id(seq: int, number: int) -> str:
    """The id of a choice: it tells where it stands in the transcript (the first is 1) and nothing of what it does."""
    return f"{_in_36(seq)}.{_in_36(number)}"


def button_of(id_: str) -> tuple[int, int] | None:
    """Line and number of a choice; None for what is no such id. Whether it was ever offered is for others to say."""
    match = _MENU_ID.fullmatch(id_)
    return (int(match[1], 36), int(match[2], 36)) if match else None


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode())


def _last_with_choices(lines: Iterable[Line]) -> int:
    return max((line.seq for line in lines if line.choices), default=0)


def _parts(lines: Iterable[Line], skipped: int, limit: int) -> Iterator[_Part]:
    for number, line in enumerate(lines):
        found = list(_parts_of(line, limit))
        for part in found[skipped if number == 0 else 0 :]:
            yield replace(part, is_last=part.number == len(found))


def _parts_of(line: Line, limit: int) -> Iterator[_Part]:
    words: list[tuple[str, Form]] = [(text, Form.TEXT) for text in split(line.text, limit)]
    if line.choices:
        is_menu = len(line.choices) <= MOST_CHOICES
        head = words.pop()[0] if words and _fits(words[-1][0], line.choices, limit) else CHOOSE
        words.append((head, Form.MENU) if is_menu else (numbered(head, line.choices), Form.TEXT))
    if line.file:
        words.append(("", Form.PICTURE))
    for number, (text, form) in enumerate(words, 1):
        yield _Part(line, number, False, text, form)


def _merged(found: Iterable[Piece], fold: bool, limit: int) -> Iterator[Piece]:
    waiting: Piece | None = None
    for piece in found:
        merged = _merge(waiting, piece, fold, limit) if waiting else None
        if waiting and not merged:
            yield waiting
        waiting = merged or piece
    if waiting:
        yield waiting


def _merge(first: Piece, second: Piece, fold: bool, limit: int) -> Piece | None:
    """Both as one message; None where that is not possible."""
    forms = (Form.TEXT, Form.MENU) if fold else (Form.TEXT,)
    is_one_line = first.last == second.first  # its parts were cut apart because they do not fit
    if first.form is not Form.TEXT or second.form not in forms or is_one_line:
        return None
    if first.by_person is not second.by_person and not fold:
        return None
    text = f"{first.text}{BETWEEN}{second.text}"
    titles = [choice.title for choice in second.choices]
    if not (_fits(text, titles, limit) if titles else size(text) <= limit):
        return None
    return replace(second, text=text, first=first.first, by_person=first.by_person or second.by_person)


def _fits(head: str, titles: Sequence[str], limit: int) -> bool:
    return size(head) <= LONGEST_HEAD and size(numbered(head, titles)) <= limit


def _plain(piece: Piece, is_numbered: bool) -> Piece:
    text = piece.link if piece.form is Form.PICTURE else piece.text
    titles = [choice.title for choice in piece.choices]
    if titles:
        bullets = "\n".join([text, *(f"· {title}" for title in titles)])
        text = numbered(text, titles) if is_numbered else bullets
    return replace(piece, form=Form.TEXT, text=text, choices=(), file=None, link="")


def _cut(text: str, limit: int) -> int:
    """Where the first part ends: after as many characters as are at least 1 and take at most ``limit`` bytes."""
    most = len(text.encode()[:limit].decode(errors="ignore"))
    for wanted in (_ENDS, _PAUSES):
        cuts = [end for end in (match.end() for match in wanted.finditer(text, 0, most + 1)) if end <= most]
        if cuts and size(text[: cuts[-1]]) * 2 >= limit:
            return cuts[-1]
    whole = next((cut for cut in range(most, 0, -1) if not _is_within(text, cut)), most)
    return max(1, whole)


def _is_within(text: str, cut: int) -> bool:
    """Whether a cut would divide what is seen as one character: an accent, a flag, a family."""
    before, after = text[cut - 1], text[cut : cut + 1]
    if not after:
        return False
    if after == _JOINER or before == _JOINER or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    return _is_flag_letter(after) and _flag_letters_before(text, cut) % 2 == 1


def _flag_letters_before(text: str, cut: int) -> int:
    start = cut
    while start and _is_flag_letter(text[start - 1]):
        start -= 1
    return cut - start


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _in_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
