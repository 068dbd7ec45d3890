"""Versions of content

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ENTRIES = sa.table(
    "content_entries",
    sa.column("kind", sa.String),
    sa.column("id", sa.String),
    sa.column("data", sa.JSON),
    sa.column("draft", sa.JSON),
    sa.column("status", sa.String),
    sa.column("version", sa.Integer),
    sa.column("edited_by", sa.String),
    sa.column("updated_at", sa.DateTime),
)


def upgrade() -> None:
    rows = _live_versions() + _waiting_drafts()
    with op.batch_alter_table(
        "content_entries", schema=None
    ) as batch_op:  # before anything refers to the table
        batch_op.drop_column("draft")
    versions = op.create_table(
        "content_versions",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("approved_at", sa.DateTime(), nullable=True),
        sa.Column("valid_from", sa.DateTime(), nullable=True),
        sa.Column("valid_until", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["kind", "id"], ["content_entries.kind", "content_entries.id"]),
        sa.PrimaryKeyConstraint("kind", "id", "version"),
    )
    op.create_index("ix_content_versions_status", "content_versions", ["status"])
    if rows:
        op.bulk_insert(versions, rows)


def downgrade() -> None:
    op.drop_index("ix_content_versions_status", table_name="content_versions")
    op.drop_table("content_versions")
    with op.batch_alter_table("content_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("draft", sa.JSON(), nullable=True))


def _live_versions() -> list[dict[str, object]]:
    return [
        {
            **_common(row),
            "version": row.version,
            "data": row.data,
            "status": row.status,
            "author": row.edited_by or "file",
            "approved_by": row.edited_by or "file",
            "approved_at": row.updated_at,
        }
        for row in op.get_bind().execute(sa.select(ENTRIES))
    ]


def _waiting_drafts() -> list[dict[str, object]]:
    """What files said after somebody had edited the live words."""
    return [
        {
            **_common(row),
            "version": row.version + 1,
            "data": row.draft,
            "status": "draft",
            "author": "file",
            "approved_by": None,
            "approved_at": None,
        }
        for row in op.get_bind().execute(sa.select(ENTRIES))
        if row.draft is not None
    ]


def _common(row: sa.engine.Row) -> dict[str, object]:
    return {
        "kind": row.kind,
        "id": row.id,
        "note": None,
        "created_at": row.updated_at,
        "valid_from": None,
        "valid_until": None,
    }
