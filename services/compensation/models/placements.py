"""Placements on ladders."""

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Integer, Table, Text, UniqueConstraint, Uuid

from services.compensation.models.base import metadata

placement = Table(
    "placement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("ladder", Text, nullable=False),
    Column("school_year", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rung", Text, nullable=False),
    Column("reached", Text, comment="the rung that the year reached, where it is below the one that is kept"),
    Column("confirmed_by", Text),
    Column("minute_reference", Text),
    Column("valid_through_year", Text, comment="null for ever"),
    Column("withdrawn", Boolean, nullable=False, comment="by a person"),
    Column("lapsed", Boolean, nullable=False, comment="its year does not come to it any more"),
    Column("reason", Text, comment="why it was withdrawn; in no event"),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("educator_id", "ladder", "school_year", "kind", "version"),
    CheckConstraint("kind IN ('brought_along','confirmed','placed')", name="kind"),
    CheckConstraint("(kind = 'confirmed') = (confirmed_by IS NOT NULL)", name="confirmed"),
    CheckConstraint("confirmed_by <> 'board' OR minute_reference IS NOT NULL", name="minutes"),
    comment="every version of every placement on a ladder; the highest stands; append-only",
)
