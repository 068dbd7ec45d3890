"""What comes to a customer without having been asked for: reminders and offers, sent by the upkeep."""

from __future__ import annotations

from bot.services.messages import messages_after
from bot.services.outbox import Senders
from bot.services.upkeep import run_upkeep
from tests.conversations.harness import Customer, Reply


def hears(customer: Customer, *expected: str) -> Reply:
    """Run the upkeep; what it tells the customer becomes the last answer, so that its buttons can be pressed."""
    installation = customer.assistant.installation
    before = [m.seq for m in messages_after(installation.database, customer.conversation_id)]
    run_upkeep(installation.database, installation.content, Senders())
    told = messages_after(installation.database, customer.conversation_id, before[-1])
    texts = tuple(message.text for message in told)
    customer.reply = Reply(texts, tuple(button for message in told for button in message.buttons))
    assert told, customer.told("nothing was told")
    for fragment in expected:
        assert fragment in customer.reply.text, customer.told(f"{fragment!r} was not told:\n{customer.reply}")
    return customer.reply


def hears_nothing(customer: Customer) -> None:
    """The upkeep runs and has nothing to tell this customer."""
    installation = customer.assistant.installation
    before = len(messages_after(installation.database, customer.conversation_id))
    run_upkeep(installation.database, installation.content, Senders())
    assert len(messages_after(installation.database, customer.conversation_id)) == before
