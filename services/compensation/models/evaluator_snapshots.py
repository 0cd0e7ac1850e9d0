"""Snapshots for the outside evaluator, and their files as they are served."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from services.compensation.models.base import metadata

evaluator_snapshot = Table(
    "evaluator_snapshot",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("plan_year", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("suppress_below", Integer, nullable=False),
    Column("comparison_attribute", Text),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("as_of", DateTime(timezone=True)),
    Column("educators", Integer),
    Column("failure", Text),
    UniqueConstraint("plan_year", "number"),
    CheckConstraint("state IN ('requested','made','failed')", name="state"),
    CheckConstraint("(state = 'made') = (as_of IS NOT NULL AND educators IS NOT NULL)", name="made"),
    CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failed"),
    comment="what an outside evaluator gets of a plan year; changes once, from requested to made or failed",
)

evaluator_snapshot_file = Table(
    "evaluator_snapshot_file",
    metadata,
    Column("snapshot_id", Uuid, ForeignKey("evaluator_snapshot.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sha256", Text, nullable=False, comment="of `content`, in hex"),
    Column("content", LargeBinary, nullable=False),
    comment="the files of a snapshot, byte for byte; append-only, and whole once it is made",
)
