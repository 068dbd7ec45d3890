"""What somebody at the terminal is told of a WeChat account, in Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.wechat.account import Account, Mode
from bot.domain.wechat.content import MenuButton, MenuColumn
from bot.notify.wechat.errors import NO_ANSWER, WeChatError

MODES = {Mode.PLAIN: "明文模式", Mode.COMPATIBLE: "兼容模式", Mode.SAFE: "安全模式"}
PAGE = "公众平台「设置与开发 → 开发接口管理 → 基本配置」"
_WORDS = {
    40001: f"AppSecret 不对，到{PAGE}重置，再改 {{secret}}",
    40125: f"AppSecret 不对，到{PAGE}重置，再改 {{secret}}",
    40013: f"AppID 不对，照{PAGE}改 {{app_id}}",
    41002: "请求里没有 AppID，检查 {app_id}",
    41004: "请求里没有 AppSecret，检查 {secret}",
    40164: f"这台机器的 IP {{address}} 不在 IP 白名单里，到{PAGE}添加",
    89501: "这台机器的 IP 正等管理员确认，请管理员在微信里同意",
    89503: "这台机器的 IP 要管理员确认，请管理员在微信里同意",
    89506: "管理员两次拒绝了这台机器的 IP，24 小时后才能再试",
    89507: "管理员拒绝了这台机器的 IP，1 小时后才能再试",
    48001: "公众号没有这个接口的权限，多半是还没有认证",
    45009: "今天的调用次数已经用完，明天再试，或者在公众平台清零",
    45011: "调用太频繁，过一分钟再试",
    40016: "菜单的列数不对，要 1 到 3 列",
    40018: "菜单上有按钮的名称太长",
    40020: "菜单上有按钮的网址太长",
    40023: "菜单上有一列的按钮多于 5 个",
    40025: "子菜单上有按钮的名称太长",
    40054: "菜单的网址不在允许的域名里",
    40055: "菜单的网址不在允许的域名里",
    -1: "微信系统繁忙，过一会儿再试",
}


def fault_words(error: WeChatError, account: Account, base: str) -> str:
    """What is wrong and who can mend it."""
    if error.code == NO_ANSWER:
        if account.secret is None:
            return f"没有设置 {variable(account, 'SECRET')}"
        return f"连不上 {base}，检查网络和 ZHANTING_WECHAT_API"
    words = _WORDS.get(error.code, f"微信返回 {error.code}")
    said = words.format(
        secret=variable(account, "SECRET"), app_id=variable(account, "APP_ID"), address=error.address or ""
    )
    rid = f"，编号 {error.rid}" if error.rid else ""
    return f"{said}（{error.code}{rid}）"


def variable(account: Account, field: str) -> str:
    """The environment variable of an account's setting."""
    return f"ZHANTING_WECHAT_{account.name.upper().replace('-', '_')}_{field}"


def form_lines(account: Account, public_url: str) -> Iterator[str]:
    """What goes into the fields of the platform's page."""
    yield f"{account.name}（{account.app_id}，{MODES[account.mode]}）"
    yield f"  服务器地址 URL   {public_url}/wechat/{account.name}"
    yield f"  令牌 Token       {variable(account, 'TOKEN')} 的值"
    if account.mode is not Mode.PLAIN:
        yield f"  EncodingAESKey   {variable(account, 'AES_KEY')} 的值"


def menu_lines(menu: Sequence[MenuColumn]) -> Iterator[str]:
    """The menu as it looks, a line for each button."""
    for column in menu:
        yield f"{column.name}{_target(column)}"
        for button in column.buttons:
            yield f"  {button.name}{_target(button)}"


def _target(button: MenuButton | MenuColumn) -> str:
    target = button.url or button.key
    return f" → {target}" if target else ""
