"""Keep placements on ladders: every version of each, none of which ever changes."""

import sqlalchemy as sa
from alembic import op

revision = "placements"
down_revision = "life"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "placement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column(
            "reached",
            sa.Text(),
            nullable=True,
            comment="the rung that the year reached, where it is below the one that is kept",
        ),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("minute_reference", sa.Text(), nullable=True),
        sa.Column("valid_through_year", sa.Text(), nullable=True, comment="null for ever"),
        sa.Column("withdrawn", sa.Boolean(), nullable=False, comment="by a person"),
        sa.Column("lapsed", sa.Boolean(), nullable=False, comment="its year does not come to it any more"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was withdrawn; in no event"),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('brought_along','confirmed','placed')", name=op.f("ck_placement_kind")),
        sa.CheckConstraint("(kind = 'confirmed') = (confirmed_by IS NOT NULL)", name=op.f("ck_placement_confirmed")),
        sa.CheckConstraint(
            "confirmed_by <> 'board' OR minute_reference IS NOT NULL", name=op.f("ck_placement_minutes")
        ),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_placement")),
        sa.UniqueConstraint(
            "educator_id",
            "ladder",
            "school_year",
            "kind",
            "version",
            name=op.f("uq_placement_educator_id_ladder_school_year_kind_version"),
        ),
        comment="every version of every placement on a ladder; the highest stands; append-only",
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON placement FOR EACH ROW EXECUTE FUNCTION append_only()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON placement FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    """What was kept since could be kept nowhere: a database of an older version is rebuilt from the log."""
