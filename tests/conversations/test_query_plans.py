"""Every statement that the message path runs on PostgreSQL among very many messages: each finds its rows by an index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.conversation import Outcome
from bot.domain.staff import Presence, Role, Skill
from bot.services import desk, messages, offers, presence, receipts, visitors, workplace
from bot.services.installation import Installation, open_installation
from bot.services.messages import Inbound
from bot.services.outbox import Senders
from bot.services.staff import Staff
from bot.services.unfinished import Unfinished
from bot.services.upkeep import run_upkeep
from bot.services.wechat.choices import payload_at
from bot.services.wechat.ledger import due_contacts
from bot.settings import read_settings
from bot.store.prepared import prepared
from bot.store.staff_tables import User
from tests.conversations.harness import NOW, Assistant, local
from tests.database import new_postgres_url
from tests.proof import size

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

MESSAGES = size(50_000, 1_000_000)
EACH = 5
LARGE = (
    "messages",
    "conversations",
    "dialogue_states",
    "outbox",
    "wechat_contacts",
    "unanswered",
    "handoffs",
)
FILL = {
    "conversations": """
        INSERT INTO conversations (id, channel, sender, state, epoch, last_seq, delivered_seq, read_seq, staff_read_seq,
            is_elsewhere, adviser, created_at, updated_at)
        SELECT md5(n::text), CASE n % 2 WHEN 0 THEN 'wechat' ELSE 'web' END, 'someone-' || n,
            CASE n % 10 WHEN 0 THEN 'closed' ELSE 'bot' END, 0, :each, :each, :each, :each,
            false, CASE n % 10 WHEN 0 THEN 'former-' || n % 40 END, now() - n * interval '1 hour',
            now() - n * interval '1 hour'
        FROM generate_series(1, :number) AS n""",
    "messages": """
        INSERT INTO messages (conversation_id, seq, author, text, client_id, reply_to, answered, internal, created_at)
        SELECT md5(n::text), seq, CASE seq % 2 WHEN 1 THEN 'customer' ELSE 'bot' END, '首付多少', 'c-' || seq,
            CASE seq % 2 WHEN 0 THEN seq - 1 END, true, false, now() - n * interval '1 hour'
        FROM generate_series(1, :number) AS n, generate_series(1, :each) AS seq""",
    "dialogue_states": """
        INSERT INTO dialogue_states (sender_id, state, updated_at)
        SELECT md5(n::text), '[]', now() FROM generate_series(1, :number) AS n""",
    "outbox": """
        INSERT INTO outbox (key, kind, channel, conversation_id, data, due_at, state, attempts, created_at)
        SELECT 'k-' || n, 'confirmation', 'chat', md5(n::text), '{}', now() - n * interval '1 minute', 'sent', 1,
            now() - n * interval '1 minute'
        FROM generate_series(1, :number) AS n""",
    "wechat_contacts": """
        INSERT INTO wechat_contacts (account, openid, conversation_id, is_following, message_used, click_used, sent_seq,
            sent_parts, attempts, created_at, updated_at)
        SELECT 'main', 'o-' || n, md5(n::text), true, 0, 0, :each, 0, 0, now(), now()
        FROM generate_series(1, :number) AS n""",
    "unanswered": """
        INSERT INTO unanswered (conversation_id, seq, kind, state, text, same_as, candidates, intents, created_at,
            updated_at)
        SELECT md5(n::text), 1, 'fallback', CASE n % 50 WHEN 0 THEN 'open' ELSE 'ignored' END, '嗯', md5(n::text),
            '[]', '[]', now(), now() FROM generate_series(1, :number) AS n""",
    "handoffs": """
        INSERT INTO handoffs (id, conversation_id, reason, summary, status, skill, adviser, taken_at, ended_at,
            outcome, created_at, updated_at)
        SELECT 'h-' || n, md5(n::text), 'asked', '{}', 'done', 'sales', 'former-' || n % 40,
            now() - n * interval '1 hour', now() - n * interval '1 hour', 'solved', now(), now()
        FROM generate_series(1, :number) AS n""",
}  # fmt: skip


@dataclass
class Listener:
    """The statements that were run, each once, with the values of the first time."""

    engine: Any
    heard: dict[str, Any] = field(default_factory=dict)
    prepared: set[str] = field(default_factory=set)

    def __call__(self, _: Any, __: Any, statement: str, values: Any, context: Any, *___: Any) -> None:
        statement = context.unicode_statement  # as it was before it was prepared
        if context.execution_options.get("prepared"):
            self.prepared.add(statement)
        if statement.lstrip().split()[0] in ("SELECT", "UPDATE", "DELETE", "WITH"):
            self.heard.setdefault(statement, values)

    def scans(self) -> dict[str, list[str]]:
        """Statements that read a large table from its beginning to its end, and the tables."""
        found = {statement: self._scanned(statement, values) for statement, values in self.heard.items()}
        return {statement[-700:]: tables for statement, tables in found.items() if tables}

    def _scanned(self, statement: str, values: Any) -> list[str]:
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1")  # as on any disk without a needle
            preparation = None
            if statement in self.prepared:  # after a few times it is planned without its values, once for all
                connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
                preparation, statement = prepared(statement, "tested")
                connection.exec_driver_sql(preparation)
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar()
            if preparation:
                connection.exec_driver_sql("DEALLOCATE tested")
        plan = json.loads(plan) if isinstance(plan, str) else plan
        return [
            node["Relation Name"]
            for node in _nodes(plan[0]["Plan"])
            if node["Node Type"].endswith("Seq Scan") and node["Relation Name"] in LARGE
        ]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Migrated as in the field, and full."""
    clock.clock.set(local(NOW))
    environment = {
        "ZHANTING_HOME": str(tmp_path_factory.mktemp("full")),
        "DATABASE_URL": new_postgres_url(),
    }
    opened = open_installation(read_settings(environment))
    values = {"number": MESSAGES // EACH, "each": EACH}
    with opened.database.engine.begin() as connection:
        for statement in FILL.values():
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(sa.text(statement), used)
    with opened.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    yield opened
    opened.database.close()
    clock.clock.set(None)


@pytest.fixture
def listener(installation: Installation) -> Iterator[Listener]:
    listener = Listener(installation.database.engine)
    sa.event.listen(installation.database.engine, "before_cursor_execute", listener)
    yield listener
    sa.event.remove(installation.database.engine, "before_cursor_execute", listener)


@pytest.fixture
def assistant(agent: Any, installation: Installation) -> Iterator[Assistant]:
    from actions import context
    from bot.runtime.dialogue import RasaDialogue
    from bot.services.turns import Turns
    from bot.services.wakeups import Wakeups
    from bot.understanding.live import use_content

    clock.clock.set(local(NOW))
    context.use(installation)
    use_content(installation.content.current)
    dialogue = RasaDialogue(installation, agent)
    longest = installation.settings.max_message_length
    yield Assistant(
        installation, Turns(installation.database, installation.content, dialogue, Wakeups(), longest)
    )
    use_content(None)


@pytest.fixture
def lin(installation: Installation) -> Staff:
    staff = Staff("lin", Role.CONSULTANT, "Lin", (Skill.SALES,))
    with installation.database.transaction() as session:
        session.merge(
            User(
                username="lin", password_hash="", role=staff.role.value, name="Lin", skills=["sales"],
                created_at=clock.now(),
            )
        )  # fmt: skip
    return staff


async def test_every_turn_finds_its_rows_by_an_index(assistant: Assistant, listener: Listener) -> None:
    customer = assistant.customer()
    database = assistant.installation.database
    await customer.says("首付多少")
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says("张伟 13812345678", "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("查一下我的预约")
    await customer.says("嗯嗯呃呃")
    again = Inbound("rest", customer.sender, "首付多少", client_id="same")
    for _ in range(2):
        await assistant.turns.handle(again)
    messages.messages_after(database, customer.conversation_id, 3)
    offers.latest_buttons(database, customer.conversation_id)
    offers.latest_notice(database, customer.conversation_id)
    await assistant.turns.finish_interrupted()
    await Unfinished(database, assistant.turns).look()
    visitor, token = visitors.open_visitor(database, None, clock.now())
    visitors.open_visitor(database, token, clock.now(), "https://cars.example/")
    visitors.attendant(database, visitor.conversation_id)
    receipts.customer_saw(database, customer.conversation_id, 2, 2)
    receipts.staff_saw(database, customer.conversation_id, 2)
    payload_at(database, "someone-2", 2, 1)

    assert len(listener.heard) > 40
    assert len(listener.prepared) > 8
    assert listener.scans() == {}


async def test_the_desk_finds_its_rows_by_an_index(
    assistant: Assistant, listener: Listener, lin: Staff
) -> None:
    customer = assistant.customer()
    database, content = assistant.installation.database, assistant.installation.content.current()
    rules = content.dealership.handoff
    presence.beat(database, lin, Presence.ONLINE, clock.now(), rules)
    await customer.says("转人工")
    id_ = customer.conversation_id
    desk.take(database, content, id_, lin, clock.now())
    await customer.is_ignored("在吗")
    desk.reply(database, id_, lin, "在的", clock.now())
    for scope in (workplace.Scope.MINE, workplace.Scope.WAITING, workplace.Scope.CLOSED):
        workplace.list_lines(database, lin, scope, clock.now())
    workplace.desk_view(database, lin)
    workplace.open_line(database, id_, lin, clock.now())
    workplace.staff_messages(database, id_)
    workplace.last_messages(database, id_)
    presence.beat(database, lin, None, clock.now(), rules)
    desk.close(database, content, id_, lin, clock.now(), Outcome.SOLVED)

    assert listener.scans() == {}


async def test_the_upkeep_finds_its_rows_by_an_index(assistant: Assistant, listener: Listener) -> None:
    database, content = assistant.installation.database, assistant.installation.content
    run_upkeep(database, content, Senders())
    due_contacts(database, ("main",), clock.now())

    assert listener.scans() == {}
