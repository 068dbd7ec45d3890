"""``wechat``: whether the accounts are set up right, their menu, and codes to scan."""

from __future__ import annotations

import asyncio
import re
from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence

from bot.commands.preparing import prepare, tell
from bot.commands.wechat_words import fault_words, form_lines, menu_lines, variable
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput, SetupError, ZhantingError
from bot.domain.wechat.account import Account
from bot.notify.wechat.client import WeChatClient, open_session
from bot.notify.wechat.errors import WeChatError
from bot.notify.wechat.menus import as_platform_menu, is_same_menu
from bot.services.installation import open_content, validate_content
from bot.services.wechat.tokens import SharedTokens
from bot.settings import Settings, read_settings
from bot.settings_wechat import ACCOUNTS
from bot.store.database import Database

LONGEST_SCENE = 64
FILE = "dealership/wechat.yml"
_PART = re.compile(r"(store|model|campaign)=([A-Za-z0-9_.-]+)")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
Step = Callable[[WeChatClient, Account], Awaitable[None]]


class Refused(ZhantingError):
    """The platform refused a call; ``words`` says why in Chinese."""

    def __init__(self, account: Account, problem: str, words: str) -> None:
        self.words = words
        super().__init__(f"{account.name}: {problem}")


def wechat(arguments: Namespace) -> int:
    """``python -m bot wechat …``"""
    settings = read_settings()
    prepare(settings, log_level="CRITICAL")
    accounts = _chosen(settings.wechat_accounts, arguments)
    if arguments.action == "menu":
        return _menu(settings, accounts, arguments)
    return (_check if arguments.action == "check" else _code)(settings, accounts, arguments)


def _chosen(accounts: Sequence[Account], given: Namespace) -> Sequence[Account]:
    """The accounts that are meant; what changes one or makes something in it needs its name if there are more."""
    if not accounts:
        raise SetupError(f"no WeChat account is set up: {ACCOUNTS} is empty")
    names = ", ".join(account.name for account in accounts)
    if given.account is not None:
        found = [account for account in accounts if account.name == given.account]
        if not found:
            raise InvalidInput(f"--account must be one of {names}, not {given.account!r}")
        return found
    if len(accounts) > 1 and (given.action == "code" or getattr(given, "show", None) is False):
        raise InvalidInput(f"--account is missing: one of {names}")
    return accounts


def _check(settings: Settings, accounts: Sequence[Account], _: Namespace) -> int:
    failed: list[str] = []

    async def check(client: WeChatClient, account: Account) -> None:
        for line in form_lines(account, settings.public_url):
            tell(line)
        if account.secret is None:
            tell(f"  没有设置 {variable(account, 'SECRET')}：只能在客户发来消息时当场回复，不能主动发送")
            return
        try:
            token = await client.fetch_token()
        except WeChatError as error:
            failed.append(account.name)
            tell(f"  有问题：{fault_words(error, account, settings.wechat_api)}")
            return
        sends = "可以发送客服消息" if account.may_send else "设置为不主动发送（MAY_SEND=off）"
        tell(f"  AppID、AppSecret 和 IP 白名单都对，凭证还有 {token.seconds // 60} 分钟；{sends}")

    if not settings.public_url.startswith("https://"):
        tell(f"注意：ZHANTING_PUBLIC_URL 是 {settings.public_url}，微信要能从公网访问，最好是 https")
    _run(settings, accounts, check)
    return 1 if failed else 0


def _menu(settings: Settings, accounts: Sequence[Account], given: Namespace) -> int:
    if given.delete:
        _run(settings, accounts, _delete)
        return 0
    menu = validate_content().dealership.wechat.menu
    if given.push and not menu:
        raise InvalidInput(f"{FILE} has no menu; --delete takes the account's menu away")
    for line in menu_lines(menu):
        tell(line)
    ours = as_platform_menu(menu)

    async def push(client: WeChatClient, account: Account) -> None:
        await client.create_menu(ours)
        tell(f"{account.name}：菜单已发布，客户几分钟内会看到；重新关注可以马上看到")

    async def show(client: WeChatClient, account: Account) -> None:
        theirs = await client.menu()
        words = "没有菜单" if theirs is None else "和文件不同"
        tell(f"{account.name}：公众号上{'就是这个菜单' if is_same_menu(theirs, ours) else words}")

    _run(settings, accounts, push if given.push else show)
    return 0


async def _delete(client: WeChatClient, account: Account) -> None:
    await client.delete_menu()
    tell(f"{account.name}：菜单已删除")


def _code(settings: Settings, accounts: Sequence[Account], given: Namespace) -> int:
    scene = _scene(given.scene, validate_content().dealership)

    async def make(client: WeChatClient, account: Account) -> None:
        tell(await client.create_scene_code(scene))

    _run(settings, accounts, make)
    return 0


def _scene(text: str, dealership: Dealership) -> str:
    """``--scene`` as the platform keeps it; raises ``InvalidInput`` for what nobody would understand at the scan."""
    text = text.strip()
    if len(text.encode("utf-8", "replace")) > LONGEST_SCENE:
        raise InvalidInput(f"--scene has more than {LONGEST_SCENE} bytes")
    if text in dealership.wechat.scenes:
        return text
    if _NAME.fullmatch(text):
        raise InvalidInput(f"--scene: {FILE} has no scene {text!r}")
    parts = [_PART.fullmatch(part) for part in text.split(";")]
    if not all(parts):
        raise InvalidInput(f"--scene must be like store=east;model=s6;campaign=autumn, not {text!r}")
    known = {
        "store": [store.id for store in dealership.stores],
        "model": [model.id for model in dealership.models],
    }
    for name, value in (part.groups() for part in parts if part):
        if name in known and value not in known[name]:
            raise InvalidInput(f"--scene: {name} must be one of {', '.join(known[name])}, not {value!r}")
    return text


def _run(settings: Settings, accounts: Sequence[Account], step: Step) -> None:
    """``step`` for each account, with the token that the server uses too; raises ``Refused``."""
    database = open_content(settings).database
    try:
        asyncio.run(_steps(settings, database, accounts, step))
    finally:
        database.close()


async def _steps(settings: Settings, database: Database, accounts: Sequence[Account], step: Step) -> None:
    async with open_session() as session:
        for account in accounts:
            tokens = SharedTokens(database, account)
            client = WeChatClient(session, settings.wechat_api, account, tokens)
            try:
                await step(client, account)
            except WeChatError as error:
                raise Refused(
                    account, str(error), fault_words(error, account, settings.wechat_api)
                ) from error
