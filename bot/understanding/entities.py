"""The things a customer names: models, stores, jobs, numbers, names, times.

Positions are those of the original text. Words for models, stores and jobs come from the dealership's content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from bot.understanding.brands import is_other_makers
from bot.understanding.mileage import find_mileages, is_bare_number
from bot.understanding.names import find_names
from bot.understanding.needs import find_needs, find_referral_codes
from bot.understanding.numbers import DIGITS
from bot.understanding.phones import find_phones, landline_spans
from bot.understanding.plates import find_plates
from bot.understanding.time_expressions import TimeKind, find_past_date, parse_time
from bot.understanding.times.prepare import MAX_LENGTH, fold

Span = tuple[int, int]


@dataclass(frozen=True)
class LexiconEntry:
    """A model, store or job: its id, its name, and the words that customers use for it."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lexicon:
    """The dealership's own words."""

    models: tuple[LexiconEntry, ...] = ()
    stores: tuple[LexiconEntry, ...] = ()
    jobs: tuple[LexiconEntry, ...] = ()


@dataclass(frozen=True)
class Entity:
    """What `text` at [start, end) of the message means; the value's type depends on the entity."""

    entity: str
    value: object
    start: int
    end: int
    text: str


def extract_entities(text: str, lexicon: Lexicon, now: datetime) -> list[Entity]:
    """The entities of a message in order of place; only times may overlap others. Reads the first 500 characters.

    model, store, job: the id. phone: 11 digits. phone_invalid: {"digits", "problem": short | long | prefix}.
    plate, plate_invalid: capitals without the dot. booking_code: six capitals and digits. mileage: km.
    name: with its title. delivery_date: ISO date, never in the future. time: kind, start, end, grain.
    referral_code, budget, seats, people, use, energy, body: see ``needs``.
    """
    original = text[:MAX_LENGTH]
    folded = fold(original)
    finder = _Finder(original, folded)
    finder.add_all(_numbers(folded))
    finder.add_all(find_referral_codes(folded))
    finder.add_all(_booking_codes(folded))
    finder.add_all(_lexicon_matches(folded, lexicon))
    finder.add_all(_delivery_dates(original, folded, now))
    finder.add_all(_mileages(finder))
    finder.add_together(find_needs(folded))
    time = _time(original, finder, now)
    finder.add_all(_names(folded, finder, time))
    return sorted([*_wanted(finder.entities, folded), *time], key=lambda entity: (entity.start, entity.end))


_REFUSED_BEFORE = re.compile(
    r"(?:(?<!是)不是|不要|不做|不去|别做|去掉|取消|而非|不选)(?:约|去|选|做|这个|那个)?$"
)
_REFUSED_AFTER = re.compile(
    r"(?:就|先|也|那个|这个|的)*(?:不要了?|不做了?|不去了?|不用了?|去掉|取消|不对|错了)(?![吗么?])"
    r"|[,.!、 ]*(?:哦|噢|啊|呀|诶|哎呀?|不好意思|抱歉|刚才)*[,. ]*(?:[打写发说搞输填报]错了?|不对|错了|更正)(?![吗么?])"
)
_REPLACEABLE = ("model", "store", "job", "phone", "plate")


def _wanted(entities: list[Entity], folded: str) -> list[Entity]:
    """Without what the customer says no to (不是城东,是城西), when something of the same kind is left."""
    refused = [entity for entity in entities if entity.entity in _REPLACEABLE and _is_refused(entity, folded)]
    kept_kinds = {entity.entity for entity in entities if entity not in refused}
    return [entity for entity in entities if entity not in refused or entity.entity not in kept_kinds]


def _is_refused(entity: Entity, folded: str) -> bool:
    before = folded[max(0, entity.start - 6) : entity.start]
    return _REFUSED_BEFORE.search(before) is not None or _REFUSED_AFTER.match(folded, entity.end) is not None


Found = tuple[str, object, int, int]


class _Finder:
    """Collects entities; a later one gives way to those that already hold its place."""

    def __init__(self, original: str, folded: str) -> None:
        self.original = original
        self.folded = folded
        self.entities: list[Entity] = []

    def add_all(self, found: Iterator[Found]) -> None:
        for name, value, start, end in found:
            if not any(start < other.end and end > other.start for other in self.entities):
                self.entities.append(Entity(name, value, start, end, self.original[start:end]))

    def add_together(self, found: Iterator[Found]) -> None:
        """Like ``add_all``; these may overlap each other (接送孩子 is a use, and a child)."""
        together: list[Entity] = []
        for name, value, start, end in found:
            if not any(start < other.end and end > other.start for other in self.entities):
                together.append(Entity(name, value, start, end, self.original[start:end]))
        self.entities += together

    def spans(self) -> list[Span]:
        return [(entity.start, entity.end) for entity in self.entities]

    def has(self, *names: str) -> bool:
        return any(entity.entity in names for entity in self.entities)

    def masked(self) -> str:
        """The folded text with a neutral mark for every character that belongs to an entity."""
        return _mask(self.folded, self.spans() + landline_spans(self.folded))


def _mask(text: str, spans: list[Span]) -> str:
    for start, end in spans:
        text = text[:start] + "□" * (end - start) + text[end:]
    return text


def _numbers(folded: str) -> Iterator[Found]:
    """Phone numbers and plates: the longest runs of digits, so they come first."""
    plates = find_plates(folded)
    masked = _mask(folded, [(plate.start, plate.end) for plate in plates])
    for phone in find_phones(masked):
        if phone.problem:
            yield "phone_invalid", {"digits": phone.digits, "problem": phone.problem}, phone.start, phone.end
        else:
            yield "phone", phone.digits, phone.start, phone.end
    for plate in plates:
        yield ("plate" if plate.is_valid else "plate_invalid"), plate.number, plate.start, plate.end


_CODE = re.compile(
    r"(?<![a-z0-9])(?:(?P<letters>[abcdefghjkmnpqrstuvwxyz]{3})[ \-.]?(?P<digits>[2-9]{3}|[二三四五六七八九]{3})"
    r"|(?P<spaced>[abcdefghjkmnpqrstuvwxyz](?: [abcdefghjkmnpqrstuvwxyz]){2}(?: [2-9]){3}))(?![a-z0-9]|\.\d"
    r"|[元块公万])"
)
_NOT_A_CODE = (
    "suv",
    "mpv",
    "app",
    "etc",
    "gps",
    "abs",
    "esp",
    "vip",
    "cvt",
    "dct",
    "usb",
    "car",
    "buy",
    "max",
)


def _booking_codes(folded: str) -> Iterator[Found]:
    for match in _CODE.finditer(folded):
        said = match["spaced"] or match["letters"] + match["digits"]
        code = "".join(str(DIGITS.get(char, char)) for char in said.replace(" ", "")).upper()
        if code[:3].lower() not in _NOT_A_CODE:
            yield "booking_code", code, match.start(), match.end()


def _lexicon_matches(folded: str, lexicon: Lexicon) -> Iterator[Found]:
    """Models, stores and jobs; of overlapping words the longest wins."""
    pattern, meanings = _compiled(lexicon)
    if pattern is None:
        return
    matches = [(match.start(), match[1]) for match in pattern.finditer(folded) if match[1]]
    for start, word in sorted(matches, key=lambda item: (-len(item[1]), item[0])):
        entity, value = meanings[_spelt(word)]
        if entity != "model" or not is_other_makers(folded, start):
            yield entity, value, start, start + len(word)


@lru_cache(maxsize=8)
def _compiled(lexicon: Lexicon) -> tuple[re.Pattern[str] | None, dict[str, tuple[str, str]]]:
    """One pattern of all words, longest first, found at every place (look-ahead), and what each word means."""
    meanings: dict[str, tuple[str, str]] = {}
    for entity, entries in (("model", lexicon.models), ("store", lexicon.stores), ("job", lexicon.jobs)):
        for entry in entries:
            for word in (entry.name, *entry.aliases):
                meanings.setdefault(_squeezed(fold(word)), (entity, entry.id))
    meanings.pop("", None)
    if not meanings:
        return None, meanings
    words = sorted(meanings, key=len, reverse=True)
    return re.compile(f"(?=({'|'.join(map(_word_pattern, words))}))"), meanings


def _squeezed(word: str) -> str:
    return re.sub(r"[\s\-·]+", "", word)


_SPOKEN = {
    "x": "x|叉|艾克斯|埃克斯",
    "s": "s|艾斯",
    **dict(zip("356789", ("3三叁", "5五伍", "6六陆", "7七柒", "8八捌", "9九玖"), strict=True)),
}
_HEARD = re.compile(
    r"(?:叉|[艾埃]克斯)(?=[3-9三叁五伍六陆七柒八捌九玖])|艾斯(?=[3-9三叁五伍六陆七柒])|(?<=[a-z])[三叁五伍六陆七柒八捌九玖]"
)
_WRITTEN = {
    "叉": "x",
    "艾克斯": "x",
    "埃克斯": "x",
    "艾斯": "s",
    **dict(zip("三叁五伍六陆七柒八捌九玖", "335566778899", strict=True)),
}
_IS_CODE_NAME = re.compile(r"[a-z]\d")


def _spelt(word: str) -> str:
    """A found word as the content writes it: x五, 叉5 and 埃克斯五 of voice input are x5."""
    squeezed = _squeezed(word)
    if squeezed[-1:] in _WRITTEN or squeezed[:1] in "叉艾埃":
        for _ in range(2):
            squeezed = _HEARD.sub(lambda match: _WRITTEN[match[0]], squeezed)
    return squeezed


def _char_pattern(char: str, is_code_name: bool) -> str:
    if not is_code_name or char not in _SPOKEN:
        return re.escape(char)
    return f"[{_SPOKEN[char]}]" if char.isdigit() else f"(?:{_SPOKEN[char]})"


def _word_pattern(word: str) -> str:
    """The word with white space allowed beside Latin characters (x 5, 青岚 X5), and not inside a longer Latin run."""
    is_code_name = _IS_CODE_NAME.fullmatch(word) is not None
    pieces = [_char_pattern(word[0], is_code_name)]
    for before, char in pairwise(word):
        gap = r"[ \-]?" if before.isascii() or char.isascii() else ""
        pieces.append(gap + _char_pattern(char, is_code_name))
    left = r"(?<![a-z0-9])" if word[0].isascii() else ""
    right = (
        r"(?![a-z0-9]|\.\d|(?<= \d)[点:号个万年月]|(?<=[三五六七八九])[十百千万点号个座年月天厢缸档档挡三五六七八九])"
        if word[-1].isascii()
        else ""
    )
    return left + "".join(pieces) + right


_DELIVERY = re.compile(
    r"提车|提的|提了|刚提|交车|交的车|交付|买的|买了|买车|上牌|上的牌|购车|购买|购入|落地|拿车|拿的车|入手"
    r"|到手|接车|开票"
)
_WISH = re.compile(
    r"(?:想|要|能|准备|打算|什么时候|可以|多久|几天|预计|计划).{0,12}(?:提车|交车|买车|上牌|交付|拿车)"
)
_FILLER = r"\s,.。!、的了吧呢啊大概约差不多左右是在应该好像那时候:"
_PARTICLES = re.compile(f"[{_FILLER}]*")
_FACTS = re.compile(f"[{_FILLER}□\\d零一二两三四五六七八九十百千万多几]*")


def _delivery_dates(original: str, folded: str, now: datetime) -> Iterator[Found]:
    found = find_past_date(original, now)
    if found is None:
        return
    day, start, end = found
    rest = folded[:start] + folded[end:]
    is_whole = _PARTICLES.fullmatch(rest) is not None or is_bare_number(rest)
    is_told = _DELIVERY.search(folded) is not None and _WISH.search(folded) is None
    is_plain_number = folded[start:end].isdigit() and end - start < 6
    if is_told or (is_whole and day < now.date() and not is_plain_number):
        yield "delivery_date", day.isoformat(), start, end


def _mileages(finder: _Finder) -> Iterator[Found]:
    masked = finder.masked()
    is_form_data = finder.has("delivery_date") or _FACTS.fullmatch(masked) is not None
    for item in find_mileages(masked, is_form_data):
        yield "mileage", item.km, item.start, item.end


def _time(original: str, finder: _Finder, now: datetime) -> list[Entity]:
    """The time of the message, read around the numbers; a delivery date told as such is no appointment."""
    hidden = [(entity.start, entity.end) for entity in finder.entities if _hides_time(entity, finder)]
    time = parse_time(_mask(original, hidden + landline_spans(finder.folded)), now)
    if time.kind is TimeKind.NONE or time.span is None:
        return []
    start, end = time.span
    return [Entity("time", time.as_entity(), start, end, original[start:end])]


def _hides_time(entity: Entity, finder: _Finder) -> bool:
    return entity.entity != "delivery_date" or _DELIVERY.search(finder.folded) is not None


def _names(folded: str, finder: _Finder, time: list[Entity]) -> Iterator[Found]:
    taken = finder.spans() + [(entity.start, entity.end) for entity in time]
    is_form_data = finder.has("phone", "phone_invalid", "plate", "plate_invalid")
    for name in find_names(folded, taken, is_form_data):
        yield "name", finder.original[name.start : name.end], name.start, name.end
