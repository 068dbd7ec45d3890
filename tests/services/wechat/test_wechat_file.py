"""``dealership/wechat.yml`` as content: read with the rest, and refused where the platform would refuse it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.domain.errors import ContentError
from bot.domain.wechat.content import WeChatContent
from bot.services.content.files import read_content
from bot.services.content.snapshot import read_dealership
from bot.services.installation import validate_content

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("dealership", "faq"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_demo_has_a_menu() -> None:
    wechat = validate_content().dealership.wechat

    assert [column.name for column in wechat.menu] == ["看车试驾", "用车养车", "人工客服"]
    assert {"book_test_drive", "ask_service_due", "ask_human"} <= set(wechat.keys())


def test_a_dealership_may_leave_it_out(root: Path) -> None:
    (root / "dealership" / "wechat.yml").unlink()

    read_content(root)
    assert read_dealership(root / "dealership").wechat == WeChatContent()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "menu: [{name: 预约试驾吧你, key: ask_human}]",
            "field menu.预约试驾吧你.name: '预约试驾吧你' has more than 16 bytes",
        ),
        ("menu: [{name: 一}]", "field menu.一: needs either key or url"),
        (
            "menu: [{name: 一, key: a, colour: red}]",
            "field menu.0: MenuColumn.__init__() got an unexpected keyword argument 'colour'",
        ),
        ("menus: []", "field menus: is not a known field"),
        ("- 1", "must be a mapping, not list"),
    ],
)
def test_a_file_that_cannot_be_taken(root: Path, text: str, problem: str) -> None:
    (root / "dealership" / "wechat.yml").write_text(text, "utf-8")

    with pytest.raises(ContentError) as raised:
        read_content(root)
    assert problem in str(raised.value)
    assert str(raised.value).startswith("dealership/wechat.yml")
