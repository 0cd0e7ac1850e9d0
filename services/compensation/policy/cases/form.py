"""The form of golden cases: a document beside a plan that says what it comes to for whom."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from services.compensation.policy.cases.facts import Facts
from services.compensation.policy.language.terms import AmountText, Clause, Code, Source, Title, Value

Path: TypeAlias = tuple[str | int, ...]
"""Keys and positions, from the document down."""


class Expected(Clause):
    """What a statement has to come to; of components, rung and sentences, what is named here."""

    total: AmountText
    components: dict[Code, AmountText] = Field(default_factory=dict)
    rung: Code | None = None
    says: tuple[Annotated[str, Field(min_length=1)], ...] = ()


def _sort_of_expected(value: Any) -> str:
    return "nothing" if isinstance(value, str) else "statement"


Expectation: TypeAlias = Annotated[
    Annotated[Literal["no statement"], Tag("nothing")] | Annotated[Expected, Tag("statement")],
    Discriminator(_sort_of_expected),
]


class Educator(Clause):
    """One of several in a case."""

    name: Title | None = None
    source: Source | None = None
    facts: Facts
    expect: Expectation


class Case(Clause):
    """One educator alone, by `facts` and `expect`; or `educators`, who are then all that there are."""

    name: Title
    source: Source | None = None
    facts: Facts | None = None
    expect: Expectation | None = None
    educators: tuple[Educator, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _is_about_somebody(self) -> "Case":
        has_facts, has_expect = self.facts is not None, self.expect is not None
        if has_facts != has_expect:
            raise ValueError("says one of `facts` and `expect` without the other: write both")
        if has_facts == (self.educators is not None):
            raise ValueError("is about one educator or several: write `facts` and `expect`, or `educators`")
        return self

    @property
    def everybody(self) -> tuple[Educator, ...]:
        if self.facts is None or self.expect is None:
            return self.educators or ()
        return (Educator(facts=self.facts, expect=self.expect),)


class GoldenCases(Clause):
    """`campuses` has what is kept of campuses by the names that assignments give them. `shared` is a place for what
    several cases refer to (`&name`, `*name`), and is looked at nowhere else.
    """

    shared: Any = None
    campuses: dict[Title, dict[Code, Value]] = Field(default_factory=dict)
    cases: tuple[Case, ...] = Field(min_length=1)

    def everybody(self) -> Iterator[tuple[Path, Educator]]:
        """Each educator of each case, and where they stand in the document."""
        for number, case in enumerate(self.cases):
            for index, educator in enumerate(case.everybody):
                yield ("cases", number) if case.educators is None else ("cases", number, "educators", index), educator
