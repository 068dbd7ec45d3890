"""Words of praise and blame as stars, 1 (bad) to 5 (very good)."""

from __future__ import annotations

import re

_WORDS = (
    (1, re.compile(r"(?:很|非常|极|太|特别)不满意|太差|很差|极差|非常差|差评|垃圾|差劲")),
    (2, re.compile(r"不(?:太|怎么|是很|够)?(?:满意|好|行)|不怎么样|比较差|有点差")),
    (3, re.compile(r"一般|还行|还可以|凑合|马马虎虎|还好")),
    (5, re.compile(r"(?:很|非常|特别|十分|相当|超级?)(?:满意|好|棒)|满分|五星|太棒|太好|完美|赞")),
    (4, re.compile(r"满意|不错|挺好|蛮好|好评")),
)


def stars_in(text: str) -> int | None:
    """What a word is worth; None where there is none."""
    return next((stars for stars, words in _WORDS if words.search(text)), None)
