"""Find the pieces of time in a prepared text."""

from __future__ import annotations

import re
from functools import partial

from bot.understanding.needed import signs_of
from bot.understanding.times import answers, clocks, dates, days, digits, festivals, nth, vague
from bot.understanding.times.model import Atom, Clock, Days, Part, Vague
from bot.understanding.times.rules import Context, Rule

RULES: tuple[Rule, ...] = (
    *digits.RULES, *dates.RULES, *nth.RULES, *festivals.RULES, *days.RULES, *clocks.RULES, *vague.RULES, *answers.RULES,
)  # fmt: skip
GAP = " ,的()"
WEEKDAY_IN_BRACKETS = re.compile(r"\((?:周|星期)?[一二三四五六日天]\)")


def scan(context: Context) -> list[Atom]:
    """The atoms of the text in order, none overlapping; of those that begin together the longest."""
    found: list[Atom] = []
    signs = signs_of(context.text)
    for rule in RULES:
        if not rule.screen.passes(signs):
            continue
        for match in rule.pattern.finditer(context.text):
            atom = rule.build(match, context)
            if atom is not None:
                found.append(atom)
    return _drop_weak(_without_overlaps(found), context)


def _without_overlaps(found: list[Atom]) -> list[Atom]:
    named = [atom for atom in found if not (_is_open(atom) or atom.is_weak)]
    found = [atom for atom in found if not (_is_open(atom) and any(map(partial(_overlap, atom), named)))]
    chosen: list[Atom] = []
    for atom in sorted(found, key=lambda item: (item.start, -item.end)):
        if not chosen or atom.start >= chosen[-1].end:
            chosen.append(atom)
    return chosen


def _is_open(atom: Atom) -> bool:
    """Whether it names no time at all (看我排班): it gives way to a time inside it."""
    return isinstance(atom.value, Vague) and atom.value == Vague()


def _overlap(left: Atom, right: Atom) -> bool:
    return left.start < right.end and right.start < left.end


def _drop_weak(atoms: list[Atom], context: Context) -> list[Atom]:
    """Keep a weak atom only right beside another piece that completes it."""
    kept: list[Atom] = []
    for index, atom in enumerate(atoms):
        before = [other for other in kept[-1:] if _touch(other, atom, context.text)]
        after = [other for other in atoms[index + 1 : index + 2] if _touch(atom, other, context.text)]
        neighbours = before + after
        if not atom.is_weak or any(_completes(other, atom) for other in neighbours):
            kept.append(atom)
    return kept


def _touch(left: Atom, right: Atom, text: str) -> bool:
    gap = WEEKDAY_IN_BRACKETS.sub("", text[left.end : right.start])
    return gap.strip(GAP) == ""


def _completes(other: Atom, weak: Atom) -> bool:
    if isinstance(weak.value, Days):
        return isinstance(other.value, Part | Clock | Days) and not (
            other.is_weak and other.start > weak.start
        )
    return isinstance(other.value, Days | Part) and other.start < weak.start
