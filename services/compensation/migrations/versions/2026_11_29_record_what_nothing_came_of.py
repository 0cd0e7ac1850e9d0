"""Refusals of steps that name nothing, or of which nothing came, are on the record too."""

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
        comment="the batch, plan version or other thing; null: none was named",
    )


def downgrade() -> None:
    """Left as it is: the table only grows, and code of before writes none without a subject."""
