"""An award is the sum of its notices, whatever order they come in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.credentials.domain import (
    AwardNotice,
    AwardState,
    CredentialAward,
    NoticeKind,
    settle,
    take_notice,
)
from shared.events.credentials import CredentialAwarded, CredentialRevoked

NOON = datetime(2021, 3, 1, 12, tzinfo=UTC)
AWARD = CredentialAward(UUID(int=1), "bloomboard", "bb-1")
EDUCATOR, OTHER = UUID(int=7), UUID(int=8)
KNOWN = {"candidates": frozenset({EDUCATOR}), "pathways": frozenset({"master-teacher"})}


def awarded(hours: int = 0, credential: str = "mc-questioning", person: str = "ana") -> AwardNotice:
    return AwardNotice(
        NoticeKind.AWARDED,
        "bloomboard",
        "bb-1",
        NOON + timedelta(hours=hours),
        credential=credential,
        person_keys=(person,),
        awarded_at=NOON,
    )


def revoked(hours: int) -> AwardNotice:
    return AwardNotice(NoticeKind.REVOKED, "bloomboard", "bb-1", NOON + timedelta(hours=hours))


ROSTER = {"ana": frozenset({EDUCATOR}), "ben": frozenset({OTHER}), "both": frozenset({EDUCATOR, OTHER})}
CATALOGUE = {"mc-questioning": frozenset({"master-teacher"})}


@dataclass(frozen=True)
class Told:
    """What readers of the events know in the end: the state of the award and, by educator, the newest event."""

    award: CredentialAward
    newest: dict[UUID, CredentialAwarded | CredentialRevoked]

    @classmethod
    def of(cls, notices: Iterable[AwardNotice]) -> "Told":
        """Settle after each notice, as the service does, on one roster and one catalogue."""
        award = AWARD
        newest: dict[UUID, CredentialAwarded | CredentialRevoked] = {}
        for notice in notices:
            noticed = take_notice(award, notice)
            if noticed == award:
                continue
            award, events = settle(
                award,
                noticed,
                candidates=frozenset().union(*(ROSTER.get(key, frozenset()) for key in noticed.person_keys)),
                pathways=CATALOGUE.get(noticed.credential or ""),
            )
            for event in events:
                known = newest.get(event.educator_id)
                assert known is None or known.version < event.version
                assert event.version <= award.version
                newest[event.educator_id] = event
        return cls(award, newest)

    def earned(self) -> dict[UUID, str]:
        return {
            educator: event.credential
            for educator, event in self.newest.items()
            if isinstance(event, CredentialAwarded)
        }


def take_all(notices: "list[AwardNotice] | tuple[AwardNotice, ...]") -> CredentialAward:
    award = AWARD
    for notice in notices:
        award = take_notice(award, notice)
    return award


class TestTakeNotice:
    @settings(derandomize=True)
    @given(
        st.lists(
            st.builds(awarded, st.integers(0, 3), st.sampled_from(["mc-questioning", "mc-differentiation"]))
            | st.builds(revoked, st.integers(0, 3)),
            max_size=5,
        )
    )
    def test_any_order_and_any_duplicates_give_the_same_award(self, notices: list[AwardNotice]) -> None:
        outcomes = {take_all(order) for order in permutations(notices)}
        assert len(outcomes) <= 1 or not notices
        assert take_all([*notices, *notices]) == take_all(notices)

    def test_an_older_word_of_the_same_kind_changes_nothing(self) -> None:
        award = take_all([awarded(2, "mc-differentiation"), awarded(1, "mc-questioning")])
        assert award.credential == "mc-differentiation"


def settle_once(
    award: CredentialAward, **knowledge: Any
) -> tuple[CredentialAward, CredentialAwarded | CredentialRevoked | None]:
    """Settle what a notice made of an award that was parked before; with the one event, where there is one."""
    settled, events = settle(AWARD, award, **knowledge)
    assert len(events) <= 1
    return settled, next(iter(events), None)


class TestSettle:
    def test_a_known_person_and_credential_make_it_earned_and_tell_of_it(self) -> None:
        award, event = settle_once(take_all([awarded()]), **KNOWN)
        assert award.state is AwardState.EARNED
        assert award.version == 1
        assert isinstance(event, CredentialAwarded)
        assert event.educator_id == EDUCATOR
        assert event.pathways == ["master-teacher"]

    @pytest.mark.parametrize(
        ("hours", "state"), [(1, AwardState.REVOKED), (0, AwardState.REVOKED), (-1, AwardState.EARNED)]
    )
    def test_a_revocation_stands_unless_the_award_was_given_again_later(self, hours: int, state: AwardState) -> None:
        for order in permutations([awarded(), revoked(hours)]):
            award, event = settle_once(take_all(order), **KNOWN)
            assert award.state is state
            assert isinstance(event, CredentialRevoked if state is AwardState.REVOKED else CredentialAwarded)

    @pytest.mark.parametrize(
        ("award", "knowledge", "reason"),
        [
            (take_all([revoked(1)]), KNOWN, "waits for the award"),
            (take_all([awarded()]), KNOWN | {"candidates": frozenset()}, "not on the roster"),
            (take_all([awarded()]), KNOWN | {"candidates": frozenset({EDUCATOR, OTHER})}, "more than one"),
            (take_all([awarded()]), KNOWN | {"pathways": None}, "not in the catalogue"),
        ],
    )
    def test_what_is_not_known_parks_the_award_with_its_reason_and_tells_nobody(
        self, award: CredentialAward, knowledge: dict[str, frozenset[UUID]], reason: str
    ) -> None:
        settled, event = settle_once(award, **knowledge)
        assert settled.state is AwardState.PARKED
        assert reason in (settled.parked_reason or "")
        assert settled.version == 0
        assert event is None

    def test_an_earned_award_that_a_correction_makes_unknown_is_taken_back_as_it_was_told(self) -> None:
        earned, _ = settle_once(take_all([awarded()]), **KNOWN)
        corrected = take_notice(earned, awarded(1, "mc-unheard-of"))
        parked, [event] = settle(earned, corrected, candidates=frozenset({EDUCATOR}), pathways=None)
        assert (parked.state, parked.version) == (AwardState.PARKED, 2)
        assert isinstance(event, CredentialRevoked)
        assert (event.educator_id, event.version, event.credential) == (EDUCATOR, 2, "mc-questioning")
        revoked_too = take_notice(parked, revoked(2))
        again, events = settle(parked, revoked_too, candidates=frozenset({EDUCATOR}), pathways=None)
        assert (again, events) == (replace(parked, revoked_occurred_at=NOON + timedelta(hours=2)), ())

    def test_an_award_that_was_matched_stays_with_its_educator_whatever_becomes_of_the_keys(self) -> None:
        matched = replace(take_all([awarded()]), educator_id=EDUCATOR, version=1, state=AwardState.EARNED)
        for notice in (revoked(1), awarded(1)):
            noticed = take_notice(matched, notice)
            award, [event] = settle(matched, noticed, candidates=frozenset({OTHER}), pathways=frozenset())
            assert (award.educator_id, award.version) == (EDUCATOR, 2)
            assert event.educator_id == EDUCATOR

    def test_a_correction_that_names_another_person_takes_the_award_back_and_gives_it(self) -> None:
        earned, _ = settle_once(take_all([awarded()]), **KNOWN)
        noticed = take_notice(earned, awarded(1, person="ben"))
        award, [lost, won] = settle(earned, noticed, candidates=frozenset({OTHER}), pathways=frozenset())
        assert (award.educator_id, award.state, award.version) == (OTHER, AwardState.EARNED, 3)
        assert isinstance(lost, CredentialRevoked)
        assert (lost.educator_id, lost.version, lost.revoked_at) == (EDUCATOR, 2, NOON + timedelta(hours=1))
        assert isinstance(won, CredentialAwarded)
        assert (won.educator_id, won.version) == (OTHER, 3)

    @settings(derandomize=True)
    @given(
        st.lists(
            st.builds(
                awarded,
                st.integers(0, 3),
                st.sampled_from(["mc-questioning", "mc-unheard-of"]),
                st.sampled_from(["ana", "ben", "both", "nobody"]),
            )
            | st.builds(revoked, st.integers(0, 3)),
            max_size=4,
        )
    )
    def test_any_order_of_notices_ends_with_the_same_person_having_it(self, notices: list[AwardNotice]) -> None:
        outcomes = [Told.of(order) for order in permutations(notices)]
        assert len({replace(told.award, version=0) for told in outcomes}) == 1
        assert all(told.earned() == outcomes[0].earned() for told in outcomes)
        holder = outcomes[0].award
        expected = {holder.educator_id: holder.credential} if holder.state is AwardState.EARNED else {}
        assert outcomes[0].earned() == expected
