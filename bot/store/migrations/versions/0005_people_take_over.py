"""People take over: leases and the queue, staff accounts, audit log, leads, scores, uploads, deliveries

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = {
    "conversations": ("adviser", "customer_id"),
    "access_tokens": ("username",),
}
NEW_TABLES = ("deliveries", "uploads", "scores", "leads", "audit_log")


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    for table, names in INDEXES.items():
        for name in names:
            op.create_index(f"ix_{table}_{name}", table, [name])
    op.execute("UPDATE conversations SET waiting_since = updated_at WHERE state = 'queued'")
    _create_audit_log()
    _create_leads()
    _create_scores()
    _create_uploads()
    _create_deliveries()


def downgrade() -> None:
    for table in NEW_TABLES:
        op.drop_table(table)
    for table, names in INDEXES.items():
        for name in names:
            op.drop_index(f"ix_{table}_{name}", table)
    for table, columns in _columns().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)


def _columns() -> dict[str, tuple[sa.Column, ...]]:
    """New ones at each call: a column belongs to one table."""
    return {
        "conversations": (
            sa.Column("adviser", sa.String(80)),
            sa.Column("skill", sa.String(20)),
            sa.Column("reason", sa.String(40)),
            sa.Column("waiting_since", sa.DateTime()),
            sa.Column("alerted_at", sa.DateTime()),
            sa.Column("lease_until", sa.DateTime()),
            sa.Column("grace_until", sa.DateTime()),
            sa.Column("delivered_seq", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("read_seq", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("staff_read_seq", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("customer_id", sa.String(32)),
            sa.Column("page", sa.String(500)),
            sa.Column("handback", sa.JSON()),
        ),
        "messages": (
            sa.Column("username", sa.String(80)),
            sa.Column("internal", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("understanding", sa.JSON()),
        ),
        "handoffs": (
            sa.Column("skill", sa.String(20)),
            sa.Column("adviser", sa.String(80)),
            sa.Column("taken_at", sa.DateTime()),
            sa.Column("ended_at", sa.DateTime()),
            sa.Column("outcome", sa.String(40)),
            sa.Column("note", sa.String(500)),
        ),
        "cases": (
            sa.Column("adviser", sa.String(80)),
            sa.Column("note", sa.String(500)),
            sa.Column("closed_at", sa.DateTime()),
            sa.Column("alerted_at", sa.DateTime()),
        ),
        "users": (
            sa.Column("name", sa.String(80)),
            sa.Column("email", sa.String(255)),
            sa.Column("resource", sa.String(60)),
            sa.Column("stores", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("skills", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("conversation_limit", sa.Integer()),
            sa.Column("is_active", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("presence", sa.String(20), nullable=False, server_default="offline"),
            sa.Column("seen_until", sa.DateTime()),
            sa.Column("idle_since", sa.DateTime()),
        ),
        "access_tokens": (sa.Column("kind", sa.String(20), nullable=False, server_default="token"),),
    }


def _create_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("username", sa.String(80), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(120)),
        sa.Column("conversation_id", sa.String(32)),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(45)),
    )
    _index("audit_log", "at", "username", "action", "conversation_id")


def _create_leads() -> None:
    op.create_table(
        "leads",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80)),
        sa.Column("model", sa.String(40)),
        sa.Column("note", sa.String(500)),
        sa.Column("channel", sa.String(40)),
        sa.Column("page", sa.String(500)),
        sa.Column("conversation_id", sa.String(32)),
        sa.Column("appointment_id", sa.String(32)),
        sa.Column("adviser", sa.String(80)),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
    )
    _index("leads", "status", "phone", "conversation_id")
    is_open = sa.text("status IN ('new', 'contacted')")
    op.create_index(
        "uq_leads_open_phone", "leads", ["phone"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )


def _create_scores() -> None:
    op.create_table(
        "scores",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("occasion", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("username", sa.String(80)),
        sa.Column("score", sa.Integer()),
        sa.Column("comment", sa.String(500)),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("scored_at", sa.DateTime()),
        sa.UniqueConstraint("occasion", "subject"),
    )
    _index("scores", "conversation_id", "username")


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("token", sa.String(43), primary_key=True),
        sa.Column("conversation_id", sa.String(32)),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content_type", sa.String(80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(80)),
        sa.Column("created_at", sa.DateTime(), nullable=False),
    )
    _index("uploads", "conversation_id")


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(300)),
        sa.Column("milliseconds", sa.Integer()),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], ondelete="CASCADE"),
    )
    _index("deliveries", "outbox_id")


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])
