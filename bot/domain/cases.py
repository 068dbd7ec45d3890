"""Cases that a person has to finish, and when they are due."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum


class CaseKind(str, Enum):
    RESCUE = "rescue"
    COMPLAINT = "complaint"
    WARRANTY_CLAIM = "warranty_claim"
    CALLBACK = "callback"


class CaseStatus(str, Enum):
    OPEN = "open"
    CLOSED = "closed"


def complaint_due(opened: datetime, hours: int) -> datetime:
    """When the closed loop that was promised for a complaint ends (lifecycle manual: 48 hours)."""
    return opened + timedelta(hours=hours)
