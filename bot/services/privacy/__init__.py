"""What a customer may ask of us about their own data: a copy of it, and that it goes (PIPL, articles 44 to 47)."""

from bot.services.privacy.copies import copy_of
from bot.services.privacy.erasure import Erased, Keeping, count_of, erase, what_keeps
from bot.services.privacy.marks import erased_of, unreadable
from bot.services.privacy.person import Person, find_person
from bot.services.privacy.requests import fetch_copy, open_copy, open_erasure, open_unproven, run_erasures

__all__ = [
    "Erased",
    "Keeping",
    "Person",
    "copy_of",
    "count_of",
    "erase",
    "erased_of",
    "fetch_copy",
    "find_person",
    "open_copy",
    "open_erasure",
    "open_unproven",
    "run_erasures",
    "unreadable",
    "what_keeps",
]
