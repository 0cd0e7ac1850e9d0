"""Cursors: nothing twice, nothing left out, and nothing but our own is read."""

import base64

import pytest
from fastapi import APIRouter, Request, Response
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.web.pagination import BadCursor, Cursor, Page, PageRequest, Paging, link_next
from tests.support.web import app_of, calling

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@given(texts, texts)
@settings(max_examples=200, derandomize=True)
def test_a_cursor_comes_back_as_it_went(sort_key: str, row_id: str) -> None:
    cursor = Cursor(sort_key, row_id)
    assert Cursor.parse(str(cursor)) == cursor


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense!",
        "AAAA",
        encoded(b"[1,2]"),
        encoded(b'["a"]'),
        encoded(b'["a","b","c"]'),
        encoded(b'{"a":"b","c":1}'),
        encoded(b'["a", "b"]'),
        encoded(b'["a\\u0000","b"]'),
        encoded(b'["\\ud800","b"]'),
        encoded(b'["\xff\xfe\xfd","b"]'),
        encoded(b"[" * 700),
        encoded(b'["aaaaaaaaa","b"]') + "=",
        encoded(b'["a","bb"]')[:-1] + "h",
        "A" * 1025,
    ],
)
def test_what_is_not_a_cursor_of_ours_is_refused(text: str) -> None:
    with pytest.raises(BadCursor) as refused:
        Cursor.parse(text)
    assert (refused.value.status, refused.value.code) == (400, "bad-cursor")


@given(st.sets(st.tuples(st.sampled_from("abc"), st.integers(0, 60)), max_size=40), st.integers(1, 7))
@settings(max_examples=100, derandomize=True)
def test_the_pages_together_are_the_list_each_row_once(rows: set[tuple[str, int]], limit: int) -> None:
    ordered = sorted((key, f"{number:02d}") for key, number in rows)
    seen: list[tuple[str, str]] = []
    after: Cursor | None = None
    while True:
        request = PageRequest(limit, after)
        found = [row for row in ordered if after is None or row > (after.sort_key, after.id)][: request.fetch]
        kept, cursor = request.cut(found, lambda row: Cursor(row[0], row[1]))
        assert len(kept) <= limit
        seen.extend(kept)
        if cursor is None:
            break
        after = Cursor.parse(cursor)
    assert seen == ordered


router = APIRouter()


@router.get("/letters")
async def list_letters(paging: Paging, request: Request, response: Response, upper: str = "no") -> Page[str]:
    rows = [letter for letter in "abcdefg" if paging.after is None or letter > paging.after.id]
    kept, cursor = paging.cut(rows[: paging.fetch], lambda row: Cursor("", row))
    link_next(request, response, cursor)
    return Page(items=list(kept), next=cursor)


async def test_the_link_header_leads_through_all_pages_and_keeps_the_filter() -> None:
    async with calling(app_of(router)) as client:
        address, letters = "/compensation/v1/letters?limit=3&upper=maybe", []
        for _ in range(3):
            answer = await client.get(address)
            letters += answer.json()["items"]
            assert "upper=maybe" in address
            address = answer.links.get("next", {}).get("url", "")
    assert letters == list("abcdefg")
    assert address == ""
    assert answer.json()["next"] is None


@pytest.mark.parametrize("limit", ["0", "1001", "ten"])
async def test_the_limit_is_bounded(limit: str) -> None:
    async with calling(app_of(router)) as client:
        answer = await client.get("/compensation/v1/letters", params={"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/limit"


async def test_a_bad_cursor_is_a_problem() -> None:
    async with calling(app_of(router)) as client:
        answer = await client.get("/compensation/v1/letters", params={"cursor": "' OR 1=1"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-cursor")
