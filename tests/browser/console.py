"""The console and the staff API of a running server, for tests in the browser."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

import httpx
from playwright.sync_api import Page

PASSWORD = "console-pass-1"
_numbers = itertools.count(1)


class StaffApi:
    """The staff API as the administrator."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=30)
        token = self._call("POST", "login", json={"username": "admin", "password": PASSWORD})["token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params=query)

    def post(self, path: str, **body: Any) -> Any:
        return self._call("POST", path, json=body)

    def put(self, path: str, **body: Any) -> Any:
        return self._call("PUT", path, json=body)

    def says(self, sender: str, text: str) -> Any:
        """What a customer of the REST channel is answered."""
        answer = self._client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def hire(self, role: str, **fields: Any) -> tuple[str, str]:
        """Somebody new of a role: username and password."""
        username, password = f"u{next(_numbers)}{secrets.token_hex(3)}", secrets.token_urlsafe(12)
        named = {"name": f"{role} {username}", **fields}
        self.post("users", username=username, password=password, role=role, **named)
        return username, password

    def _call(self, method: str, path: str, **more: Any) -> Any:
        answer = self._client.request(method, f"/api/staff/{path}", **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


def sign_in(page: Page, url: str, path: str, username: str = "admin", password: str = PASSWORD) -> None:
    """Sign in, and go on to a page of the console."""
    page.goto(f"{url}/console/login?next={path}")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda address: "/console/login" not in address)
