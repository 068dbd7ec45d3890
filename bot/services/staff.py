"""Signing in: staff sessions and API tokens. Passwords are argon2 hashes; of a token only its SHA-256 is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy.orm import Session

from bot.domain.errors import InvalidInput, NotAllowed
from bot.domain.staff import Permission, Role, Skill, may
from bot.services.audit import Actor, note_now
from bot.services.credentials import token_hash
from bot.services.throttle import LoginThrottle
from bot.store.database import Database
from bot.store.staff_tables import AccessToken, User

ADMIN = "admin"
TOKEN, SESSION = "token", "session"
TOKEN_HOURS = 12
LONGEST_USERNAME = 80
_hasher = PasswordHasher()


@dataclass(frozen=True)
class Staff:
    """Somebody who is signed in. ``kind``: by an API token or by the console's session; ``address``: from where.

    ``must_change_password``: somebody else set it; in the console nothing else can be done before.
    """

    username: str
    role: Role
    name: str
    skills: tuple[Skill, ...] = ()
    stores: tuple[str, ...] = ()
    resource: str | None = None
    kind: str = TOKEN
    address: str | None = None
    must_change_password: bool = False

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)

    @property
    def must_choose_password(self) -> bool:
        """Whether the console waits for a password of their own; a script's token works without."""
        return self.must_change_password and self.kind == SESSION

    @property
    def actor(self) -> Actor:
        return Actor(self.username, self.address)


def ensure_admin(database: Database, password: str | None, now: datetime) -> str | None:
    """Create the user ``admin`` at the first start; gives the random password if one had to be made.

    A password from the settings replaces the stored one when it differs.
    """
    try:
        return _ensure_admin(database, password, now)
    except sa.exc.IntegrityError:  # another process, started at the same moment, got there first
        return _ensure_admin(database, password, now)


def _ensure_admin(database: Database, password: str | None, now: datetime) -> str | None:
    with database.transaction() as session:
        user = session.get(User, ADMIN)
        if user is not None:
            if password and not password_matches(user.password_hash, password):
                user.password_hash = hash_password(password)
            if password:
                user.must_change_password = False
            return None
        chosen = password or secrets.token_urlsafe(12)
        session.add(
            User(
                username=ADMIN,
                password_hash=hash_password(chosen),
                role=Role.ADMINISTRATOR.value,
                name="管理员",
                skills=[skill.value for skill in Skill],
                created_at=now,
            )
        )
        return None if password else chosen


def sign_in(
    database: Database,
    throttle: LoginThrottle,
    username: str,
    password: str,
    now: datetime,
    kind: str = TOKEN,
    address: str = "",
) -> str:
    """``log_in`` for somebody from outside: slowed down, and in the audit log whether it succeeds or not.

    Raises ``NotAllowed`` and ``TooManyRequests``.
    """
    throttle.attempt(address, username)
    actor = Actor(username[:LONGEST_USERNAME], address or None)
    try:
        token = log_in(database, username, password, now, kind)
    except NotAllowed:
        note_now(database, actor, "session.refused", now)
        raise
    throttle.succeeded(address, username)
    note_now(database, actor, "session.begun", now, details={"kind": kind})
    return token


def log_in(database: Database, username: str, password: str, now: datetime, kind: str = TOKEN) -> str:
    """A new token, good for ``TOKEN_HOURS``; raises ``NotAllowed`` without saying which part was wrong.

    An unknown name takes as long as a wrong password.
    """
    nobodys = _nobodys_hash()
    with database.reading() as session:
        user = session.get(User, username)
        known = user is not None and user.is_active
        stored = user.password_hash if known else nobodys
    if not password_matches(stored, password) or not known:
        raise NotAllowed("username or password is wrong")
    token = secrets.token_urlsafe(32)
    with database.transaction() as session:
        session.execute(sa.delete(AccessToken).where(AccessToken.expires_at <= now))
        session.add(
            AccessToken(
                token_hash=token_hash(token),
                username=username,
                kind=kind,
                expires_at=now + timedelta(hours=TOKEN_HOURS),
            )
        )
    return token


def require_user(session: Session, username: str, permission: Permission = Permission.SEE_CUSTOMERS) -> None:
    """Raises ``InvalidInput`` unless somebody of this name may work with what is to be theirs."""
    user = session.get(User, username)
    if user is None or not user.is_active or not may(Role(user.role), permission):
        raise InvalidInput("no such member of the staff")


def log_out(database: Database, token: str) -> None:
    """End this session or token."""
    with database.transaction() as session:
        session.execute(sa.delete(AccessToken).where(AccessToken.token_hash == token_hash(token)))


def staff_of_token(
    database: Database, token: str, now: datetime, kind: str = TOKEN, address: str | None = None
) -> Staff:
    """Who is behind a token of a kind; raises ``NotAllowed``."""
    with database.reading() as session:
        row = session.get(AccessToken, token_hash(token)) if token else None
        user = session.get(User, row.username) if row is not None else None
        if row is None or row.kind != kind or row.expires_at <= now or user is None or not user.is_active:
            raise NotAllowed("no valid token")
        return staff_of(user, kind, address)


def csrf_token(token: str) -> str:
    """What a page of this session sends along with every change: the cookie alone is not enough."""
    return token_hash(f"csrf {token}")


def hash_password(password: str) -> str:
    return str(_hasher.hash(password))


@cache
def _nobodys_hash() -> str:
    """A hash that no password matches, made once."""
    return hash_password(secrets.token_urlsafe(16))


def password_matches(stored: str, password: str) -> bool:
    try:
        return bool(_hasher.verify(stored, password))
    except Argon2Error:
        return False


def staff_of(user: Any, kind: str = TOKEN, address: str | None = None) -> Staff:
    """A row of ``users`` as somebody who is signed in."""
    return Staff(
        user.username,
        Role(user.role),
        user.name or user.username,
        tuple(map(Skill, user.skills or ())),
        tuple(user.stores or ()),
        user.resource,
        kind,
        address,
        bool(user.must_change_password),
    )
