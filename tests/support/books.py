"""The compensation database as values in memory, for simulations: what a transaction reads, and what it commits.

Accounts travel as the bytes that the real database keeps, so a value that does not survive writing and reading shows.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from services.compensation.domain import Account, EducatorFacts, LedgerEntry, NewStatement, RecordedFact, StandingTotal
from services.compensation.policy.recalculation import Changes
from shared.events.compensation import StatementRecalculated

Place = tuple[str, str]
"""Educator and plan year."""


class BooksDoNotAgree(AssertionError):
    """Statements, ledger and facts contradict one another; the message says how."""


@dataclass
class Books:
    """Accounts, facts, statements, ledger and published recalculations; only `commit` changes them."""

    accounts: dict[str, bytes] = field(default_factory=dict)
    totals: dict[Place, StandingTotal] = field(default_factory=dict)
    facts: list[RecordedFact] = field(default_factory=list)
    statements: list[NewStatement] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    published: list[StatementRecalculated] = field(default_factory=list)
    standing: dict[Place, NewStatement] = field(default_factory=dict)
    posted: dict[Place, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def open(self, educators: Iterable[str]) -> dict[str, Account]:
        """Fresh accounts for one transaction: what is done to them counts for nothing until it is committed."""
        return {educator_id: self._read(educator_id) for educator_id in sorted(set(educators))}

    def _read(self, educator_id: str) -> Account:
        stored: dict[str, Any] = orjson.loads(self.accounts.get(educator_id, b'{"n":0,"facts":{},"unreported":[]}'))
        totals = {year: total for (educator, year), total in self.totals.items() if educator == educator_id}
        unreported = [UUID(event_id) for event_id in stored["unreported"]]
        facts = EducatorFacts.from_document(educator_id, stored["facts"])
        return Account(educator_id, stored["n"], facts, unreported, totals)

    def commit(self, changes: Changes) -> None:
        """Write all that a transaction came to, and look whether the books still agree. Raises BooksDoNotAgree."""
        for account in changes.accounts:
            stored = {
                "n": account.applied_sequence,
                "facts": account.facts.to_document(),
                "unreported": account.unreported,
            }
            self.accounts[account.educator_id] = orjson.dumps(stored)
        for one in changes.totals:
            total = StandingTotal(one.sequence, one.plan_version_id, one.hash, one.components)
            self.totals[one.educator_id, one.plan_year] = total
        self.facts += changes.facts
        self.published += changes.events
        for statement in changes.statements:
            self._turn(statement)
        for entry in changes.entries:
            self.entries.append(entry)
            self.posted[entry.educator_id, entry.plan_year][entry.component] += entry.amount_cents
        for place in {(statement.educator_id, statement.plan_year) for statement in changes.statements}:
            self._balance(place)

    def _turn(self, statement: NewStatement) -> None:
        place = statement.educator_id, statement.plan_year
        before = self.standing.get(place)
        follows = before.sequence + 1 if before else 1
        if statement.sequence != follows:
            raise BooksDoNotAgree(f"{place}: statement {statement.sequence} came where {follows} was due")
        self.statements.append(statement)
        self.standing[place] = statement

    def _balance(self, place: Place) -> None:
        """Statement, its body, its components and the ledger all say the same sum."""
        body = orjson.loads(self.standing[place].body)
        said = {part["code"]: cents(part["amount"]["amount"]) for part in body["components"]}
        sums = {
            "statement": self.standing[place].total_cents,
            "body": cents(body["total"]["amount"]),
            "components": sum(said.values()),
            "ledger": sum(self.posted[place].values()),
        }
        if len(set(sums.values())) != 1:
            raise BooksDoNotAgree(f"{place}: {sums}")
        posted = {code: amount for code, amount in self.posted[place].items() if amount}
        if posted != {code: amount for code, amount in said.items() if amount}:
            raise BooksDoNotAgree(f"{place}: the ledger says {posted}, the statement {said}")

    def audit(self) -> None:
        """What must hold of the whole: every fact counted once, every entry its own id. Raises BooksDoNotAgree."""
        if len({entry.id for entry in self.entries}) != len(self.entries):
            raise BooksDoNotAgree("two ledger entries have one id")
        taken: dict[str, list[UUID]] = defaultdict(list)
        for fact in self.facts:
            taken[fact.educator_id].append(UUID(fact.fact.event_id))
        reported: dict[str, list[UUID]] = defaultdict(list)
        for event in self.published:
            reported[str(event.educator_id)] += event.applied
        for educator_id, stored in self.accounts.items():
            waiting = [UUID(event_id) for event_id in orjson.loads(stored)["unreported"]]
            if reported[educator_id] + waiting != taken[educator_id]:
                raise BooksDoNotAgree(f"{educator_id}: what was published is not what was taken in, in its order")
            if len(set(taken[educator_id])) != len(taken[educator_id]):
                raise BooksDoNotAgree(f"{educator_id}: an event took effect twice")

    def outcome(self) -> dict[str, object]:
        """All that must not depend on the order of delivery, as bytes and numbers."""
        facts = {
            educator_id: orjson.dumps(orjson.loads(stored)["facts"], option=orjson.OPT_SORT_KEYS)
            for educator_id, stored in self.accounts.items()
        }
        statements = {
            place: (statement.hash, statement.body, statement.total_cents, statement.rung)
            for place, statement in self.standing.items()
        }
        ledger = {
            place: {code: amount for code, amount in sorted(posted.items()) if amount}
            for place, posted in self.posted.items()
            if any(posted.values())
        }
        return {"facts": facts, "statements": statements, "ledger": ledger}


def cents(amount: str) -> int:
    """`-12.50` -> -1250, read without the product's own reader."""
    dollars, _, rest = amount.partition(".")
    assert len(rest) == 2, amount
    return int(dollars + rest)
