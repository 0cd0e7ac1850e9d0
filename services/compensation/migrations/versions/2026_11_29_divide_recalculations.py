"""A recalculation is divided into ranges of educators, so that several workers share it.

One that is under way goes on where it was: its ranges begin after the last educator who is done. A worker of the code
before does all of a recalculation itself, and what it finishes is finished. Beside such a worker both may decide the
same educators, of which the second posts nothing, and may stop each other for a second: end the old workers before the
new ones begin.
"""

import sqlalchemy as sa
from alembic import op

revision = "ranges"
down_revision = "books"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "recalculation",
        sa.Column(
            "divided_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when everybody was divided into ranges",
        ),
    )
    op.alter_column(
        "recalculation", "after_educator_id", comment="everybody up to this id was done before there were ranges"
    )
    op.create_table(
        "recalculation_range",
        sa.Column("cause_event_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "after_educator_id", sa.Uuid(), nullable=True, comment="who comes after this id; null: from the first on"
        ),
        sa.Column(
            "until_educator_id", sa.Uuid(), nullable=True, comment="up to this one; null: to the last there is then"
        ),
        sa.ForeignKeyConstraint(
            ["cause_event_id"],
            ["recalculation.cause_event_id"],
            name=op.f("fk_recalculation_range_cause_event_id_recalculation"),
        ),
        sa.PrimaryKeyConstraint("cause_event_id", "number", name=op.f("pk_recalculation_range")),
        comment="educators that a recalculation has still to decide; a range is gone once they are decided",
    )


def downgrade() -> None:
    op.drop_table("recalculation_range")
    op.drop_column("recalculation", "divided_at")
