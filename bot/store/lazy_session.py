"""A session that does without the ORM for as long as nobody asks for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session


class _OfTheOrm:
    """An attribute that ``Session`` has as a class too, for its documentation: without this nobody would miss it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, session: LazySession, _: type) -> Any:
        return session.__getattr__(self._name)


class LazySession(Session):
    """Plain statements are run by ``connection()``; whatever else is asked of it makes it an ORM session around that.

    An ORM session takes as long to be made and closed as two statements on a row, and most turns need none.
    """

    identity_map: Any = _OfTheOrm("identity_map")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._own: Connection | None = None
        self._is_orm = False

    def __getattr__(self, name: str) -> Any:
        """What ``Session`` keeps in an attribute: it is an ORM session from now on."""
        if self.__dict__.get("_is_orm", True):
            raise AttributeError(name)
        connection = self.connection()
        self._is_orm = True
        super().__init__(bind=connection, future=True, expire_on_commit=False)
        return getattr(self, name)

    def connection(self, *given: Any, **named: Any) -> Connection:
        """The connection that everything is done by; in a transaction as soon as something was done."""
        if given or named:
            return super().connection(*given, **named)
        if self._own is None:
            self._own = self._engine.connect()
        return self._own

    def get_bind(self, *given: Any, **named: Any) -> Any:
        """The same, unless for a mapped class."""
        return super().get_bind(*given, **named) if given or named else self.connection()

    def finish(self) -> None:
        """Write what was changed, and commit."""
        if self._is_orm:
            self.commit()
        if self._own is not None:
            self._own.commit()

    def close(self) -> None:
        """What was not committed is rolled back."""
        try:
            if self._is_orm:
                super().close()
        finally:
            if self._own is not None:
                self._own.close()
