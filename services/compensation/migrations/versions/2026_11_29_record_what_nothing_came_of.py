"""Refusals of which no batch, recovery or plan version came are on the record too."""

import sqlalchemy as sa
from alembic import op

revision = "refusals"
down_revision = "guard"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column(
        "refused_step",
        "subject_id",
        existing_type=sa.Uuid(),
        nullable=True,
        comment="the batch, recovery or plan version; null: none came of it",
    )


def downgrade() -> None:
    """Left as it is: the table only grows, and code of before writes none without a subject."""
