"""What is said of characters without the table of phrases is what pypinyin says with it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bot.services import pinyin
from bot.settings import ROOT

TITLES = ["保养多久一次", "重庆长城汽车会长大吗", "行李箱有多大", "X5首付银行贷款", "OK 还行"]
ASKED = f"""
import json
{{}}
characters = "".join(map(chr, range(0x3400, 0xA000)))
print(json.dumps([one(characters), words(), [spelled(title) for title in {TITLES!r}]]))
"""
STOCK = """
from pypinyin import lazy_pinyin as spelled
from pypinyin.phrases_dict import phrases_dict
one = lambda characters: [spelled(each)[0] for each in characters]
words = lambda: sorted(phrase for phrase in phrases_dict if len(phrase) == 2)
"""
OURS = """
from bot.services.pinyin import all_readings as one, spelled_out as spelled, words_of_two
words = lambda: sorted(words_of_two())
"""


def test_readings_words_and_titles_are_those_of_pypinyin() -> None:
    ours, stock = _asked(OURS), _asked(STOCK)
    assert ours == stock
    assert len(stock[1]) > 20_000


def test_the_phrases_are_loaded_for_titles_alone() -> None:
    loaded = (
        "import sys; from bot.services.pinyin import reading, words_of_two, spelled_out\n"
        "from pypinyin import constants\n"
        "assert (reading('行'), '银行' in words_of_two(), len(constants.PHRASES_DICT)) == ('xing', True, 0)\n"
        "assert spelled_out('银行') == ['yin', 'hang']\n"
    )
    subprocess.run(
        [sys.executable, "-c", "import bot.services.pinyin as p; p.reading('一')\n" + loaded],
        cwd=ROOT,
        check=True,
        timeout=60,
    )


def test_one_character_by_itself() -> None:
    assert (pinyin.reading("长"), pinyin.reading("x5")) == ("zhang", "x5")


def _asked(names: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", ASKED.format(names)], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)
