"""Keep the moment of an SLO's approval beside its day: cut-offs of pay are moments.

Of what was approved here the moment is on record with its first published version. Of what was loaded from a past year
only the day is known: it stays without.
"""

import sqlalchemy as sa
from alembic import op

revision = "approved_at"
down_revision = "0001"
branch_labels = None
depends_on = None

FROM_THE_RECORD = """
UPDATE slo SET approved_at = slo_version.recorded_at
FROM slo_version
WHERE slo_version.slo_id = slo.slo_id AND slo_version.cause = 'approve'
"""


def upgrade() -> None:
    op.add_column(
        "slo",
        sa.Column(
            "approved_at",
            sa.DateTime(timezone=True),
            comment="null where it was loaded: then the day alone is known",
        ),
    )
    op.execute(FROM_THE_RECORD)


def downgrade() -> None:
    """What was written down is kept: a column is not dropped."""
