"""Who looks after a customer."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from bot.domain.booking import VisitStatus
from bot.domain.dealership import Dealership, ResourceKind
from bot.services.visits import visits_of_conversation
from bot.store.database import Database
from bot.store.tables import Conversation, Customer


def own_adviser(
    database: Database, dealership: Dealership, conversation_id: str, phones: Collection[str]
) -> str | None:
    """The name of the customer's own adviser, else of who receives them at their next test drive; None for neither.

    ``phones``: numbers that the customer has shown to be theirs by booking with them here.
    """
    names = {r.id: r.name for r in dealership.resources if r.kind is ResourceKind.SALES_ADVISER}
    with database.reading() as session:
        linked = sa.select(Conversation.customer_id).where(Conversation.id == conversation_id)
        owned = sa.or_(Customer.id.in_(linked), Customer.phone.in_(list(phones)))
        for adviser in session.scalars(
            sa.select(Customer.adviser).where(owned, Customer.adviser.is_not(None))
        ):
            if adviser in names:
                return names[adviser]
    visits = visits_of_conversation(database, dealership, conversation_id)
    booked = (visit for visit in visits if visit.status in (VisitStatus.CONFIRMED, VisitStatus.CHECKED_IN))
    received = (names[resource] for visit in booked for resource in visit.resources if resource in names)
    return next(received, None)
