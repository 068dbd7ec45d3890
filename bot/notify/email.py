"""E-mail over SMTP, with TLS and time-outs."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from bot.domain.errors import DeliveryFailed
from bot.settings import MailServer

SECONDS = 15.0
"""How long the server may take for each of its answers."""


@dataclass(frozen=True)
class Attachment:
    """A calendar file: its ``method`` is that of RFC 5546 (PUBLISH, CANCEL)."""

    name: str
    content: bytes
    method: str


@dataclass(frozen=True)
class Mail:
    """``id`` stays the same when it is sent again, so that a reader shows it once."""

    id: str
    address: str
    subject: str
    text: str
    attachment: Attachment | None = None


@dataclass(frozen=True)
class MailSender:
    """Hands mail in at one server, a connection for each. ``sender``: "青岚汽车 <service@example.com>"."""

    server: MailServer
    sender: str
    seconds: float = SECONDS

    def send(self, mail: Mail, now: datetime) -> None:
        """Raises DeliveryFailed; ``final`` when the server refused this mail or address for good."""
        message = self._message(mail, now)
        try:
            connection = self._connection()
            try:
                connection.send_message(message)
            finally:
                _leave(connection)
        except smtplib.SMTPRecipientsRefused as refused:
            code = max(code for code, _ in refused.recipients.values())
            words = f"邮箱地址被拒收（SMTP {code}）"
            raise DeliveryFailed(f"SMTP {code}: the recipient was refused", _is_final(code), words) from None
        except smtplib.SMTPNotSupportedError as error:
            words = "邮件服务器不支持所需的功能"
            raise DeliveryFailed(f"the mail server cannot do it: {error}", words=words) from None
        except smtplib.SMTPAuthenticationError as error:
            words = f"邮件服务器拒绝登录（SMTP {error.smtp_code}）"
            raise DeliveryFailed(f"SMTP {error.smtp_code}: the login was refused", words=words) from None
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            code = error.smtp_code
            words = f"邮件被拒收（SMTP {code}）"
            raise DeliveryFailed(f"SMTP {code}: the mail was refused", _is_final(code), words) from None
        except (smtplib.SMTPException, OSError) as error:
            kind = type(error).__name__
            words = f"连不上邮件服务器（{kind}）"
            raise DeliveryFailed(f"the mail server cannot be reached: {kind}", words=words) from error

    def _connection(self) -> smtplib.SMTP:
        server = self.server
        if server.security == "tls":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self.seconds, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self.seconds)
        try:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user is not None and server.password is not None:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _message(self, mail: Mail, now: datetime) -> EmailMessage:
        message = EmailMessage()
        name, address = parseaddr(self.sender)
        try:
            message["From"] = Address(name, addr_spec=address)
            message["To"] = Address(addr_spec=mail.address)
        except (ValueError, IndexError, MessageError) as error:
            raise DeliveryFailed("not an e-mail address", final=True, words="邮箱地址不正确") from error
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{mail.id}@{address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers
        message.set_content(mail.text)
        if mail.attachment is not None:
            attached = mail.attachment
            message.add_attachment(attached.content, "text", "calendar", filename=attached.name)
            part = list(message.iter_attachments())[-1]
            part.set_param("charset", "utf-8")
            part.set_param("method", attached.method)
        return message


def _leave(connection: smtplib.SMTP) -> None:
    """A server that is gone before the goodbye has the mail all the same: that is no failure."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        connection.quit()
    connection.close()


def _is_final(code: int) -> bool:
    return 500 <= code < 600
