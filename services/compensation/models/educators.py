"""What is known of each educator: facts, their fold, and what HR keeps."""

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Index, Integer, Table, Text, Uuid

from services.compensation.models.base import metadata

educator_account = Table(
    "educator_account",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("applied_sequence", BigInteger, nullable=False, comment="number of the last fact taken in"),
    Column("facts", Text, nullable=False, comment="the standing facts as one document: the fold of table fact"),
    Column("unreported", ARRAY(Uuid), nullable=False, comment="events taken in since the last statement event"),
    comment="one row an educator; its lock serialises all that happens to the educator",
)

fact = Table(
    "fact",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("data", Text, nullable=False),
    comment="every fact that changed what is known, in the order it was taken in; append-only",
)

attribute = Table(
    "attribute",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("school_year", Text, nullable=False),
    Column("attribute", Text, nullable=False),
    Column("item", Text),
    Column("version", Integer, nullable=False),
    Column("value", Text, comment="null where it was taken back"),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    comment="what HR keeps of educators, as it stands; the versions before are facts",
)
Index(
    "uq_attribute_key",
    attribute.c.educator_id,
    attribute.c.school_year,
    attribute.c.attribute,
    attribute.c.item,
    unique=True,
    postgresql_nulls_not_distinct=True,
)
