"""E-mail to a real SMTP server: TLS, login, Chinese, attachments, and every way in which a server can fail."""

from __future__ import annotations

import socket
import subprocess
import threading
from datetime import datetime
from typing import Any

import pytest

from bot.clock import TIME_ZONE
from bot.domain.errors import DeliveryFailed
from bot.notify.email import Attachment, Mail, MailSender
from bot.settings import MailServer
from tests.notify.mail_server import PASSWORD, USER, Mailbox, authenticate, mail_server, server_context

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
FROM = "青岚汽车 <service@qinglan.example>"
MAIL = Mail("zhanting-7", "wang@example.com", "预约提醒：周六 11月28日 14:00", "王小明您好：\n到店见。\n")


def sender(port: int, security: str = "none", login: bool = False, host: str = "localhost") -> MailSender:
    account = (USER, PASSWORD) if login else (None, None)
    return MailSender(MailServer(host, port, security, *account), FROM, seconds=2)


def failure(sender: MailSender, mail: Mail = MAIL) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        sender.send(mail, NOW)
    assert mail.address not in str(raised.value)
    return raised.value


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for localhost, signed by itself, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture
def trusted(certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The machine trusts the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    return certificate


def test_a_mail_arrives_as_it_was_written() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        sender(port).send(MAIL, NOW)

    (mail,) = mailbox.mails
    assert mailbox.recipients == ["wang@example.com"]
    assert mail["Subject"] == MAIL.subject
    assert mail["From"] == FROM
    assert mail["Message-ID"] == "<zhanting-7@qinglan.example>"
    assert mail["Date"] == "Sun, 22 Nov 2026 10:00:00 +0800"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == MAIL.text


def test_a_calendar_file_is_attached() -> None:
    mailbox = Mailbox()
    file = "BEGIN:VCALENDAR\r\nSUMMARY:试驾\r\nEND:VCALENDAR\r\n".encode()
    with mail_server(mailbox) as port:
        sender(port).send(Mail("1", "a@example.com", "s", "t", Attachment("visit.ics", file, "CANCEL")), NOW)

    (attached,) = mailbox.mails[0].iter_attachments()
    assert attached.get_filename() == "visit.ics"
    assert attached.get_content_type() == "text/calendar"
    assert (attached.get_param("method"), attached.get_param("charset")) == ("CANCEL", "utf-8")
    assert attached.get_payload(decode=True) == file


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login_over_tls(trusted: tuple[str, str], security: str) -> None:
    mailbox, context = Mailbox(), server_context(*trusted)
    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True}
    if security == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}  # all of it is TLS
    else:
        options |= {"tls_context": context, "require_starttls": True}
    with mail_server(mailbox, **options) as port:
        sender(port, security, login=True).send(MAIL, NOW)

    assert len(mailbox.mails) == 1


def test_a_wrong_password_is_tried_again_later(trusted: tuple[str, str]) -> None:
    """The dealer may have changed it, and will set it here."""
    mailbox = Mailbox()
    options = {"authenticator": authenticate, "auth_required": True}
    with mail_server(mailbox, tls_context=server_context(*trusted), **options) as port:
        wrong = MailSender(MailServer("localhost", port, "starttls", USER, "wrong"), FROM, seconds=2)
        problem = failure(wrong)

    assert not problem.final
    assert "wrong" not in str(problem)
    assert mailbox.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_that_nobody_signed_or_of_another_host_is_refused(
    certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch, security: str, host: str
) -> None:
    if host != "localhost":
        monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    mailbox, context = Mailbox(), server_context(*certificate)
    option = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    with mail_server(mailbox, **option) as port:
        problem = failure(sender(port, security, login=True, host=host))

    assert "SSLCertVerificationError" in str(problem)
    assert not problem.final
    assert mailbox.mails == []


def test_no_password_is_sent_to_a_server_without_tls() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        problem = failure(sender(port, "starttls", login=True))

    assert "STARTTLS" in str(problem)
    assert mailbox.mails == []


@pytest.mark.parametrize(("code", "final"), [(550, True), (450, False)])
def test_a_refused_recipient(code: int, final: bool) -> None:
    with mail_server(Mailbox(recipient_answer=f"{code} wang@example.com is unknown")) as port:
        problem = failure(sender(port))

    assert (str(problem), problem.final) == (f"SMTP {code}: the recipient was refused", final)
    assert problem.words == f"邮箱地址被拒收（SMTP {code}）"


@pytest.mark.parametrize(("code", "final"), [(554, True), (451, False)])
def test_a_refused_mail(code: int, final: bool) -> None:
    with mail_server(Mailbox(answers=[f"{code} no"])) as port:
        problem = failure(sender(port))

    assert (str(problem), problem.final) == (f"SMTP {code}: the mail was refused", final)
    assert problem.words == f"邮件被拒收（SMTP {code}）"


def test_a_slow_server_is_left() -> None:
    with mail_server(Mailbox(seconds=3)) as port:
        slow = MailSender(MailServer("localhost", port, "none"), FROM, seconds=0.3)
        problem = failure(slow)

    assert not problem.final


def test_a_server_that_is_away() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    problem = failure(sender(port))

    assert (str(problem), problem.final) == (
        "the mail server cannot be reached: ConnectionRefusedError",
        False,
    )


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_something_else_answers(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            connection.sendall(greeting)
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        problem = failure(sender(listening.getsockname()[1], host="127.0.0.1"))
        thread.join()

    assert not problem.final


@pytest.mark.parametrize(
    "address", ["", "wang", "wang@", "a@b\r\nBcc: all@example.com", "a b@example.com", "王@example.com"]
)
def test_an_address_that_is_none(address: str) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port, pytest.raises(DeliveryFailed) as raised:
        sender(port).send(Mail("1", address, "s", "t"), NOW)

    assert raised.value.final
    assert mailbox.mails == []


def test_line_breaks_in_a_subject_make_no_headers() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        sender(port).send(Mail("1", "a@example.com", "x\r\nBcc: all@example.com", "t"), NOW)

    assert mailbox.mails[0]["Bcc"] is None
    assert mailbox.mails[0]["Subject"] == "x Bcc: all@example.com"
