"""An award is the sum of its notices, whatever order they come in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
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
EDUCATOR = UUID(int=7)
KNOWN = {"candidates": frozenset({EDUCATOR}), "pathways": frozenset({"master-teacher"})}


def awarded(hours: int = 0, credential: str = "mc-questioning") -> AwardNotice:
    return AwardNotice(
        NoticeKind.AWARDED,
        "bloomboard",
        "bb-1",
        NOON + timedelta(hours=hours),
        credential=credential,
        person_keys=("k",),
        awarded_at=NOON,
    )


def revoked(hours: int) -> AwardNotice:
    return AwardNotice(NoticeKind.REVOKED, "bloomboard", "bb-1", NOON + timedelta(hours=hours))


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


class TestSettle:
    def test_a_known_person_and_credential_make_it_earned_and_tell_of_it(self) -> None:
        award, event = settle(take_all([awarded()]), **KNOWN)
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
            award, event = settle(take_all(order), **KNOWN)
            assert award.state is state
            assert isinstance(event, CredentialRevoked if state is AwardState.REVOKED else CredentialAwarded)

    @pytest.mark.parametrize(
        ("award", "knowledge", "reason"),
        [
            (take_all([revoked(1)]), KNOWN, "waits for the award"),
            (take_all([awarded()]), KNOWN | {"candidates": frozenset()}, "not on the roster"),
            (take_all([awarded()]), KNOWN | {"candidates": frozenset({EDUCATOR, UUID(int=8)})}, "more than one"),
            (take_all([awarded()]), KNOWN | {"pathways": None}, "not in the catalogue"),
        ],
    )
    def test_what_is_not_known_parks_the_award_with_its_reason_and_tells_nobody(
        self, award: CredentialAward, knowledge: dict[str, frozenset[UUID]], reason: str
    ) -> None:
        settled, event = settle(award, **knowledge)
        assert settled.state is AwardState.PARKED
        assert reason in (settled.parked_reason or "")
        assert settled.version == 0
        assert event is None

    def test_an_earned_award_that_a_correction_makes_unknown_is_taken_back(self) -> None:
        earned, _ = settle(take_all([awarded()]), **KNOWN)
        corrected = take_notice(earned, awarded(1, "mc-unheard-of"))
        parked, event = settle(corrected, candidates=frozenset({EDUCATOR}), pathways=None)
        assert (parked.state, parked.version) == (AwardState.PARKED, 2)
        assert isinstance(event, CredentialRevoked)
        assert (event.educator_id, event.version) == (EDUCATOR, 2)
        again, event = settle(take_notice(parked, revoked(2)), candidates=frozenset({EDUCATOR}), pathways=None)
        assert (again, event) == (replace(parked, revoked_occurred_at=NOON + timedelta(hours=2)), None)

    def test_an_award_that_was_matched_stays_with_its_educator(self) -> None:
        matched = replace(take_all([awarded()]), educator_id=EDUCATOR, version=1, state=AwardState.EARNED)
        award, event = settle(take_notice(matched, revoked(1)), candidates=frozenset(), pathways=frozenset())
        assert award.educator_id == EDUCATOR
        assert award.version == 2
        assert isinstance(event, CredentialRevoked)
