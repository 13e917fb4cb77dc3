"""Titles of conversations, and users who may be switched off.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The defaults serve the rows that exist, and the release that is still live and does not know these columns.
    op.add_column("users", sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("conversations", sa.Column("title", sa.Text(), server_default="Conversation", nullable=False))


def downgrade() -> None:
    op.drop_column("conversations", "title")
    op.drop_column("users", "is_active")
