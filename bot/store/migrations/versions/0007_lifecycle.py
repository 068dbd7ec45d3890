"""The lifecycle at work: readings of odometers, contacts about key moments, tasks, surveys, events, profiles, consent,
referrals, indicators by hand. Cases have an outcome, a first answer and an escalation.

Revision: 0007, after 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (
    "mileage_readings",
    "outreach",
    "tasks",
    "surveys",
    "event_signups",
    "event_places",
    "profiles",
    "consents",
    "referrals",
    "referral_uses",
    "indicator_entries",
)


def upgrade() -> None:
    _create_mileage_readings()
    _create_outreach()
    _create_tasks()
    _create_surveys()
    _create_event_signups()
    _create_event_places()
    _create_profiles()
    _create_consents()
    _create_referrals()
    _create_referral_uses()
    _create_indicator_entries()
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    for table, columns in _new_columns().items():
        with op.batch_alter_table(table) as changed:
            for column in columns:
                changed.drop_column(column.name)
    for table in reversed(TABLES):
        op.drop_table(table)


def _new_columns() -> dict[str, tuple[sa.Column, ...]]:
    return {
        "cases": (
            sa.Column("outcome", sa.String(40)),
            sa.Column("answered_at", sa.DateTime),
            sa.Column("escalation", sa.Integer, nullable=False, server_default="0"),
        ),
        "customers": (
            sa.Column("birthday", sa.Date),
            sa.Column("quiet_until", sa.Date),
            sa.Column("referred_by", sa.String(12)),
        ),
        "vehicles": (
            sa.Column("vin", sa.String(17)),
            sa.Column("store", sa.String(40)),
            sa.Column("left_on", sa.Date),
            sa.Column("look_again_on", sa.Date, index=True),
        ),
    }


def _create_mileage_readings() -> None:
    op.create_table(
        "mileage_readings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "plate", sa.String(20), sa.ForeignKey("vehicles.plate", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("read_on", sa.Date, nullable=False),
        sa.Column("km", sa.Integer, nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("uq_mileage_readings", "mileage_readings", ["plate", "read_on", "km"], unique=True)


def _create_outreach() -> None:
    op.create_table(
        "outreach",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("plate", sa.String(20), nullable=False),
        sa.Column("customer_id", sa.String(32), nullable=False, index=True),
        sa.Column("moment", sa.String(40), nullable=False),
        sa.Column("occasion", sa.String(60), nullable=False),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("channel", sa.String(20)),
        sa.Column("reason", sa.String(20)),
        sa.Column("due_on", sa.Date),
        sa.Column("store", sa.String(40)),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("conversation_id", sa.String(32), index=True),
        sa.Column("appointment_id", sa.String(32)),
        sa.Column("opened_at", sa.DateTime, nullable=False, index=True),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("sent_on", sa.Date),
        sa.Column("answered_at", sa.DateTime),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("plate", "moment", "occasion"),
    )
    op.create_index("ix_outreach_sent_on", "outreach", ["customer_id", "sent_on"])


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(120), nullable=False, unique=True),
        sa.Column("kind", sa.String(40), nullable=False, index=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("customer_id", sa.String(32), index=True),
        sa.Column("phone", sa.String(20), index=True),
        sa.Column("plate", sa.String(20)),
        sa.Column("store", sa.String(40)),
        sa.Column("conversation_id", sa.String(32), index=True),
        sa.Column("case_id", sa.String(32), index=True),
        sa.Column("outreach_id", sa.String(32), index=True),
        sa.Column("appointment_id", sa.String(32)),
        sa.Column("assignee", sa.String(80), index=True),
        sa.Column("skill", sa.String(20)),
        sa.Column("script", sa.String(80)),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("outcome", sa.String(40)),
        sa.Column("note", sa.String(500)),
        sa.Column("closed_by", sa.String(80)),
        sa.Column("closed_at", sa.DateTime),
        sa.Column("alerted_at", sa.DateTime),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_tasks_due", "tasks", ["status", "due_at"])


def _create_surveys() -> None:
    op.create_table(
        "surveys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), index=True),
        sa.Column("phone", sa.String(20), index=True),
        sa.Column("store", sa.String(40)),
        sa.Column("username", sa.String(80), index=True),
        sa.Column("satisfaction", sa.Integer),
        sa.Column("nps", sa.Integer),
        sa.Column("answers", sa.JSON, nullable=False),
        sa.Column("comment", sa.String(500)),
        sa.Column("asked_at", sa.DateTime, nullable=False, index=True),
        sa.Column("answered_at", sa.DateTime),
        sa.UniqueConstraint("kind", "subject"),
    )


def _create_event_signups() -> None:
    op.create_table(
        "event_signups",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("event", sa.String(60), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False, index=True),
        sa.Column("name", sa.String(80)),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("customer_id", sa.String(32), index=True),
        sa.Column("conversation_id", sa.String(32), index=True),
        sa.Column("reminded_at", sa.DateTime),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("event", "phone"),
    )


def _create_event_places() -> None:
    op.create_table(
        "event_places",
        sa.Column("event", sa.String(60), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "signup_id",
            sa.String(32),
            sa.ForeignKey("event_signups.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )


def _create_profiles() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("phone", sa.String(20), unique=True),
        sa.Column("conversation_id", sa.String(32), unique=True),
        sa.Column("customer_id", sa.String(32), index=True),
        sa.Column("needs", sa.JSON, nullable=False),
        sa.Column("age_band", sa.String(20)),
        sa.Column("segments", sa.JSON, nullable=False),
        sa.Column("repurchase_on", sa.Date),
        sa.Column("consented_at", sa.DateTime),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )


def _create_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("phone", sa.String(20), index=True),
        sa.Column("conversation_id", sa.String(32), index=True),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("granted", sa.Boolean, nullable=False),
        sa.Column("version", sa.String(20)),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )


def _create_referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("code", sa.String(12), primary_key=True),
        sa.Column("customer_id", sa.String(32), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )


def _create_referral_uses() -> None:
    op.create_table(
        "referral_uses",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "code",
            sa.String(12),
            sa.ForeignKey("referrals.code", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("phone", sa.String(20), unique=True),
        sa.Column("conversation_id", sa.String(32), index=True),
        sa.Column("lead_id", sa.String(32)),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )


def _create_indicator_entries() -> None:
    op.create_table(
        "indicator_entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("indicator", sa.String(60), nullable=False),
        sa.Column("store", sa.String(40), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("note", sa.String(200)),
        sa.Column("entered_by", sa.String(80), nullable=False),
        sa.Column("entered_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("indicator", "store", "period"),
    )
