"""Who is told by the running server, and whom somebody has to call."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.preparing import tell
from bot.services.reminders import Person, unreached
from bot.store.database import Database


def tell_whom_to_call(database: Database, people: Sequence[Person], news: str = "通知") -> None:
    """``news`` goes to whoever has a chat or an e-mail address; the others by name and phone."""
    to_call = unreached(database, people)
    rest = len({one.phone for one in people}) - len(to_call)
    if to_call:
        tell(f"{len(to_call)} 位客户没有对话也没有邮箱，收不到{news}，请打电话：")
    for one in to_call:
        tell(f"  {one.name or '客户'}  {one.phone}")
    if rest:
        tell(f"{f'其余 {rest} 位' if to_call else ''}客户会在对话或邮件里收到{news}")
