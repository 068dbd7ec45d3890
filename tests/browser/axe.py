"""axe-core in a page: what keeps people with impairments from using it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

GRAVE = ("serious", "critical")


def grave_issues(page: Page) -> list[str]:
    """Serious and critical findings with the first places of each; into shadow roots, too."""
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8") + "\n;0")
    found: dict[str, Any] = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{issue['id']} ({issue['impact']}): "
        + "; ".join(f"{node['target']} {node['html'][:120]}" for node in issue["nodes"][:4])
        + "; ".join(f" {check['message']}" for node in issue["nodes"][:1] for check in node["any"][:1])
        for issue in found["violations"]
        if issue["impact"] in GRAVE
    ]
