"""If-Match and If-None-Match as RFC 9110 has them."""

import time
from typing import Annotated

import pytest
from fastapi import APIRouter, Header, Response

from shared.web.conditional import (
    IfMatch,
    IfNoneMatch,
    MalformedIfMatch,
    Precondition,
    StaleVersion,
    content_tag,
    is_not_modified,
    not_modified,
    version_tag,
)
from tests.support.web import app_of, calling


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        ('"v3"', True),
        ('"v2", "v3"', True),
        ('"v2","v3"', True),
        (', "v2" ,, "v3",', True),
        ("*", True),
        ('"v2"', False),
        ('W/"v3"', False),
        ('"V3"', False),
        ('W/"v3", "v3"', True),
    ],
)
def test_if_match_holds_for_strong_tags_that_are_named(header: str, holds: bool) -> None:
    assert Precondition.parse(header).holds(version_tag(3)) is holds


def test_nothing_matches_what_does_not_exist() -> None:
    assert not Precondition.parse("*").holds(None)


def test_a_tag_may_have_a_comma_in_it() -> None:
    assert Precondition.parse('"a,b"').holds('"a,b"')
    assert not Precondition.parse('"a,b"').holds('"a"')


@pytest.mark.parametrize("header", ["", "v3", '"v3', '"v3" "v4"', "*, *", 'w/"v3"', '"a b"', ","])
def test_what_is_no_list_of_tags_is_refused(header: str) -> None:
    with pytest.raises(MalformedIfMatch):
        Precondition.parse(header)


def test_a_long_header_of_separators_costs_no_more_than_its_length() -> None:
    started = time.perf_counter()
    with pytest.raises(MalformedIfMatch):
        Precondition.parse('"a"' + " ,\t" * 20_000 + "x")
    assert time.perf_counter() - started < 1


def test_a_stale_version_is_412() -> None:
    with pytest.raises(StaleVersion) as refused:
        Precondition.parse('"v2"').require(version_tag(3))
    assert (refused.value.status, refused.value.code) == (412, "stale-version")


@pytest.mark.parametrize(
    ("header", "is_current"),
    [(None, False), ('"v3"', True), ('W/"v3"', True), ("*", True), ('"v2"', False), ("junk", False)],
)
def test_if_none_match_compares_weakly_and_passes_over_junk(header: str | None, is_current: bool) -> None:
    assert is_not_modified(header, '"v3"') is is_current


def test_a_tag_of_content_differs_where_a_byte_does() -> None:
    assert content_tag(b"a") == content_tag(b"a") != content_tag(b"b")
    assert version_tag(3) != version_tag(3, "csv")


router = APIRouter()


@router.get("/plan", responses={304: {"description": "Unchanged."}})
async def read_plan(if_none_match: IfNoneMatch = None) -> Response:
    return (
        not_modified('"v3"') if is_not_modified(if_none_match, '"v3"') else Response("plan", headers={"ETag": '"v3"'})
    )


@router.put("/plan")
async def change_plan(if_match: IfMatch, other: Annotated[str | None, Header()] = None) -> dict[str, str]:
    if_match.require('"v3"')
    return {"plan": "changed"}


async def test_the_doors_answer_with_the_right_status() -> None:
    async with calling(app_of(router)) as client:
        address = "/compensation/v1/plan"
        answers = {
            "missing": await client.put(address),
            "malformed": await client.put(address, headers={"If-Match": "v3"}),
            "stale": await client.put(address, headers={"If-Match": '"v2"'}),
            "current": await client.put(address, headers={"If-Match": '"v3"'}),
        }
        unchanged = await client.get(address, headers={"If-None-Match": '"v3"'})
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "missing": 428,
        "malformed": 400,
        "stale": 412,
        "current": 200,
    }
    assert answers["missing"].json()["code"] == "if-match-required"
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", '"v3"')
    assert unchanged.headers["cache-control"] == "private, no-cache"
