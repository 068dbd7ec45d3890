"""The booking engine: outages, the waitlist, the outbox, calendar addresses

Revision: 0004, after 0003
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ONE_OF_TWO = "(appointment_id IS NULL) <> (hold_id IS NULL)"
ONE_OF_THREE = (
    "(CASE WHEN appointment_id IS NULL THEN 0 ELSE 1 END + CASE WHEN hold_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN outage_id IS NULL THEN 0 ELSE 1 END) = 1"
)


def upgrade() -> None:
    _widen_appointments()
    with op.batch_alter_table("holds") as batch:
        batch.alter_column("conversation_id", new_column_name="owner", existing_type=sa.String(length=32))
        batch.create_index("ix_holds_expires_at", ["expires_at"])
    with op.batch_alter_table("customers") as batch:
        batch.add_column(sa.Column("email", sa.String(length=255), nullable=True))
        batch.add_column(sa.Column("adviser", sa.String(length=60), nullable=True))
    _create_outages()
    _create_waitlist()
    _create_outbox()
    op.create_table(
        "feed_tokens",
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("resource", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token"),
        sa.UniqueConstraint("resource"),
    )


def downgrade() -> None:
    for table in ("feed_tokens", "outbox", "waitlist"):
        op.drop_table(table)
    op.execute("DELETE FROM claims WHERE outage_id IS NOT NULL")
    with op.batch_alter_table("claims") as batch:
        batch.drop_constraint("claims_one_owner", type_="check")
        batch.drop_index("ix_claims_outage_id")
        batch.drop_constraint("claims_outage", type_="foreignkey")
        batch.drop_column("outage_id")
        batch.create_check_constraint("claims_one_owner", sa.text(ONE_OF_TWO))
    op.drop_table("outages")
    with op.batch_alter_table("customers") as batch:
        batch.drop_column("adviser")
        batch.drop_column("email")
    with op.batch_alter_table("holds") as batch:
        batch.drop_index("ix_holds_expires_at")
        batch.alter_column("owner", new_column_name="conversation_id", existing_type=sa.String(length=32))
    with op.batch_alter_table("appointments") as batch:
        batch.drop_constraint("appointments_calendar_token", type_="unique")
        for column in (
            "sequence",
            "calendar_token",
            "promised_at",
            "needs_approval",
            "needs_new_time",
            "adviser",
        ):
            batch.drop_column(column)


def _widen_appointments() -> None:
    with op.batch_alter_table("appointments") as batch:
        batch.add_column(sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("calendar_token", sa.String(length=43), nullable=True))
        batch.add_column(sa.Column("promised_at", sa.DateTime(), nullable=True))
        for name in ("needs_approval", "needs_new_time"):
            batch.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("adviser", sa.String(length=60), nullable=True))
    appointments = sa.table("appointments", sa.column("id"), sa.column("calendar_token"))
    connection = op.get_bind()
    for (id_,) in connection.execute(sa.select(appointments.c.id)).all():
        token = secrets.token_urlsafe(32)
        connection.execute(
            sa.update(appointments).where(appointments.c.id == id_).values(calendar_token=token)
        )
    with op.batch_alter_table("appointments") as batch:
        batch.alter_column("calendar_token", existing_type=sa.String(length=43), nullable=False)
        batch.create_unique_constraint("appointments_calendar_token", ["calendar_token"])


def _create_outages() -> None:
    op.create_table(
        "outages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("resource", sa.String(length=60), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("end", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outages_resource", "outages", ["resource"])
    with op.batch_alter_table("claims") as batch:
        batch.drop_constraint("claims_one_owner", type_="check")
        batch.add_column(sa.Column("outage_id", sa.String(length=32), nullable=True))
        batch.create_foreign_key("claims_outage", "outages", ["outage_id"], ["id"], ondelete="CASCADE")
        batch.create_index("ix_claims_outage_id", ["outage_id"])
        batch.create_check_constraint("claims_one_owner", sa.text(ONE_OF_THREE))


def _create_waitlist() -> None:
    op.create_table(
        "waitlist",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("store", sa.String(length=40), nullable=True),
        sa.Column("model", sa.String(length=40), nullable=True),
        sa.Column("jobs", sa.JSON(), nullable=False),
        sa.Column("from", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("from_hour", sa.Integer(), nullable=False),
        sa.Column("until_hour", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=True),
        sa.Column("mileage", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("offered_store", sa.String(length=40), nullable=True),
        sa.Column("offered_start", sa.DateTime(), nullable=True),
        sa.Column("reply_by", sa.DateTime(), nullable=True),
        sa.Column("declined", sa.JSON(), nullable=False),
        sa.Column("appointment_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("state", "phone", "conversation_id"):
        op.create_index(f"ix_waitlist_{column}", "waitlist", [column])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("appointment_id", sa.String(length=32), nullable=True),
        sa.Column("waitlist_id", sa.String(length=32), nullable=True),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=255), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.String(length=40), nullable=True),
        sa.Column("taken_until", sa.DateTime(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"]),
        sa.ForeignKeyConstraint(["waitlist_id"], ["waitlist.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at"])
    for column in ("appointment_id", "waitlist_id"):
        op.create_index(f"ix_outbox_{column}", "outbox", [column])
