"""What the content in the database adds to the trained model: questions of the FAQ, topics, synonyms, names.

Looked up at every message and worked in when there is a new snapshot of the content, which takes some milliseconds: an
edit counts at once, without training.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.dealership import Model, ServiceJob, Store
from bot.services.content.snapshot import Content
from bot.understanding.entities import Lexicon, LexiconEntry
from bot.understanding.extractor import load_lexicon, use_lexicon
from bot.understanding.sentences import LIVE_RIDGE, Scores, SentenceModel
from bot.understanding.text import normalise
from bot.understanding.times.notices import Notices, use_notices

ContentProvider = Callable[[], Content]


def use_content(provider: ContentProvider | None) -> None:
    """Ask `provider` for the content from now on, at every message. Without one the trained model stands alone."""
    _source.provider = provider
    use_lexicon(_live_lexicon)
    use_notices(_live_notices)


def current_content() -> Content | None:
    return _source.provider() if _source.provider else None


@dataclass
class _Source:
    provider: ContentProvider | None = None


_source = _Source()


@dataclass
class LiveSentences:
    """A trained model that follows the content."""

    trained: SentenceModel
    _model: SentenceModel = field(init=False)
    _synonyms: Synonyms = field(init=False)
    _content: Content | None = None

    def __post_init__(self) -> None:
        self._model, self._synonyms = self.trained, Synonyms({})

    def scores(self, text: str) -> Scores:
        """For a text as it was typed."""
        content = current_content()
        if content is not None and content is not self._content:
            self._follow(content)
        return self._model.scores(text, self._synonyms.rewrite)

    def _follow(self, content: Content) -> None:
        known = {label.removeprefix("faq/") for label in self.trained.labels}
        added = [
            (f"faq/{topic}", question)
            for topic, entry in content.faq.items()
            for question in ((entry.title, *entry.questions) if topic not in known else entry.questions)
        ]
        self._model = self.trained.with_sentences(added, LIVE_RIDGE)
        self._synonyms = Synonyms(content.synonyms)
        self._content = content

    def __getstate__(self) -> dict[str, SentenceModel]:
        return {"trained": self.trained}

    def __setstate__(self, state: dict[str, SentenceModel]) -> None:
        self.trained, self._content = state["trained"], None
        self.__post_init__()


class Synonyms:
    """Puts the word that the FAQ uses in the place of others that mean the same."""

    def __init__(self, words: Mapping[str, tuple[str, ...]]) -> None:
        """`words`: what customers say, by the word of the FAQ."""
        self._word_of = {
            normalise(said): normalise(word) for word, others in words.items() for said in others
        }
        longest_first = sorted(filter(None, self._word_of), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def rewrite(self, text: str) -> str:
        """A normalised text in the words of the FAQ."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._word_of[found.group()], text)


def _live_lexicon() -> Lexicon:
    """The words for models, stores and jobs in the content; those of the files where no content is in use."""
    content = current_content()
    if content is None:
        return load_lexicon()
    if content is not _lexicon.content:
        dealership = content.dealership
        _lexicon.words = Lexicon(
            _words(dealership.models), _words(dealership.stores), _words(dealership.services)
        )
        _lexicon.content = content
    return _lexicon.words


def _live_notices() -> Notices:
    """The public holidays that the dealer wrote down; none where no content is in use."""
    content = current_content()
    holidays = content.dealership.holidays if content else ()
    return {
        holiday.date + timedelta(days=step): holiday.off
        for holiday in holidays
        for step in range(holiday.days)
    }


@dataclass
class _LiveLexicon:
    words: Lexicon = field(default_factory=Lexicon)
    content: Content | None = None


_lexicon = _LiveLexicon()


def _words(entries: Iterable[Model | Store | ServiceJob]) -> tuple[LexiconEntry, ...]:
    return tuple(LexiconEntry(entry.id, entry.name, entry.aliases) for entry in entries)
