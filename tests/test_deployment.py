"""The files of ``deploy/``: what can be proven of them on this machine is, with two servers behind a real nginx."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.runtime.model_inputs import INPUTS
from bot.settings import NAMES, ROOT
from tests.database import new_postgres_url
from tests.redis import RedisServer
from tests.server import CLOCK, RunningServer, Visitor, free_port, start_server, wait_until_ready
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.platform import Platform

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
SYSTEMD = shutil.which("systemd-analyze")
TOKEN = "a-token-for-prometheus"
PATIENCE = 30.0


def _copied() -> set[str]:
    """What the image has of this repository."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    return {name for line in lines for name in line.split()}


def test_the_image_has_what_its_model_is_made_of() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()

    assert _copied() == {line[1:] for line in lines if line[0] == "!"}
    assert [path for path in INPUTS if path.split("/")[0] not in _copied()] == []


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yml", "example.env", "systemd/zhanting@.service"])
def test_every_setting_of_a_file_exists(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    named = set(re.findall(r"\b(ZHANTING_[A-Z_]+|DATABASE_URL|REDIS_URL|PORT)(?==|:\s)", text))

    assert named
    assert named - set(NAMES.values()) == set()


def test_the_workers_of_compose_share_what_they_must() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))["services"]
    workers = {name: service for name, service in services.items() if name.startswith("worker-")}
    upstream = (DEPLOY / "upstream.compose.conf").read_text("utf-8")

    assert re.findall(r"^server (\S+):5005 ", upstream, re.MULTILINE) == list(workers)
    assert len(workers) == 2
    for worker in workers.values():
        assert {"DATABASE_URL", "REDIS_URL"} <= set(worker["environment"])
        assert worker["volumes"] == workers["worker-1"]["volumes"]


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """In a folder of its own, with the program where this checkout has it."""
    assert SYSTEMD
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text("utf-8").replace("/opt/zhanting/.venv/bin/python", "/bin/sh")
        (tmp_path / unit.name.replace("@.", "@5005.")).write_text(text, "utf-8")
    command = [SYSTEMD, "verify", "--man=no", "zhanting@5005.service", "zhanting.target"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


@dataclass
class Proxied:
    """Two workers behind nginx; ``url`` is the proxy's."""

    first: RunningServer
    second: RunningServer
    url: str
    platform: Platform

    def visitor(self) -> Visitor:
        token = httpx.post(f"{self.url}/web/session", json={}).json()["token"]
        return Visitor(self.second, token)


@dataclass
class Workers:
    """Two servers with nothing but what the image has, as ``compose.yml`` has them."""

    servers: list[RunningServer]
    platform: Platform
    folder: Path


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    folder, redis = tmp_path_factory.mktemp("deployed"), RedisServer()
    root = _image_in(folder / "image")
    platform = Platform([PlatformAccount("main")], start=datetime.fromisoformat(CLOCK))
    shared = {
        **platform.settings(),
        "DATABASE_URL": new_postgres_url(),
        "REDIS_URL": redis.url,
        "ZHANTING_MODELS": str(ROOT / "models"),
        "ZHANTING_TRUSTED_PROXIES": "1",
        "ZHANTING_METRICS_TOKEN": TOKEN,
    }
    servers = [start_server(folder / name, wait=False, root=root, **shared) for name in ("one", "two")]
    for server in servers:
        wait_until_ready(server)
    yield Workers(servers, platform, folder)
    for server in servers:
        if server.process.poll() is None:
            server.stop()
    redis.remove()


def _image_in(root: Path) -> Path:
    root.mkdir()
    for name in _copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def proxied(workers: Workers) -> Iterator[Proxied]:
    """nginx in front of them, with ``nginx.conf`` at another port."""
    port = free_port()
    proxy = _start_nginx(workers.folder, port, [server.port for server in workers.servers])
    url = f"http://127.0.0.1:{port}"
    workers.platform.point_at(url)
    yield Proxied(*workers.servers, url, workers.platform)
    proxy.terminate()
    proxy.wait(PATIENCE)


def _start_nginx(folder: Path, port: int, workers: list[int]) -> subprocess.Popen[bytes]:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};").replace(
        "/tmp/zhanting-nginx.pid", f"{folder}/pid"
    )
    text = text.replace("/dev/stdout", f"{folder}/access.log")
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("http {\n", f"http {{\n    {kind}_temp_path {folder}/{kind};\n", 1)
    (folder / "nginx.conf").write_text(text, "utf-8")
    upstream = (DEPLOY / "upstream.conf").read_text("utf-8")
    for usual, ours in zip(("5005", "5006"), workers, strict=True):
        upstream = upstream.replace(f":{usual} ", f":{ours} ")
    (folder / "zhanting-upstream.conf").write_text(upstream, "utf-8")
    assert NGINX
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"), "-g", "daemon off;"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, (folder / "error.log").read_text("utf-8")
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live")
            return process
        except httpx.TransportError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError("nginx does not answer")


def with_servers(test: Any) -> Any:
    for mark in (pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis):
        test = mark(test)
    return test


def behind_nginx(test: Any) -> Any:
    reason = "nginx is not on this machine: deploy/nginx.conf is unproven"
    return with_servers(pytest.mark.skipif(NGINX is None, reason=reason)(test))


@with_servers
def test_a_server_runs_with_nothing_but_what_the_image_has(workers: Workers) -> None:
    server = workers.servers[0]

    assert server.rest("image", "你们几点关门")[0]["text"]
    assert server.client.get("/console/login").status_code == 200
    assert server.client.get("/web/static/zhanting-chat.js").status_code == 200


@behind_nginx
def test_a_stream_stays_open_through_the_proxy(proxied: Proxied) -> None:
    """Longer than a heartbeat, with each line as it is said, whichever worker answers."""
    visitor, both = proxied.visitor(), (proxied.first, proxied.second)

    def send(text: str, client_id: str) -> None:
        body = {"text": text, "client_id": client_id}
        answer = httpx.post(f"{proxied.url}/web/messages", json=body, headers=visitor.headers, timeout=30)
        assert answer.status_code == 202, answer.text

    with httpx.stream("GET", f"{proxied.url}/web/stream", headers=visitor.headers, timeout=40) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == ": connected"
        for number in range(4):
            send("你们几点关门", f"m-{number}")
            heard = _next_of_bot(lines)
            assert heard["text"]
        assert next(line for line in lines if line.startswith(":")) == ": still here"
        send("你好", "after-the-silence")
        assert _next_of_bot(lines)["text"]
        streams = [_figure(server, "zhanting_open_streams{") for server in both]
    asked = [_figure(server, 'zhanting_messages_total{author="customer",channel="web"') for server in both]
    assert sum(streams) == 1
    assert sum(asked) == 5
    assert asked[streams.index(0)] >= 1, "only the worker with the stream was asked"


@behind_nginx
def test_figures_and_readiness_are_not_for_customers(proxied: Proxied) -> None:
    assert (
        httpx.get(f"{proxied.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404
    )
    assert httpx.get(f"{proxied.url}/health/ready").status_code == 404
    assert httpx.get(f"{proxied.url}/health").json()["status"] == "ready"
    through_a_proxy = {"X-Forwarded-For": "203.0.113.7"}
    assert httpx.get(f"{proxied.first.url}/metrics", headers=through_a_proxy).status_code == 401


@behind_nginx
async def test_wechat_has_its_answer_in_the_request(proxied: Proxied) -> None:
    """The proxy keeps the signature, which is in the query, and the 5 seconds."""
    async with proxied.platform:
        assert (await proxied.platform.verify("main"))[0] == 200
        customer = proxied.platform.customer("o-behind-nginx-00000000001")
        delivery = customer.text("谢谢")
        await customer.done()

        assert delivery.outcomes == ["passive"]


@behind_nginx
def test_a_worker_that_is_gone_is_not_noticed(proxied: Proxied) -> None:
    """Last: it leaves one worker."""
    visitor = proxied.visitor()
    proxied.first.process.kill()
    proxied.first.process.wait()
    for number in range(6):
        body = {"text": "首付多少", "client_id": f"gone-{number}"}
        answer = httpx.post(f"{proxied.url}/web/messages", json=body, headers=visitor.headers, timeout=30)
        assert answer.status_code == 202, answer.text
    visitor.wait_for_answer()


def _next_of_bot(lines: Iterator[str]) -> dict[str, Any]:
    for line in lines:
        if line.startswith("data: ") and (data := json.loads(line[6:])).get("author") == "bot":
            return dict(data)
    raise AssertionError("the stream has ended")


def _figure(server: RunningServer, start: str) -> float:
    with closing(httpx.Client()) as client:
        text = client.get(f"{server.url}/metrics").text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(start))
