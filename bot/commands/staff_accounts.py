"""``staff``: the accounts of the staff at the terminal, also for an administrator who forgot the password."""

from __future__ import annotations

from argparse import Namespace

from bot import clock
from bot.commands.authors import author_of
from bot.commands.preparing import prepare, tell
from bot.commands.tables import table
from bot.domain.errors import InvalidFields, InvalidInput
from bot.services import users
from bot.services.audit import Actor
from bot.services.installation import Installation, open_content
from bot.services.staff_words import PRESENCE_WORDS, ROLE_WORDS, SKILL_WORDS
from bot.services.users import UserView
from bot.settings import read_settings


def staff(arguments: Namespace) -> int:
    """``python -m bot staff …``"""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    try:
        getattr(_Command(installation, arguments), f"do_{arguments.action}")()
    except InvalidFields as error:
        faults = "；".join(f"{name} {words}".strip() for name, words in error.faults.items())
        raise InvalidInput(f"{error}（{faults}）") from error
    finally:
        installation.database.close()
    return 0


class _Command:
    def __init__(self, installation: Installation, arguments: Namespace) -> None:
        self.database, self.arguments, self.now = installation.database, arguments, clock.now()
        self.dealership = installation.content.current().dealership

    def do_list(self) -> None:
        found = users.list_users(self.database, self.now)
        header = ("用户名", "姓名", "角色", "技能", "门店", "顾问或技师", "状态")
        tell(table(header, [_row(user) for user in found]))
        tell(f"共 {len(found)} 人")

    def do_add(self) -> None:
        given = self.arguments
        fields = {
            "name": given.name,
            "role": given.role,
            "email": given.email,
            "resource": given.resource,
            "stores": given.store or [],
            "conversation_limit": given.limit,
            **({"skills": given.skill} if given.skill else {}),
        }
        user, password = users.create_user(
            self.database, self.dealership, given.username, fields, self._actor(), self.now
        )
        tell(f"已添加 {user.name}（{user.username}），{ROLE_WORDS[user.role]}")
        self._tell_password(password)

    def do_password(self) -> None:
        password = users.reset_password(self.database, self.arguments.username, self._actor(), self.now)
        tell(f"{self.arguments.username} 的密码已重置，所有登录都已失效")
        self._tell_password(password)

    def do_off(self) -> None:
        user = self._turn(False)
        tell(f"已停用 {user.name}（{user.username}）：不能再登录，记录都保留")

    def do_on(self) -> None:
        user = self._turn(True)
        tell(f"已启用 {user.name}（{user.username}）")

    def _turn(self, active: bool) -> UserView:
        username, changes = self.arguments.username, {"active": active}
        return users.change_user(self.database, self.dealership, username, changes, self._actor(), self.now)

    def _tell_password(self, password: str) -> None:
        tell(f"密码：{password}")
        tell("只显示这一次。本人登录后可以在“我的账号”里修改。")

    def _actor(self) -> Actor:
        return Actor(author_of(self.arguments))


def _row(user: UserView) -> tuple[str, ...]:
    return (
        user.username,
        user.name,
        ROLE_WORDS[user.role],
        "、".join(SKILL_WORDS[skill] for skill in user.skills),
        "、".join(user.stores) or "全部",
        user.resource or "",
        PRESENCE_WORDS[user.presence] if user.is_active else "已停用",
    )
