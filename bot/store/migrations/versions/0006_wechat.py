"""WeChat: contacts with their windows, passive replies, tokens, nonces, link codes, template messages. Messages without
an outcome are found by an index. A password that somebody else set has to be changed. A tracker's row has a mark.

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "wechat_contacts",
    "wechat_passives",
    "wechat_tokens",
    "wechat_nonces",
    "wechat_links",
    "wechat_templates",
)
INDEXES = {
    "ix_conversations_updated_at": ("conversations", ["updated_at"]),
    "ix_handoffs_status": ("handoffs", ["status"]),
    "ix_handoffs_ended_at": ("handoffs", ["ended_at"]),
    "ix_handoffs_taken": ("handoffs", ["skill", "taken_at"]),
}
"""Of what is asked for at every message, or again and again (tests/conversations/test_query_plans.py)."""


def upgrade() -> None:
    _create_contacts()
    _create_passives()
    _create_tokens()
    _create_nonces()
    _create_links()
    _create_templates()
    op.add_column(
        "users", sa.Column("must_change_password", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column(
        "conversations", sa.Column("is_elsewhere", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("dialogue_states", sa.Column("mark", sa.String(32)))
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    answered = sa.column("answered", sa.Boolean)
    op.create_index(
        "ix_messages_unanswered",
        "messages",
        ["conversation_id"],
        postgresql_where=answered.is_(False),
        sqlite_where=answered.is_(False),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_unanswered", "messages")
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    with op.batch_alter_table("users") as users:
        users.drop_column("must_change_password")
    with op.batch_alter_table("conversations") as conversations:
        conversations.drop_column("is_elsewhere")
    with op.batch_alter_table("dialogue_states") as states:
        states.drop_column("mark")
    for table in TABLES:
        op.drop_table(table)


def _create_contacts() -> None:
    op.create_table(
        "wechat_contacts",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("openid", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.String(32), nullable=False, unique=True),
        sa.Column("unionid", sa.String(64), index=True),
        sa.Column("is_following", sa.Boolean, nullable=False),
        sa.Column("message_at", sa.DateTime),
        sa.Column("message_used", sa.Integer, nullable=False),
        sa.Column("click_at", sa.DateTime),
        sa.Column("click_used", sa.Integer, nullable=False),
        sa.Column("sent_seq", sa.Integer, nullable=False),
        sa.Column("sent_parts", sa.Integer, nullable=False),
        sa.Column("sender", sa.String(32)),
        sa.Column("sending_until", sa.DateTime),
        sa.Column("passive_until", sa.DateTime),
        sa.Column("blocked", sa.String(20), index=True),
        sa.Column("blocked_at", sa.DateTime),
        sa.Column("try_at", sa.DateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("scene", sa.JSON),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )


def _create_passives() -> None:
    op.create_table(
        "wechat_passives",
        sa.Column("conversation_id", sa.String(32), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
    )


def _create_tokens() -> None:
    op.create_table(
        "wechat_tokens",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("token", sa.String(600)),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("fetched_at", sa.DateTime),
        sa.Column("fetching_until", sa.DateTime),
    )


def _create_nonces() -> None:
    op.create_table(
        "wechat_nonces",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("nonce", sa.String(80), primary_key=True),
        sa.Column("message", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
    )


def _create_links() -> None:
    op.create_table(
        "wechat_links",
        sa.Column("code_hash", sa.String(64), primary_key=True),
        sa.Column("customer_id", sa.String(32), nullable=False, index=True),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("used_at", sa.DateTime),
    )


def _create_templates() -> None:
    op.create_table(
        "wechat_templates",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("msgid", sa.String(40), primary_key=True),
        sa.Column("openid", sa.String(64), nullable=False),
        sa.Column("outbox_id", sa.Integer, index=True),
        sa.Column("status", sa.String(60)),
        sa.Column("sent_at", sa.DateTime, nullable=False),
        sa.Column("reported_at", sa.DateTime),
    )
