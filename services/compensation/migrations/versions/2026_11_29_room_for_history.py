"""What is written once and read in parts is stored as it is; a total that changes leaves its indexes alone.

The lines of a batch are pulled in parts, and a part of what PostgreSQL has compressed is found only by unpacking all
before it. Where a page has room, a changed total stays on it and no index is written.
"""

from alembic import op

revision = "figures"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE payout_batch ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE bonus_total SET (fillfactor = 70)")


def downgrade() -> None:
    """How rows are stored changes nothing of what they say."""
