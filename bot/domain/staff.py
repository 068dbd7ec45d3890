"""The staff: roles, what each may do, skills, presence, and who gets a waiting conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Role(str, Enum):
    CONSULTANT = "consultant"
    SERVICE_ADVISER = "service_adviser"
    CONTENT_EDITOR = "content_editor"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


class Permission(str, Enum):
    """What a route asks for; ``SIGNED_IN`` is everybody's."""

    SIGNED_IN = "signed_in"
    CONVERSE = "converse"  # the queue, conversations, standard replies
    SUPERVISE = "supervise"  # other people's conversations: take them away, see everybody's
    SEE_CUSTOMERS = "see_customers"  # cards, leads, cases; telephone numbers once revealed
    BOOK = "book"  # book, move, cancel, check in, waitlist
    RUN_WORKSHOP = "run_workshop"  # drop-outs of resources, calendars
    EDIT_CONTENT = "edit_content"  # drafts of FAQ and templates, the unanswered list
    APPROVE_CONTENT = "approve_content"
    EDIT_DEALERSHIP = "edit_dealership"  # hours, prices, resources, rules
    MANAGE_USERS = "manage_users"
    READ_AUDIT = "read_audit"
    READ_INDICATORS = "read_indicators"


class Skill(str, Enum):
    """What a conversation is about, and what an adviser is good at."""

    SALES = "sales"
    SERVICE = "service"
    COMPLAINT = "complaint"


SKILL_NAMES = {Skill.SALES: "销售", Skill.SERVICE: "售后", Skill.COMPLAINT: "投诉"}


class Presence(str, Enum):
    """What a member of the staff chose; ``AWAY`` keeps their conversations and gets no new ones."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


_FRONT = {Permission.CONVERSE, Permission.SEE_CUSTOMERS, Permission.BOOK, Permission.EDIT_CONTENT}
_MAY: dict[Role, frozenset[Permission]] = {
    Role.CONSULTANT: frozenset({*_FRONT}),
    Role.SERVICE_ADVISER: frozenset({*_FRONT, Permission.RUN_WORKSHOP}),
    Role.CONTENT_EDITOR: frozenset({Permission.EDIT_CONTENT, Permission.APPROVE_CONTENT}),
    Role.MANAGER: frozenset(set(Permission) - {Permission.MANAGE_USERS}),
    Role.ADMINISTRATOR: frozenset(Permission),
}
USUAL_SKILLS: dict[Role, tuple[Skill, ...]] = {
    Role.CONSULTANT: (Skill.SALES,),
    Role.SERVICE_ADVISER: (Skill.SERVICE,),
    Role.MANAGER: (Skill.COMPLAINT,),
}
"""The skills of a new user whose own were not named."""


def may(role: Role, permission: Permission) -> bool:
    return permission is Permission.SIGNED_IN or permission in _MAY[role]


@dataclass(frozen=True)
class Candidate:
    """Somebody who is online: how many conversations they have, how many they take, since when they got none."""

    username: str
    skills: tuple[Skill, ...]
    conversations: int
    limit: int
    idle_since: datetime
    resource: str | None = None


def choose(candidates: Iterable[Candidate], skill: Skill, own_adviser: str | None) -> Candidate | None:
    """Who gets a conversation: the customer's own adviser, else whoever has the skill; None if nobody.

    Among several the one with the fewest conversations, then the one idle longest. ``own_adviser`` is a username or a
    resource of the dealership. Whoever has reached their limit gets none.
    """
    free = [each for each in candidates if each.conversations < each.limit]
    own = [each for each in free if own_adviser and own_adviser in (each.username, each.resource)]
    skilled = [each for each in free if skill in each.skills]
    return min(own or skilled, key=_burden, default=None)


def _burden(candidate: Candidate) -> tuple[int, datetime, str]:
    return candidate.conversations, candidate.idle_since, candidate.username
