"""What educators answer and ask about their statements: offers answered, inquiries and their steps."""

from sqlalchemy import CheckConstraint, Column, Date, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid

from services.compensation.models.base import metadata

offer_answer = Table(
    "offer_answer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("plan_year", Text, nullable=False),
    Column("offer", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("sequence", Integer, nullable=False, comment="the statement that made the offer"),
    Column("answered_by", Text, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, comment="given where it was not the educator in person"),
    CheckConstraint("answer IN ('accepted','declined')", name="answer"),
    comment="who answered an offer and why; append-only. What statements rest on is the attribute",
)
Index("ix_offer_answer_educator", offer_answer.c.educator_id, offer_answer.c.plan_year)

inquiry = Table(
    "inquiry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("plan_year", Text, nullable=False),
    Column("sequence", Integer, nullable=False, comment="the statement that is disputed"),
    Column("component", Text, comment="null where it is the statement as a whole"),
    Column("category", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("answer_due_on", Date, nullable=False),
    Column("overdue_from", DateTime(timezone=True), nullable=False, comment="the end of that day where the plan is"),
    Column("state", Text, nullable=False),
    Column("owner", Text, comment="who answers for it"),
    Column("outcome", Text),
    Column("reason", Text),
    Column("closed_by", Text),
    Column("closed_at", DateTime(timezone=True)),
    Column("steps_taken", Integer, nullable=False),
    Column("hold_id", Uuid, ForeignKey("payment_hold.id"), nullable=False, comment="what it keeps from being paid"),
    CheckConstraint("state IN ('open','answered','withdrawn')", name="state"),
    CheckConstraint("outcome IN ('upheld','denied')", name="outcome"),
    CheckConstraint("(state = 'answered') = (outcome IS NOT NULL)", name="answered"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
)
Index("ix_inquiry_educator", inquiry.c.educator_id, inquiry.c.plan_year)
Index("ix_inquiry_open", inquiry.c.overdue_from, postgresql_where=inquiry.c.state == "open")

inquiry_step = Table(
    "inquiry_step",
    metadata,
    Column("inquiry_id", Uuid, ForeignKey("inquiry.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("detail", Text),
    comment="all that was done with an inquiry; append-only",
)
