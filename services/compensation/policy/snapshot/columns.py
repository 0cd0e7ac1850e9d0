"""The columns of the row-level file: what each is, and how it is read off a record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.snapshot.generalising import STEPS, Traits
from services.compensation.policy.snapshot.records import HTESS_DOMAINS, Record
from services.compensation.policy.snapshot.standing import GATE, MEANINGS
from shared.events.evaluation import StaffRole, SubjectGroup

Kind = Literal["text", "flag", "integer", "decimal"]
Value = str | bool | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, with its line in the data dictionary. Decimals have `places` digits after the point."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    allowed: str = ""
    source: str = ""
    places: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A record with what is shown of its traits, and the step that this takes."""

    record: Record
    step: int
    traits: Traits
    plan_year: str


Read = Callable[[Shown], Value]
_STATEMENT, _ROSTER, _OBSERVATIONS = "bonus statement", "roster (evaluation)", "observations (evaluation)"
_RATING, _SLOS, _GROWTH = "summative rating (evaluation)", "SLOs (slo)", "student growth (evaluation)"
_AWARDS, _PAYOUTS = "awards (credentials)", "payout lines accepted by payroll"


def dollars(cents: int) -> Decimal:
    """An amount as it stands in a file."""
    return Decimal(cents).scaleb(-2)


def educator_columns(plan: CompiledPlan) -> list[tuple[Column, Read]]:
    """All columns in their order; those of components are the plan's."""
    return [*_who(), *_evidence(), *_outcome(plan)]


def reason_codes(plan: CompiledPlan) -> dict[str, str]:
    """The closed list of reason codes with what each means, the plan's gates last."""
    gates = {f"{GATE}{gate.code}": f"the plan's gate is not met: {gate.title}" for gate in plan.plan.gates}
    return {**{str(code): meaning for code, meaning in MEANINGS.items()}, **gates}


def _who() -> list[tuple[Column, Read]]:
    coarser = "all, suppressed"
    steps = "; ".join(f"{number} {told}" for number, (told, _) in enumerate((*STEPS, ("nothing", None))))
    roles, groups = ", ".join(StaffRole), ", ".join(SubjectGroup)
    return [
        (Column("pseudonym", "text", "Stands for the educator, the same in every snapshot of this installation."),
         lambda one: one.record.pseudonym),
        (Column("plan_year", "text", "School year that evidence is counted in.", allowed="like 2020-21"),
         lambda one: one.plan_year),
        (Column("cohort", "text", "School year of hire, or five of them, or all.", source=_ROSTER,
                allowed=f"like 2017-18, like 2015-2019 (the years they begin in), unknown, {coarser}"),
         lambda one: one.traits.cohort),
        (Column("role", "text", "Role of the deciding assignment.", source=_ROSTER,
                allowed=f"{roles}, unknown, suppressed"),
         lambda one: one.traits.role),
        (Column("subject_group", "text", "How growth of students is measured.", source=_ROSTER,
                allowed=f"{groups}, unknown, {coarser}"),
         lambda one: one.traits.subject_group),
        (Column("campus", "text", "Stands for the campus of the deciding assignment.", source=_ROSTER,
                allowed=f"pseudonym, unknown, {coarser}"),
         lambda one: one.traits.campus),
        (Column("district", "text", "Stands for the district of the deciding assignment.", source=_ROSTER,
                allowed=f"pseudonym, unknown, {coarser}"),
         lambda one: one.traits.district),
        (Column("comparison_group", "text", "Whether the campus has the attribute that the manifest names.",
                source="attributes of campuses", allowed=f"yes, no, unknown, {coarser}"),
         lambda one: one.traits.comparison_group),
        (Column("generalised", "integer", "How much coarser the row is so that enough share it.", allowed=steps),
         lambda one: one.step),
    ]  # fmt: skip


def _evidence() -> list[tuple[Column, Read]]:
    domains = [
        (Column(f"summative_{domain}", "decimal", f"Mean level of the domain {domain} in the summative rating.",
                unit="level", allowed="1 to 5", source=_RATING, places=4), _domain_reader(domain))
        for domain in HTESS_DOMAINS
    ]  # fmt: skip
    return [
        (Column("observation_count", "integer", "Finalized observations that the plan counts.", source=_OBSERVATIONS),
         lambda one: one.record.observations),
        (Column("observation_mean", "decimal", "Mean level over all dimensions of these observations (H-TESS).",
                unit="level", allowed="1 to 5", source=_OBSERVATIONS, places=4),
         lambda one: one.record.observation_mean),
        *domains,
        (Column("summative_level", "integer", "Level of the summative rating.", unit="level", allowed="1 to 5",
                source=_RATING),
         lambda one: one.record.rating_level),
        (Column("slo_count", "integer", "Approved SLOs that the plan counts.", source=_SLOS),
         lambda one: one.record.slos),
        (Column("slo_quality_mean", "decimal", "Mean quality of these SLOs by the approval rubric.", unit="level",
                allowed="1 to 4", source=_SLOS, places=4),
         lambda one: one.record.slo_quality),
        (Column("slo_attainment_mean", "decimal", "Mean share of students that met their target.", unit="percent",
                allowed="0 to 100", source=_SLOS, places=4),
         lambda one: one.record.slo_attainment),
        (Column("growth_percent", "decimal", "Mean share of students with their expected growth, over all measures.",
                unit="percent", allowed="0 to 100", source=_GROWTH, places=4),
         lambda one: one.record.growth),
        (Column("micro_credentials", "integer", "Different micro-credentials of the year that count.", source=_AWARDS),
         lambda one: one.record.credentials),
    ]  # fmt: skip


def _outcome(plan: CompiledPlan) -> list[tuple[Column, Read]]:
    rungs = ", ".join(rung.code for rung in plan.plan.ladder.rungs)
    components = [
        (Column(f"earned_{part.code}", "decimal", f"Amount of the component: {part.title}.", unit="USD",
                source=_STATEMENT, places=2), _component_reader(part.code))
        for part in plan.plan.components
    ]  # fmt: skip
    return [
        (Column("rung", "text", "Rung of the career ladder.", allowed=rungs, source=_STATEMENT),
         lambda one: one.record.rung),
        (Column("considered", "flag", "Has a statement: everybody in this file.", source=_STATEMENT),
         lambda _one: True),
        (Column("eligible", "flag", "Paid by role and employment, and not kept from everything by the gates.",
                source=_STATEMENT),
         lambda one: one.record.standing.is_eligible),
        (Column("paid", "flag", "Payroll has accepted more than it took back.", source=_PAYOUTS),
         lambda one: one.record.standing.is_paid),
        (Column("reason_codes", "text", "Why not eligible or, of the eligible, why not paid; joined by semicolons.",
                allowed="; ".join(f"{code}: {told}" for code, told in reason_codes(plan).items()), source=_STATEMENT),
         lambda one: ";".join(one.record.standing.reasons) or None),
        *components,
        (Column("earned_total", "decimal", "Total of the statement.", unit="USD", source=_STATEMENT, places=2),
         lambda one: dollars(one.record.standing.earned_cents)),
        (Column("paid_total", "decimal", "Sum of what payroll has accepted.", unit="USD", source=_PAYOUTS, places=2),
         lambda one: dollars(one.record.standing.paid_cents)),
        (Column("retained", "flag", "Has an assignment on 1 October after the year; empty before that day.",
                source=_ROSTER),
         lambda one: one.record.is_retained),
    ]  # fmt: skip


def _domain_reader(domain: str) -> Read:
    return lambda one: one.record.domain_scores.get(domain)


def _component_reader(code: str) -> Read:
    return lambda one: dollars(one.record.component_cents.get(code, 0))


def values_of(columns: Sequence[tuple[Column, Read]], rows: Sequence[Shown]) -> list[list[Value]]:
    """The rows' values, in the columns' order."""
    return [[read(one) for _, read in columns] for one in rows]
