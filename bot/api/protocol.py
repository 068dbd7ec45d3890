"""HTTP as Sanic speaks it, without two of its faults (21.12.2): requests that no client of good faith sends.

A negative Content-Length makes Sanic read for ever and with it stops every other customer; an address that is not
UTF-8 ends in a stack trace instead of an answer. Drop this module when Sanic refuses both.
"""

from __future__ import annotations

import logging
from ipaddress import ip_address
from typing import Any

from sanic import Request
from sanic.exceptions import InvalidUsage, SanicException
from sanic.http import Http
from sanic.server.protocols.http_protocol import HttpProtocol

logger = logging.getLogger(__name__)


class CheckedRequest(Request):
    """A request whose body has an end."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if b"%00" in self.raw_url:
            raise InvalidUsage("an address has no NUL")
        lengths = self.headers.getall("content-length", ())
        encodings = [value.lower() for value in self.headers.getall("transfer-encoding", ())]
        if any(not (text.isascii() and text.isdigit()) for text in lengths) or len(set(lengths)) > 1:
            raise InvalidUsage("Content-Length must be a number")
        if encodings and (encodings != ["chunked"] or lengths):
            raise InvalidUsage("Transfer-Encoding must be chunked, without Content-Length")

    @property
    def ip(self) -> str:
        """Where the request comes from: what our own proxies say (PROXIES_COUNT of them), else the other end."""
        told = str(self.remote_addr).strip("[]")
        return told if told and _is_address(told) else str(super().ip)


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


class CheckedProtocol(HttpProtocol):
    """Sanic's connection with our ``CheckedHttp``; for ``app.run(protocol=…)``."""

    def _setup_connection(self) -> None:
        super()._setup_connection()
        self._http = CheckedHttp(self)


class CheckedHttp(Http):
    """Answers a request line that it cannot decode, and drops the rest of a broken body quietly."""

    async def http1(self) -> None:
        try:
            await super().http1()
        except SanicException as error:  # the request has its answer; only what follows it is unreadable
            logger.info("connection closed: %s", error)

    def create_empty_request(self) -> None:
        """Called by Sanic to have something to answer when there is no request."""
        self.url: str | None = None  # it may be what could not be read
        super().create_empty_request()
