"""Staff accounts and their access tokens. Passwords are argon2 hashes; of a token only its SHA-256 is kept."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from bot.domain.errors import NotAllowed
from bot.services.credentials import token_hash
from bot.store.database import Database
from bot.store.tables import AccessToken, User

ADMIN = "admin"
APPROVERS = frozenset({"administrator", "manager", "content_editor"})
"""The roles whose changes of content count at once; everybody else's wait as drafts."""
TOKEN_HOURS = 12
_hasher = PasswordHasher()


def ensure_admin(database: Database, password: str | None, now: datetime) -> str | None:
    """Create the user ``admin`` at the first start; gives the random password if one had to be made.

    A password from the settings replaces the stored one when it differs.
    """
    with database.transaction() as session:
        user = session.get(User, ADMIN)
        if user is not None:
            if password and not _matches(user.password_hash, password):
                user.password_hash = _hasher.hash(password)
            return None
        chosen = password or secrets.token_urlsafe(12)
        session.add(
            User(username=ADMIN, password_hash=_hasher.hash(chosen), role="administrator", created_at=now)
        )
        return None if password else chosen


def log_in(database: Database, username: str, password: str, now: datetime) -> str:
    """A new token, good for ``TOKEN_HOURS``; raises ``NotAllowed`` without saying which part was wrong."""
    with database.reading() as session:
        user = session.get(User, username)
        stored = user.password_hash if user else _hasher.hash(secrets.token_urlsafe(8))
    if not _matches(stored, password) or user is None:
        raise NotAllowed("username or password is wrong")
    token = secrets.token_urlsafe(32)
    with database.transaction() as session:
        session.execute(sa.delete(AccessToken).where(AccessToken.expires_at <= now))
        session.add(
            AccessToken(
                token_hash=token_hash(token), username=username, expires_at=now + timedelta(hours=TOKEN_HOURS)
            )
        )
    return token


def staff_of_token(database: Database, token: str, now: datetime) -> str:
    """The username behind a token; raises ``NotAllowed``."""
    with database.reading() as session:
        row = session.get(AccessToken, token_hash(token)) if token else None
        if row is None or row.expires_at <= now:
            raise NotAllowed("no valid token")
        return str(row.username)


def may_approve(database: Database, username: str) -> bool:
    """Whether the user's changes of content need nobody else's approval."""
    with database.reading() as session:
        user = session.get(User, username)
        return user is not None and user.role in APPROVERS


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except Argon2Error:
        return False
