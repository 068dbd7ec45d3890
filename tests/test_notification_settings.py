"""Where messages may go to: the settings, and what is refused without showing a password."""

from __future__ import annotations

import pytest

from bot.domain.errors import SetupError
from bot.services.outbox import senders_of
from bot.settings import MailServer, read_settings

MAIL = {"ZHANTING_MAIL_FROM": "青岚汽车 <service@qinglan.example>"}
SECRET = {"ZHANTING_WEBHOOK_SECRET": "0123456789abcdef"}


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://li:p%40ss%2Fword@mail.example", MailServer("mail.example", 465, "tls", "li", "p@ss/word")),
        ("smtps://mail.example:4650", MailServer("mail.example", 4650, "tls")),
        ("smtp://li:x@mail.example?starttls", MailServer("mail.example", 587, "starttls", "li", "x")),
        ("smtp://li:x@mail.example:25/?starttls", MailServer("mail.example", 25, "starttls", "li", "x")),
        ("smtp://localhost", MailServer("localhost", 25, "none")),
    ],
)
def test_a_mail_server(url: str, server: MailServer) -> None:
    settings = read_settings({"ZHANTING_SMTP_URL": url, **MAIL})

    assert settings.smtp == server
    assert senders_of(settings).channels == ["chat", "email"]


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://li:hunter2@mail.example",
        "smtp://li:hunter2@mail.example",  # a password in the clear
        "smtp://li:hunter2@mail.example?tls",
        "smtps://li:hunter2@mail.example?starttls",
        "smtps://li:hunter2/x@mail.example",
        "smtps://li:hunter2@mail.example:port",
        "smtps://li:hunter2@",
        "smtps://li@mail.example",
    ],
)
def test_a_mail_server_that_cannot_be_used(url: str) -> None:
    with pytest.raises(SetupError) as raised:
        read_settings({"ZHANTING_SMTP_URL": url, **MAIL})

    assert str(raised.value).startswith("ZHANTING_SMTP_URL cannot be used: ")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("address", ["service", "青岚汽车", "a@b@c", "青岚 <service@>", "a b@c"])
def test_a_sender_that_is_no_address(address: str) -> None:
    with pytest.raises(SetupError, match=r"^ZHANTING_MAIL_FROM"):
        read_settings({"ZHANTING_MAIL_FROM": address})


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"ZHANTING_SMTP_URL": "smtps://mail.example"}, "ZHANTING_MAIL_FROM"),
        ({"ZHANTING_WEBHOOK_URL": "https://crm.example/hook"}, "ZHANTING_WEBHOOK_SECRET"),
    ],
)
def test_half_a_setting_is_refused(given: dict[str, str], missing: str) -> None:
    with pytest.raises(SetupError, match=missing):
        read_settings(given)


def test_a_webhook() -> None:
    settings = read_settings({"ZHANTING_WEBHOOK_URL": "https://crm.example/hook?token=1", **SECRET})

    assert settings.webhook_url == "https://crm.example/hook?token=1"
    assert senders_of(settings).channels == ["chat", "webhook"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZHANTING_WEBHOOK_URL", "ftp://crm.example"),
        ("ZHANTING_WEBHOOK_URL", "crm.example"),
        ("ZHANTING_WEBHOOK_SECRET", "short"),
        ("ZHANTING_UPKEEP_SECONDS", "0"),
        ("ZHANTING_UPKEEP_SECONDS", "often"),
    ],
)
def test_a_value_that_cannot_be_used(name: str, value: str) -> None:
    with pytest.raises(SetupError, match=f"^{name}.* cannot be used: "):
        read_settings({name: value, **({} if "SECRET" in name else SECRET)})


def test_nothing_leaves_the_house_unless_it_is_set_up() -> None:
    settings = read_settings({})

    assert (settings.smtp, settings.webhook_url, settings.upkeep_seconds) == (None, None, 5)
    assert senders_of(settings).channels == ["chat"]
