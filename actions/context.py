"""What actions work with: the installation's database and content. Set by the server, opened at first use elsewhere."""

from __future__ import annotations

from bot.services.installation import Installation, open_installation

_installation: Installation | None = None


def use(installation: Installation) -> None:
    """Let all actions of this process work with ``installation``."""
    global _installation
    _installation = installation


def installation() -> Installation:
    """The installation; ``rasa run actions`` opens the one of its environment here."""
    global _installation
    if _installation is None:
        _installation = open_installation()
    return _installation
