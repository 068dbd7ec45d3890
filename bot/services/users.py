"""The accounts of the staff: who there is, what they may do, and their passwords. Everything is in the audit log."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Owner
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidFields, NotFound, WrongState
from bot.domain.staff import USUAL_SKILLS, Permission, Presence, Role, Skill, may
from bot.services import audit
from bot.services.audit import Actor
from bot.services.staff import hash_password, password_matches
from bot.services.user_fields import checked_fields, password_faults, username_faults
from bot.store.database import Database
from bot.store.staff_tables import AccessToken, User
from bot.store.tables import Conversation


@dataclass(frozen=True)
class UserView:
    """A member of the staff; ``presence`` is offline once nothing was heard of them. ``conversations``: how many are
    with them now."""

    username: str
    name: str
    role: Role
    email: str | None
    resource: str | None
    stores: tuple[str, ...]
    skills: tuple[Skill, ...]
    conversation_limit: int | None
    is_active: bool
    presence: Presence
    conversations: int
    created_at: datetime


def list_users(database: Database, now: datetime) -> list[UserView]:
    """Everybody, those who are switched off last."""
    query = sa.select(User).order_by(User.is_active.desc(), User.username)
    with database.reading() as session:
        held = _held(session)
        return [_view(row, now, held.get(row.username, 0)) for row in session.scalars(query)]


def find_user(database: Database, username: str, now: datetime) -> UserView:
    """One; raises ``NotFound``."""
    with database.reading() as session:
        row = _row(session, username)
        return _view(row, now, _held(session).get(username, 0))


def create_user(
    database: Database,
    dealership: Dealership,
    username: str,
    fields: Mapping[str, Any],
    by: Actor,
    now: datetime,
    password: str | None = None,
    must_change: bool | None = None,
) -> tuple[UserView, str]:
    """A new account and its password: the given one, else a random one, which is told here and never again.

    ``must_change``: whether the console asks for another one at the first sign-in; None: of a random one it does.
    ``fields`` as ``bot.services.user_fields.CHANGEABLE``; name and role are needed. Skills that are not named are
    the usual ones of the role. Raises ``InvalidFields`` with every fault, ``WrongState`` for a name that is taken.
    """
    chosen = password or random_password()
    given = {"name": "", "role": "", **fields}
    data, faults = checked_fields(given, dealership)
    unusable = username_faults(username)
    _refuse({**unusable, **faults, **password_faults(chosen, "" if unusable else username)})
    usual = [skill.value for skill in USUAL_SKILLS.get(Role(data["role"]), ())]
    hashed = hash_password(chosen)
    try:
        with database.transaction() as session:
            if session.get(User, username) is not None:
                raise _taken(username)
            row = User(username=username, password_hash=hashed, created_at=now, **{"skills": usual, **data})
            row.must_change_password = password is None if must_change is None else must_change
            _refuse(_resource_fault(session, row))
            session.add(row)
            session.flush()
            audit.note(session, by, "user.created", now, subject=username, details=_told(_filled(data)))
            return _view(row, now, 0), chosen
    except sa.exc.IntegrityError as error:  # somebody else was as quick
        raise _taken(username) from error


def change_user(
    database: Database,
    dealership: Dealership,
    username: str,
    changes: Mapping[str, Any],
    by: Actor,
    now: datetime,
) -> UserView:
    """Change what is named, as in ``create_user``, or ``active``: who is switched off is signed out everywhere.

    Raises ``InvalidFields``, ``NotFound``, and ``WrongState`` for one's own role and account and for the last
    administrator.
    """
    wanted = dict(changes)
    active = wanted.pop("active", None)
    data, faults = checked_fields(wanted, dealership)
    if active is not None and not isinstance(active, bool):
        faults["active"] = "只能是 true 或 false"
    _refuse(faults)
    if active is not None:
        data["is_active"] = active
    with database.transaction() as session:
        administrators = _locked_administrators(session)
        row = _row(session, username, lock=True)
        changed = {name: value for name, value in data.items() if getattr(row, name) != value}
        _check_power(row, changed, by, administrators)
        for name, value in changed.items():
            setattr(row, name, value)
        _refuse(_resource_fault(session, row))
        if not row.is_active:
            _sign_out(session, username)
            row.presence, row.seen_until = Presence.OFFLINE.value, None
        if not (row.is_active and may(Role(row.role), Permission.CONVERSE)):
            _end_leases(session, username, now)
        for action, details in _actions(changed):
            audit.note(session, by, action, now, subject=username, details=details)
        return _view(row, now, _held(session).get(username, 0))


def reset_password(
    database: Database, username: str, by: Actor, now: datetime, password: str | None = None
) -> str:
    """A new password, random unless given, told here and never again; the user is signed out everywhere.

    Unless it is the caller's own, it has to be changed in the console.
    """
    chosen = password or random_password()
    _refuse(password_faults(chosen, username))
    hashed = hash_password(chosen)
    with database.transaction() as session:
        row = _row(session, username, lock=True)
        row.password_hash, row.must_change_password = hashed, username != by.username
        _sign_out(session, username)
        audit.note(session, by, "user.password_reset", now, subject=username)
    return chosen


def change_own_password(
    database: Database, by: Actor, old: str, new: str, now: datetime, keep: str | None = None
) -> None:
    """With the old password only; ends all other sessions (``keep``: the hash of the one that stays).

    Raises ``InvalidFields``.
    """
    with database.reading() as session:
        stored = _row(session, by.username).password_hash
    if not password_matches(stored, old):
        raise InvalidFields("the old password is wrong", {"old": "原密码不对"})
    _refuse(password_faults(new, by.username, "new"))
    if new == old:
        raise InvalidFields("the new password is the old one", {"new": "新密码和原密码一样"})
    hashed = hash_password(new)
    with database.transaction() as session:
        row = _row(session, by.username, lock=True)
        row.password_hash, row.must_change_password = hashed, False
        _sign_out(session, by.username, keep)
        audit.note(session, by, "user.password_changed", now, subject=by.username)


def sign_out_everywhere(database: Database, by: Actor, now: datetime) -> int:
    """End every session and token of the caller; gives how many there were."""
    with database.transaction() as session:
        count = _sign_out(session, by.username)
        audit.note(session, by, "session.ended_everywhere", now, subject=by.username)
    return count


def random_password() -> str:
    """Something to write down once: without letters and digits that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _view(row: Any, now: datetime, conversations: int) -> UserView:
    is_there = row.seen_until is not None and row.seen_until > now
    return UserView(
        username=row.username,
        name=row.name or row.username,
        role=Role(row.role),
        email=row.email,
        resource=row.resource,
        stores=tuple(row.stores or ()),
        skills=tuple(map(Skill, row.skills or ())),
        conversation_limit=row.conversation_limit,
        is_active=bool(row.is_active),
        presence=Presence(row.presence or Presence.OFFLINE) if is_there else Presence.OFFLINE,
        conversations=conversations,
        created_at=row.created_at,
    )


def _held(session: Session) -> dict[str, int]:
    """How many conversations each adviser has."""
    query = (
        sa.select(Conversation.adviser, sa.func.count())
        .where(Conversation.state == Owner.ADVISER.value, Conversation.adviser.is_not(None))
        .group_by(Conversation.adviser)
    )
    return dict(map(tuple, session.execute(query)))


def _row(session: Session, username: str, lock: bool = False) -> Any:
    row = session.get(User, username, with_for_update=True if lock else None)
    if row is None:
        raise NotFound("no such user")
    return row


def _locked_administrators(session: Session) -> set[str]:
    """Those who can sign in, locked: two who switch each other off must not both succeed."""
    query = (
        sa.select(User)
        .where(User.role == Role.ADMINISTRATOR.value, User.is_active)
        .order_by(User.username)
        .with_for_update()
    )
    return {row.username for row in session.scalars(query)}


def _check_power(row: Any, changed: Mapping[str, Any], by: Actor, administrators: set[str]) -> None:
    loses = "role" in changed or changed.get("is_active") is False
    if loses and administrators == {row.username}:
        raise WrongState("the last administrator", "这是最后一个管理员，不能停用，也不能改成别的角色。")
    if loses and row.username == by.username:
        raise WrongState("one's own account", "不能改自己的角色，也不能停用自己，请让另一位管理员来做。")


def _resource_fault(session: Session, row: Any) -> dict[str, str]:
    """A resource of the dealership is one person."""
    if not row.resource or row.is_active is False:
        return {}
    with session.no_autoflush:
        other = session.scalar(
            sa.select(User).where(
                User.resource == row.resource, User.username != row.username, User.is_active
            )
        )
    return {"resource": f"已经是{other.name or other.username}（{other.username}）了"} if other else {}


def _sign_out(session: Session, username: str, keep: str | None = None) -> int:
    ended = sa.delete(AccessToken).where(AccessToken.username == username)
    if keep is not None:
        ended = ended.where(AccessToken.token_hash != keep)
    return int(session.execute(ended.execution_options(synchronize_session=False)).rowcount)


def _end_leases(session: Session, username: str, now: datetime) -> None:
    """Their conversations go back to the queue with the next round of the upkeep, without a grace time."""
    theirs = sa.update(Conversation).where(
        Conversation.adviser == username, Conversation.state == Owner.ADVISER.value
    )
    ended = theirs.values(lease_until=now, grace_until=now)
    session.execute(ended.execution_options(synchronize_session=False))


def _actions(changed: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    rest = {name: value for name, value in changed.items() if name != "is_active"}
    actions = [("user.changed", _told(rest))] if rest else []
    if "is_active" in changed:
        actions.append(("user.switched_on" if changed["is_active"] else "user.switched_off", {}))
    return actions


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    """What of the fields stands in the audit log; of an e-mail address only that it changed."""
    return {name: ("…" if name == "email" and value else value) for name, value in data.items()}


def _filled(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in (None, [])}


def _refuse(faults: Mapping[str, str]) -> None:
    if faults:
        raise InvalidFields(f"cannot be taken: {', '.join(faults)}", faults)


def _taken(username: str) -> WrongState:
    return WrongState("the user name is taken", f"用户名 {username} 已经有人用了，请换一个。")
