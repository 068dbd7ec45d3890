"""``python -m bot wechat`` against an HTTP server in the place of the platform."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import clock
from bot.commands import wechat_accounts
from bot.services.content.wechat_checks import menu_faults
from tests.commands.terminal import Run, runner
from tests.notify.wechat.answering import APP_ID, SECRET, Answering, answering

OTHER_ID = "wxfedcba9876543210"
TOKEN = "/cgi-bin/stable_token"
PAGE = "公众平台「设置与开发 → 开发接口管理 → 基本配置」"


@pytest.fixture
def api() -> Iterator[Answering]:
    """In a thread of its own: a command has the main one."""
    started, ended = threading.Event(), asyncio.Event()
    running: list[Answering] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with answering() as found:
            running.append(found)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(10)
    yield running[0]
    loop.call_soon_threadsafe(ended.set)
    thread.join(10)
    loop.close()


@pytest.fixture
def run(
    api: Answering, empty_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """A command for the one account ``main``, whose token nobody has fetched yet."""
    command = runner(empty_home, monkeypatch, capsys)
    monkeypatch.setattr("bot.commands.wechat_accounts.prepare", lambda *_, **__: None)
    monkeypatch.setattr("bot.commands.wechat_accounts.SharedTokens", _Fresh)
    for name, value in {
        "API": api.url,
        "ACCOUNTS": "main",
        "MAIN_APP_ID": APP_ID,
        "MAIN_TOKEN": "atoken",
        "MAIN_MODE": "plain",
        "MAIN_SECRET": SECRET,
        "WEST_APP_ID": OTHER_ID,
        "WEST_TOKEN": "anothertoken",
        "WEST_AES_KEY": "A" * 43,
    }.items():
        monkeypatch.setenv(f"ZHANTING_WECHAT_{name}", value)
    monkeypatch.setenv("ZHANTING_PUBLIC_URL", "https://cars.example")
    yield command
    clock.clock.set(None)


class _Fresh:
    """The tests share one installation, and no token."""

    def __init__(self, *_: object) -> None:
        self.value = ""

    async def current(self, fetch: object) -> str:
        self.value = self.value or (await fetch(False)).value  # type: ignore[operator]
        return self.value

    async def renewed(self, refused: str, fetch: object) -> str:
        self.value = (await fetch(True)).value  # type: ignore[operator]
        return self.value


def test_check_names_the_fields_of_the_platform_and_asks_it(run: Run, api: Answering) -> None:
    code, out, err = run("wechat", "check")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"main（{APP_ID}，明文模式）",
        "  服务器地址 URL   https://cars.example/wechat/main",
        "  令牌 Token       ZHANTING_WECHAT_MAIN_TOKEN 的值",
        "  AppID、AppSecret 和 IP 白名单都对，凭证还有 120 分钟；可以发送客服消息",
    ]
    assert len(api.to(TOKEN)) == 1


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (
            40125,
            "invalid appsecret",
            f"AppSecret 不对，到{PAGE}重置，再改 ZHANTING_WECHAT_MAIN_SECRET（40125）",
        ),
        (
            40001,
            "invalid credential",
            f"AppSecret 不对，到{PAGE}重置，再改 ZHANTING_WECHAT_MAIN_SECRET（40001）",
        ),
        (40013, "invalid appid", f"AppID 不对，照{PAGE}改 ZHANTING_WECHAT_MAIN_APP_ID（40013）"),
        (
            40164,
            "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 64f0aa11-bb22-cc",
            f"这台机器的 IP 203.0.113.7 不在 IP 白名单里，到{PAGE}添加（40164，编号 64f0aa11-bb22-cc）",
        ),
        (89503, "", "这台机器的 IP 要管理员确认，请管理员在微信里同意（89503）"),
        (-1, "system error", "微信系统繁忙，过一会儿再试（-1）"),
        (45678, "", "微信返回 45678（45678）"),
    ],
)
def test_check_says_what_is_wrong(run: Run, api: Answering, code: int, said: str, words: str) -> None:
    api.next(TOKEN, {"errcode": code, "errmsg": said})

    result, out, err = run("wechat", "check")

    assert (result, err) == (1, "")
    assert out.splitlines()[-1] == f"  有问题：{words}"
    assert SECRET not in out + err


def test_check_of_every_account_and_of_one_without_a_secret(
    run: Run, api: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHANTING_WECHAT_ACCOUNTS", "main,west")
    monkeypatch.setenv("ZHANTING_PUBLIC_URL", "http://localhost:5005")

    out = run("wechat", "check")[1]

    assert out.startswith("注意：ZHANTING_PUBLIC_URL 是 http://localhost:5005")
    assert f"west（{OTHER_ID}，安全模式）" in out
    assert "  EncodingAESKey   ZHANTING_WECHAT_WEST_AES_KEY 的值" in out
    assert "没有设置 ZHANTING_WECHAT_WEST_SECRET：只能在客户发来消息时当场回复" in out
    assert len(api.to(TOKEN)) == 1
    assert "AES_KEY" not in run("wechat", "check", "--account", "main")[1]


def test_check_when_nobody_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHANTING_WECHAT_API", "http://127.0.0.1:9")

    assert "有问题：连不上 http://127.0.0.1:9，检查网络和 ZHANTING_WECHAT_API" in run("wechat", "check")[1]


def test_the_menu_of_the_file_is_pushed(run: Run, api: Answering) -> None:
    code, out, err = run("wechat", "menu", "--push")

    (asked,) = api.to("/cgi-bin/menu/create")
    assert (code, err) == (0, "")
    assert "main：菜单已发布" in out
    columns = asked.body["button"]
    assert 1 <= len(columns) <= 3
    assert {"type": "click", "name": "预约试驾", "key": "book_test_drive"} in columns[0]["sub_button"]
    assert {"type": "click", "name": "人工客服", "key": "ask_human"} in columns
    assert "预约试驾".encode() in asked.raw


def test_the_menu_is_shown_and_compared(run: Run, api: Answering) -> None:
    run("wechat", "menu", "--push")
    pushed = api.to("/cgi-bin/menu/create")[0].body
    for column in pushed["button"]:
        column.setdefault("sub_button", [])
    changed = {"button": pushed["button"][:1]}
    api.next("/cgi-bin/menu/get", {"menu": pushed}, {"menu": changed}, {"errcode": 46003})

    shown = run("wechat", "menu", "--show")[1]
    assert "看车试驾\n  预约试驾 → book_test_drive\n" in shown
    assert shown.endswith("main：公众号上就是这个菜单\n")
    assert run("wechat", "menu", "--show")[1].endswith("main：公众号上和文件不同\n")
    assert run("wechat", "menu", "--show")[1].endswith("main：公众号上没有菜单\n")


def test_the_menu_is_taken_away(run: Run, api: Answering) -> None:
    assert run("wechat", "menu", "--delete") == (0, "main：菜单已删除\n", "")
    assert len(api.to("/cgi-bin/menu/delete")) == 1


def test_a_refused_menu_is_one_line(run: Run, api: Answering) -> None:
    api.next("/cgi-bin/menu/create", {"errcode": 48001, "errmsg": "api unauthorized"})

    code, _, err = run("wechat", "menu", "--push")

    assert code == 1
    assert err == (
        "zhanting: main: WeChat refused it: 48001（公众号没有这个接口的权限，多半是还没有认证（48001））\n"
    )


def test_a_code_to_scan(run: Run, api: Answering) -> None:
    api.next("/cgi-bin/qrcode/create", {"ticket": "gQ/1==", "url": "http://weixin.qq.com/q/1"})

    code, out, _ = run("wechat", "code", "--scene", "store=east;model=s6;campaign=autumn")

    assert (code, out) == (0, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQ%2F1%3D%3D\n")
    (asked,) = api.to("/cgi-bin/qrcode/create")
    assert asked.body["action_info"] == {"scene": {"scene_str": "store=east;model=s6;campaign=autumn"}}


@pytest.mark.parametrize(
    ("scene", "problem"),
    [
        ("store=moon", "--scene: store must be one of east, west, not 'moon'"),
        ("model=moon", "--scene: model must be one of "),
        ("nowhere", "--scene: dealership/wechat.yml has no scene 'nowhere'"),
        ("colour=red", "--scene must be like store=east;model=s6;campaign=autumn"),
        ("store=east;", "--scene must be like"),
        ("campaign=" + "a" * 60, "--scene has more than 64 bytes"),
        ("", "--scene must be like"),
    ],
)
def test_a_scene_that_nobody_would_understand(run: Run, api: Answering, scene: str, problem: str) -> None:
    code, out, err = run("wechat", "code", "--scene", scene)

    assert (code, out, api.asked) == (1, "", [])
    assert err.startswith(f"zhanting: {problem}")


@pytest.mark.parametrize(
    "command", [("menu", "--push"), ("menu", "--delete"), ("code", "--scene", "store=east")]
)
def test_of_several_accounts_one_is_named(
    run: Run, api: Answering, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ZHANTING_WECHAT_ACCOUNTS", "main,west")

    code, _, err = run("wechat", *command)

    assert (code, err) == (1, "zhanting: --account is missing: one of main, west\n")
    assert "--account must be one of main, west" in run("wechat", *command, "--account", "east")[2]
    assert api.asked == []


def test_without_accounts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHANTING_WECHAT_ACCOUNTS")

    assert run("wechat", "check")[2] == (
        "zhanting: no WeChat account is set up: ZHANTING_WECHAT_ACCOUNTS is empty\n"
    )


def test_the_command_uses_the_token_of_the_server(
    api: Answering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, empty_home: Path
) -> None:
    """A token of its own would be one fetch more each time."""
    from bot.services.wechat.tokens import SharedTokens

    monkeypatch.setattr(wechat_accounts, "SharedTokens", SharedTokens)

    assert run("wechat", "menu", "--delete")[0] == 0
    assert run("wechat", "menu", "--delete")[0] == 0
    assert len(api.to(TOKEN)) == 1


CLICK = {"key": "ask_human", "url": None, "buttons": []}


@pytest.mark.parametrize(
    ("menu", "words"),
    [
        ([{"name": "一", **CLICK}] * 4, "菜单最多 3 列"),
        ([{"name": "预约试驾吧你", **CLICK}], "按钮“预约试驾吧你”太长：最多 16 字节（5 个汉字）"),
        ([{"name": "  ", **CLICK}], "按钮要有一行的名称"),
        ([{"name": "一", **CLICK, "key": None}], "按钮“一”要写 key 或 url，只写一个"),
        ([{"name": "一", **CLICK, "url": "https://cars.example"}], "按钮“一”要写 key 或 url，只写一个"),
        ([{"name": "一", **CLICK, "buttons": [{"name": "二", "key": "a", "url": None}]}], "菜单“一”有子菜单，不能再写 key 或 url"),
        (
            [{"name": "一", "key": None, "url": None, "buttons": [{"name": "二", "key": "a", "url": None}] * 6}],
            "菜单“一”最多 5 个按钮",
        ),
        (
            [{"name": "一", "key": None, "url": None, "buttons": [{"name": "二" * 21, "key": "a", "url": None}]}],
            f"按钮“{'二' * 21}”太长：最多 60 字节（20 个汉字）",
        ),
        ([{"name": "一", **CLICK, "key": "a" * 129}], "按钮“一”的 key 只能用小写字母、数字、_ 和 .，最多 128 字节"),
        ([{"name": "一", **CLICK, "key": "试驾"}], "按钮“一”的 key 只能用小写字母、数字、_ 和 .，最多 128 字节"),
        (
            [{"name": "一", "key": None, "url": "http://cars.example", "buttons": []}],
            "按钮“一”的 url 要以 https:// 开头，最多 1024 字节",
        ),
        (
            [{"name": "一", "key": None, "url": "https://[", "buttons": []}],
            "按钮“一”的 url 要以 https:// 开头，最多 1024 字节",
        ),
    ],
)  # fmt: skip
def test_a_menu_that_the_platform_would_refuse(menu: list[dict[str, object]], words: str) -> None:
    assert words in [fault.words for fault in menu_faults(menu)]


def test_a_menu_that_it_takes() -> None:
    page = {"name": "官网", "key": None, "url": "https://cars.example/?a=1", "buttons": []}

    assert list(menu_faults([{"name": "人工客服啊", **CLICK}, page])) == []
