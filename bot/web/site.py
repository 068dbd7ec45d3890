"""The demo dealer's page and the chat widget's files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html

from bot.services.content.snapshot import ContentStore

HERE = Path(__file__).parent
STATIC = "/web/static"
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def website(content: ContentStore) -> Blueprint:
    """``/`` shows the dealership; ``/web/static`` serves the widget."""
    blueprint = Blueprint("website")
    blueprint.static(STATIC, str(HERE / "static"), name="static", use_modified_since=True)

    @blueprint.on_response
    async def revalidate(request: Request, response: HTTPResponse) -> None:
        """Modules of two versions must not meet: a browser asks before it uses its copy."""
        if request.path.startswith(STATIC):
            response.headers["Cache-Control"] = "no-cache"

    @blueprint.get("/")
    async def page(_: Request) -> HTTPResponse:
        text = (
            _templates()
            .get_template("demo.html")
            .render(dealership=content.current().dealership, static=STATIC)
        )
        return html(text, headers={"Content-Security-Policy": POLICY})

    return blueprint


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
    )
