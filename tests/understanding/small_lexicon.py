"""The words of a small dealership, and what is found in a text with them."""

from __future__ import annotations

from datetime import datetime

from bot.understanding.entities import Lexicon, LexiconEntry, extract_entities

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
LEXICON = Lexicon(
    models=(
        LexiconEntry("x5", "青岚 X5", ("X5", "小SUV")),
        LexiconEntry("x7", "青岚 X7", ("X7", "七座的")),
        LexiconEntry("s6", "青岚 S6", ("S6",)),
        LexiconEntry("e5", "青岚 E5", ("E5", "电车", "纯电")),
    ),
    stores=(
        LexiconEntry("east", "城东店", ("城东", "东店", "东边那家")),
        LexiconEntry("west", "城西店", ("城西", "西店")),
    ),
    jobs=(
        LexiconEntry("first_service", "首次保养", ("首保",)),
        LexiconEntry("regular_service", "常规保养", ("小保养", "换机油")),
        LexiconEntry("major_service", "大保养"),
        LexiconEntry("ev_service", "纯电车型保养", ("电车保养",)),
        LexiconEntry("brake_check", "刹车检查", ("刹车",)),
        LexiconEntry("aircon_service", "空调清洗"),
    ),
)


def found(text: str, *kinds: str) -> list[tuple[str, object]]:
    """Entity and value of each that is found, of the given kinds alone where any are named."""
    entities = extract_entities(text, LEXICON, NOW)
    return [(entity.entity, entity.value) for entity in entities if not kinds or entity.entity in kinds]
