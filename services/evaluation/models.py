"""Tables of the evaluation database, and nothing else."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.base import new_metadata
from shared.db.idempotency import idempotency_table
from shared.messaging.tables import outbox_table

metadata = new_metadata()
outbox = outbox_table(metadata)
idempotency_key = idempotency_table(metadata)


def _of_the_roster() -> tuple[Column[object], ...]:
    """What every row of the roster has: when the roster let go of it, and the source's own time of its last change."""
    return (Column("row_ended_on", Date), Column("row_modified_at", DateTime(timezone=True)))


def _source_id() -> UniqueConstraint:
    # Deferred, because one import may exchange the ids or numbers of two rows.
    return UniqueConstraint("sourced_id", deferrable=True, initially="DEFERRED")


district = Table(
    "district",
    metadata,
    Column("district_id", Uuid, primary_key=True),
    Column("sourced_id", Text, nullable=False),
    Column("identifier", Text),
    Column("name", Text, nullable=False),
    *_of_the_roster(),
    _source_id(),
)

campus = Table(
    "campus",
    metadata,
    Column("campus_id", Uuid, primary_key=True),
    Column("sourced_id", Text, nullable=False),
    Column("district_id", Uuid, ForeignKey("district.district_id"), nullable=False),
    Column("identifier", Text, comment="what bulk files name the campus by; unique among those that are not over"),
    Column("name", Text, nullable=False),
    Column("kind", Text, CheckConstraint("kind IN ('school','department','office')", name="kind"), nullable=False),
    *_of_the_roster(),
    _source_id(),
)
Index("ix_campus_identifier", campus.c.identifier)

school_session = Table(
    "school_session",
    metadata,
    Column("sourced_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("begins_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("school_year", Text, nullable=False),
    *_of_the_roster(),
)

course = Table(
    "course",
    metadata,
    Column("sourced_id", Text, primary_key=True),
    Column("grades", JSONB, nullable=False),
    Column("subjects", JSONB, nullable=False),
    *_of_the_roster(),
)

taught_class = Table(
    "taught_class",
    metadata,
    Column("sourced_id", Text, primary_key=True),
    Column("campus_id", Uuid, ForeignKey("campus.campus_id"), nullable=False),
    Column("course", Text, nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("grades", JSONB, nullable=False),
    Column("subjects", JSONB, nullable=False),
    *_of_the_roster(),
)

educator = Table(
    "educator",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("sourced_id", Text, nullable=False),
    Column("employee_number", Text),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("preferred_name", Text),
    Column("email", Text),
    Column("told_hired_on", Date, comment="as the roster has it; hired_on is what was made of it"),
    *_of_the_roster(),
    Column("version", Integer, nullable=False, comment="of the published snapshot; 0 until the first one"),
    Column("snapshot_digest", Text, nullable=False, comment="of the published snapshot, to tell whether it changed"),
    Column("status", Text, CheckConstraint("status IN ('active','ended')", name="status"), nullable=False),
    Column("hired_on", Date),
    Column("ended_on", Date),
    _source_id(),
    UniqueConstraint("employee_number", deferrable=True, initially="DEFERRED"),
)

roster_role = Table(
    "roster_role",
    metadata,
    Column("assignment_id", Uuid, primary_key=True),
    Column("sourced_id", Text, nullable=False),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), nullable=False),
    Column("campus_id", Uuid, ForeignKey("campus.campus_id"), nullable=False),
    Column("role", Text, nullable=False, comment="the source's word"),
    Column("is_primary", Boolean, nullable=False),
    Column("begins_on", Date),
    Column("ends_on", Date),
    Column("full_time_equivalent", Text, nullable=False),
    *_of_the_roster(),
)

teaching = Table(
    "teaching",
    metadata,
    Column("sourced_id", Text, primary_key=True),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), nullable=False),
    Column("taught_class", Text, ForeignKey("taught_class.sourced_id"), nullable=False),
    *_of_the_roster(),
)

assignment = Table(
    "assignment",
    metadata,
    Column("assignment_id", Uuid, primary_key=True),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), nullable=False),
    Column("campus_id", Uuid, ForeignKey("campus.campus_id"), nullable=False),
    Column("district_id", Uuid, ForeignKey("district.district_id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("subject_group", Text, nullable=False),
    Column("full_time_equivalent", Text, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    Column("begins_on", Date, nullable=False),
    Column("ends_on", Date),
    CheckConstraint("ends_on >= begins_on", name="span"),
    comment="as published: roles, divided where the subject group changed from one school year to the next",
)
Index("ix_assignment_educator_id", assignment.c.educator_id)
Index("ix_assignment_campus_id", assignment.c.campus_id)

roster_import = Table(
    "roster_import",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("imported_at", DateTime(timezone=True), nullable=False),
    Column("imported_by", Text, nullable=False, comment="subject of the token"),
    Column("effective_on", Date, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("report", JSONB, nullable=False),
)

observation = Table(
    "observation",
    metadata,
    Column("observation_id", Uuid, primary_key=True),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), nullable=False),
    Column("campus_id", Uuid, ForeignKey("campus.campus_id"), nullable=False),
    Column("appraiser_id", Uuid, ForeignKey("educator.educator_id"), nullable=False),
    Column("rubric", Text, nullable=False),
    Column("rubric_version", Integer, nullable=False),
    Column("kind", Text, CheckConstraint("kind IN ('formal','walkthrough')", name="kind"), nullable=False),
    Column("is_announced", Boolean, nullable=False),
    Column("planned_on", Date),
    Column("observed_on", Date),
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('scheduled','in_progress','finalized','amended','cancelled')", name="state"),
        nullable=False,
    ),
    Column("scores", JSONB, nullable=False),
    Column("revision", Integer, nullable=False, comment="of every change, for ETag"),
    Column("version", Integer, nullable=False, comment="of the published states; 0 until finalized"),
    Column("finalized_at", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True)),
    Column("changed_by", Uuid),
    Column("reason", Text, comment="of the last amendment, or of calling it off"),
    Column("external_id", Text, unique=True),
    Column("external_digest", Text),
)
Index("ix_observation_educator_id_observed_on", observation.c.educator_id, observation.c.observed_on)
Index("ix_observation_appraiser_id", observation.c.appraiser_id)

observation_version = Table(
    "observation_version",
    metadata,
    Column("observation_id", Uuid, ForeignKey("observation.observation_id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("observed_on", Date, nullable=False),
    Column("scores", JSONB, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Uuid),
    Column("reason", Text),
    comment="published versions that an amendment has replaced; the one that stands is in observation",
)

growth_score = Table(
    "growth_score",
    metadata,
    Column("growth_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), nullable=False),
    Column("school_year", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("percent_met", Numeric(5, 2), nullable=False),
    Column("students", Integer, nullable=False),
    Column("scored_at", DateTime(timezone=True), nullable=False),
    Column("replaced_at", DateTime(timezone=True)),
)
Index(
    "uq_growth_score_standing",
    growth_score.c.educator_id,
    growth_score.c.school_year,
    growth_score.c.measure,
    unique=True,
    postgresql_where=growth_score.c.replaced_at.is_(None),
)

summative_rating = Table(
    "summative_rating",
    metadata,
    Column("summative_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), nullable=False),
    Column("school_year", Text, nullable=False),
    Column("rubric", Text, nullable=False),
    Column("rubric_version", Integer, nullable=False),
    Column("domains", JSONB, nullable=False),
    Column("score", Numeric(5, 2), nullable=False),
    Column("rating", Text, nullable=False),
    Column("rating_level", Integer, nullable=False),
    Column("facts", JSONB, nullable=False, comment="which facts in which versions it was made from"),
    Column("rated_at", DateTime(timezone=True), nullable=False),
    Column("rated_by", Uuid),
    Column("replaced_at", DateTime(timezone=True)),
)
Index(
    "uq_summative_rating_standing",
    summative_rating.c.educator_id,
    summative_rating.c.school_year,
    unique=True,
    postgresql_where=summative_rating.c.replaced_at.is_(None),
)
