"""How lines become messages: merged, split by bytes on sentence ends (``reference/wechat.md``, point 11)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conversation import Author
from bot.domain.wechat.pieces import (
    BETWEEN,
    CHOOSE,
    LONGEST,
    Form,
    Line,
    Piece,
    as_text,
    button_of,
    menu_id,
    next_piece,
    numbered,
    pieces,
    plain_pieces,
    size,
    split,
)

SENTENCE = "青岚X5的保养周期是一万公里或者一年。"
CHARACTERS = st.text(alphabet=st.sampled_from("车。！\n ，a.é👨‍👩‍👧🇨🇳👍🏽e\u0301"), max_size=200)
LINES = st.lists(
    st.tuples(st.sampled_from([Author.BOT, Author.STAFF]), CHARACTERS, st.integers(0, 3), st.booleans()),
    max_size=6,
)


def bot(seq: int, text: str, *choices: str) -> Line:
    return Line(seq, Author.BOT, text, choices)


def staff(seq: int, text: str) -> Line:
    return Line(seq, Author.STAFF, text)


def test_point_11_long_texts_are_cut_at_sentence_ends() -> None:
    text = SENTENCE * 100

    parts = split(text)

    assert all(part.endswith("。") for part in parts)
    assert all(size(part) <= LONGEST for part in parts)
    assert "".join(parts) == text
    assert len(parts) == -(-size(text) // (LONGEST // size(SENTENCE) * size(SENTENCE)))


def test_without_sentences_the_cut_is_at_a_pause() -> None:
    assert split("一二三四，五六七八九十", 24) == ("一二三四，", "五六七八九十")


def test_an_early_sentence_end_does_not_leave_a_part_half_empty() -> None:
    assert split("好。" + "车" * 20, 30) == ("好。" + "车" * 8, "车" * 10, "车" * 2)


@pytest.mark.parametrize("whole", ["👨‍👩‍👧", "🇨🇳", "👍🏽", "e\u0301", "❤️"])
def test_what_is_seen_as_one_character_stays_whole(whole: str) -> None:
    for limit in range(size(whole), size(whole) * 3):
        parts = split(whole * 5, limit)

        assert all(len(part) % len(whole) == 0 for part in parts), (limit, parts)


def test_a_character_larger_than_a_part_is_cut_all_the_same() -> None:
    assert "".join(split("👨‍👩‍👧" * 2, 8)) == "👨‍👩‍👧" * 2


@given(st.text(max_size=300) | CHARACTERS, st.integers(4, 60))
def test_point_11_parts_fit_and_lose_nothing(text: str, limit: int) -> None:
    parts = split(text, limit)

    assert all(0 < size(part) <= limit for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)
    assert parts == split(text, limit)


@given(LINES, st.integers(0, 4))
def test_point_11_however_it_is_sent_each_line_is_sent_once_and_in_order(
    drawn: list[tuple[Author, str, int, bool]], turn: int
) -> None:
    """One piece after the other, merged more or less from time to time: as if messages were claimed one by one."""
    lines = [
        Line(
            seq,
            author,
            text,
            ("甲", "乙", "丙")[:choices],
            "/files/x/file.png" if file else None,
            "图片\n链接",
        )
        for seq, (author, text, choices, file) in enumerate(drawn, 1)
    ]
    sent: list[Piece] = []
    seq, parts = 0, 0
    while True:
        left = [line for line in lines if line.seq > seq]
        modes = (pieces(left, parts, limit=60), pieces(left, parts, True, 60), plain_pieces(left, parts, 60))
        found = modes[(turn + len(sent)) % 3]
        if not found:
            break
        sent.append(found[0])
        seq, parts = found[0].seq, found[0].parts

    said = "".join(piece.text for piece in sent)
    for text in (word for line in lines for word in line.text.split()):
        for character in text:
            assert character in said
            said = said[said.index(character) + 1 :]
    wanted = sum(line.file is not None for line in lines)
    assert sum(piece.text.count("图片\n链接") + (piece.form is Form.PICTURE) for piece in sent) == wanted
    assert all(piece.first <= piece.last for piece in sent)


def test_lines_of_one_side_are_one_message() -> None:
    (first, second) = pieces([bot(1, "您好"), bot(2, "请说"), staff(4, "我是小王"), staff(5, "在的")])

    assert (first.text, first.first, first.seq, first.by_person) == (f"您好{BETWEEN}请说", 1, 2, False)
    assert (second.text, second.seq, second.by_person) == (f"我是小王{BETWEEN}在的", 5, True)


def test_point_13_choices_are_a_menu_with_opaque_ids() -> None:
    words, menu = pieces([bot(7, "先说一句"), bot(8, "哪家店？", "城东店", "城西店")])

    assert (words.form, words.text) == (Form.TEXT, "先说一句")
    assert (menu.form, menu.text) == (Form.MENU, "哪家店？")
    assert [(choice.title, button_of(choice.id)) for choice in menu.choices] == [
        ("城东店", (8, 1)),
        ("城西店", (8, 2)),
    ]
    assert not any(word in choice.id for choice in menu.choices for word in ("城", "/", "store"))


def test_point_13_numbered_text_where_no_menu_may_be_sent() -> None:
    (only,) = plain_pieces([bot(1, "旧问题？", "甲"), bot(3, "哪家店？", "城东店", "城西店")])

    assert only.text == f"旧问题？\n· 甲{BETWEEN}哪家店？\n1. 城东店\n2. 城西店\n回复数字即可选择"
    assert numbered("", ["是"]) == "1. 是\n回复数字即可选择"


def test_a_menu_without_words_or_with_too_many_asks_to_choose() -> None:
    (without,) = pieces([bot(1, "", "甲")])
    *texts, long = pieces([bot(1, SENTENCE * 30, "甲")])

    assert without.text == long.text == CHOOSE
    assert "".join(piece.text for piece in texts) == SENTENCE * 30


def test_more_choices_than_a_menu_holds_are_numbered() -> None:
    (only,) = pieces([bot(1, "哪天？", *(f"{day} 日" for day in range(1, 13)))])

    assert only.form is Form.TEXT
    assert "12. 12 日" in only.text


def test_a_picture_is_a_message_of_its_own_and_a_link_in_plain_words() -> None:
    line = Line(
        3, Author.STAFF, "看这张", (), "/files/abc/file.png", "图片.png\nhttps://x/files/abc/file.png"
    )

    words, picture = pieces([line])
    assert (words.seq, words.parts) == (2, 1)
    assert (picture.form, picture.file, picture.seq, picture.parts) == (Form.PICTURE, line.file, 3, 0)
    assert pieces([line], parts=1) == (picture,)
    assert as_text(picture).text == line.link


def test_point_11_what_is_left_of_the_quota_is_filled() -> None:
    lines = [bot(1, "您好"), bot(2, "哪家店？", "城东店")]

    assert next_piece(lines, 0, left=3, left_for_bot=2).text == "您好"  # type: ignore[union-attr]
    merged = next_piece(lines, 0, left=2, left_for_bot=1)
    assert merged is not None
    assert (merged.form, merged.text) == (Form.MENU, f"您好{BETWEEN}哪家店？")
    assert next_piece(lines, 0, left=1, left_for_bot=0) is None


@pytest.mark.parametrize("left_for_bot", [4, 1])
def test_point_11_of_many_choices_the_last_can_be_clicked_when_the_quota_is_short(left_for_bot: int) -> None:
    lines = [bot(seq, f"问题{seq}？", f"预约{seq}", f"不用{seq}") for seq in range(1, 6)]
    sent: list[Piece] = []
    while lines and (piece := next_piece(lines, 0, left_for_bot - len(sent) + 1, left_for_bot - len(sent))):
        sent.append(piece)
        lines = [line for line in lines if line.seq > piece.seq]

    assert lines == []
    assert [piece.form for piece in sent[:-1]] == [Form.TEXT] * (len(sent) - 1)
    assert (sent[-1].form, [choice.title for choice in sent[-1].choices]) == (Form.MENU, ["预约5", "不用5"])
    said = BETWEEN.join(piece.text for piece in sent)
    assert said == BETWEEN.join(
        [*(f"问题{seq}？\n· 预约{seq}\n· 不用{seq}" for seq in range(1, 5)), "问题5？"]
    )


def test_where_all_choices_can_go_out_none_becomes_text() -> None:
    lines = [bot(1, "哪家店？", "城东店"), bot(2, "哪天？", "周六")]

    piece = next_piece(lines, 0, left=3, left_for_bot=2)

    assert piece is not None
    assert (piece.form, piece.seq) == (Form.MENU, 1)


def test_the_last_message_is_a_persons_who_takes_the_words_of_the_bot_along() -> None:
    lines = [bot(1, "正在为您转接"), staff(2, "我是小王")]

    taken = next_piece(lines, 0, left=1, left_for_bot=0)

    assert taken is not None
    assert (taken.by_person, taken.text, taken.seq) == (True, f"正在为您转接{BETWEEN}我是小王", 2)
    assert next_piece(lines, 0, left=0, left_for_bot=0) is None


def test_nothing_is_sent_of_lines_without_words() -> None:
    assert pieces([bot(1, ""), bot(2, " \n")]) == ()
    assert next_piece([bot(1, "")], 0, 5, 4) is None


@given(st.integers(1, 2_000_000_000), st.integers(1, 40))
def test_ids_of_choices_lead_back(seq: int, number: int) -> None:
    assert button_of(menu_id(seq, number)) == (seq, number)
    assert re.fullmatch(r"[0-9a-z.]{3,11}", menu_id(seq, number))


@pytest.mark.parametrize(
    "forged", ["", ".", "1.", ".1", "1.0", "0.1", "A.1", "1.1 ", "1.1\n", "1.1.1", "１.１", "/restart"]
)
def test_other_ids_lead_nowhere(forged: str) -> None:
    assert button_of(forged) is None
