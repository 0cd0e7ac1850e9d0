"""Who may open which door: every role on every door that the OpenAPI document names (guarantee 9)."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from deploy.client import Person
from shared.web.tokens import Role
from tests.e2e.story import Network
from tests.support.outside import HR, PLAN_YEAR

ROLES = tuple(Role)
_METHODS = ("get", "put", "post", "patch", "delete")
_PERSONAL = ("{educator_id}", "{observation_id}", "{slo_id}")
"""Parts of an address that say whose it is."""
_BESIDE_THE_STATEMENT = ("versions", "status", "explanation", "page")
_EMPTY = {"application/json": b"{}"}


@dataclass(frozen=True)
class Door:
    """One operation of the OpenAPI document."""

    method: str
    path: str
    operation: Mapping[str, Any]

    @property
    def service(self) -> str:
        return self.path.split("/")[1]

    @property
    def roles(self) -> frozenset[str]:
        """Those that the document names; empty where anybody with a token may come, and whose object it is decides."""
        return frozenset(self.operation.get("x-roles", ()))

    @property
    def is_personal(self) -> bool:
        return any(part in self.path for part in _PERSONAL)

    def sees_all(self, role: Role) -> bool:
        """Whether a role reaches the objects of everybody behind this door."""
        return role in (Role.HR, Role.ADMIN) or (role is Role.PAYROLL and self.service == "compensation")


@dataclass(frozen=True)
class Scene:
    """One educator with all that belongs to them, and a stranger from another campus."""

    parts: Mapping[str, str]
    campus: UUID
    stranger: UUID
    elsewhere: UUID

    def address(self, door: Door) -> str:
        return door.path.format(**self.parts)

    def foreign(self, role: Role) -> Person:
        """Somebody of that role who has nothing to do with the educator."""
        return Person(f"stranger:{role}", (role,), self.stranger, frozenset({self.elsewhere}))

    def own(self, role: Role) -> Person:
        """The educator in person, or somebody of that role on the educator's campus."""
        educator = UUID(self.parts["educator_id"]) if role is Role.EDUCATOR else self.stranger
        return Person(f"own:{role}", (role,), educator, frozenset({self.campus}))


def doors_of(document: Mapping[str, Any]) -> Iterator[Door]:
    """The doors that ask for a token."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item and item[method].get("security"):
                yield Door(method.upper(), path, item[method])


async def scene_of(network: Network) -> Scene:
    """Somebody in the sample who has an observation and an SLO, and somebody who never worked on the same campus."""
    totals = await network.outside.totals_by_lines()
    people = [await network.outside.educator(educator) for educator in sorted(totals)]
    for person in people:
        educator = person["educator_id"]
        slos = await network.doors.get(f"/slo/v1/educators/{educator}/slos", HR)
        visits = await network.doors.get(f"/evaluation/v1/educators/{educator}/observations", HR)
        if slos and visits["items"]:
            break
    else:
        raise AssertionError("nobody in the sample has both an observation and an SLO")
    campuses = {part["campus_id"] for part in person["assignments"]}
    districts = {part["district_id"] for part in person["assignments"]}
    stranger = next(one for one in people if districts.isdisjoint(part["district_id"] for part in one["assignments"]))
    plans = await network.doors.get("/compensation/v1/plans", HR)
    batches = await network.doors.get("/compensation/v1/payout-batches", HR)
    parts = {
        "educator_id": educator,
        "observation_id": visits["items"][0]["observation_id"],
        "slo_id": slos[0]["slo_id"],
        "batch_id": batches[0]["id"] if batches else str(uuid4()),
        "hold_id": str(uuid4()),
        "recovery_id": str(uuid4()),
        "plan_version_id": plans[0]["id"],
        "placement_id": str(uuid4()),
        "what_if_id": str(uuid4()),
        "snapshot_id": str(uuid4()),
        "name": "educators.csv",
        "inquiry_id": str(uuid4()),
        "offer": "nothing",
        "code": "h-tess",
        "version": "1",
        "dimension": "student_engagement",
        "school_year": PLAN_YEAR,
        "plan_year": PLAN_YEAR,
        "month": "2020-11",
    }
    return Scene(
        parts, UUID(min(campuses)), UUID(stranger["educator_id"]), UUID(stranger["assignments"][0]["campus_id"])
    )


class Matrix:
    """Generated from the document that the product serves, so that a new door is in it from its first day."""

    async def test_no_door_opens_without_a_token_or_with_a_wrong_one(self, network: Network, scene: Scene) -> None:
        for door in await self._doors(network):
            for token in (None, "rubbish", network.doors.token(HR)[:-4] + "AAAA"):
                answer = await self._knock(network, door, scene, token)
                assert answer.status_code == 401, (door.method, door.path, answer.text)

    async def test_a_role_that_a_door_does_not_name_is_refused(self, network: Network, scene: Scene) -> None:
        refusals = 0
        for door in await self._doors(network):
            for role in set(ROLES) - door.roles if door.roles else ():
                answer = await self._knock(network, door, scene, network.doors.token(scene.own(role)))
                assert answer.status_code == 403, (role, door.method, door.path, answer.status_code, answer.text)
                assert answer.json()["code"] == "insufficient-scope"
                refusals += 1
        assert refusals > 100

    async def test_a_role_that_a_door_names_is_let_in(self, network: Network, scene: Scene) -> None:
        """What is sent is empty, so hardly anything succeeds; but it is never the role that is at fault."""
        for door in await self._doors(network):
            for role in door.roles:
                answer = await self._knock(network, door, scene, network.doors.token(scene.own(Role(role))))
                is_refused = answer.status_code == 403 and answer.json()["code"] == "insufficient-scope"
                assert not is_refused, (role, door.method, door.path)
                assert answer.status_code not in (401, 500, 503), (role, door.method, door.path, answer.text)

    async def test_what_belongs_to_somebody_else_is_neither_shown_nor_changed(
        self, network: Network, scene: Scene
    ) -> None:
        refusals = 0
        for door in await self._doors(network):
            for role in ROLES if door.is_personal else ():
                answer = await self._knock(network, door, scene, network.doors.token(scene.foreign(role)))
                case = (role, door.method, door.path, answer.status_code, answer.text)
                assert answer.status_code < 500, case
                if not door.sees_all(role):
                    # 4xx before the object is looked at (an empty body) shows nothing of it either.
                    assert answer.status_code in ({403, 404} if door.method == "GET" else {403, 404, 412, 422}), case
                    refusals += 1
        assert refusals > 100

    async def test_the_educator_the_campus_and_the_office_see_statement_and_rung(
        self, network: Network, scene: Scene
    ) -> None:
        expected = {Role.EDUCATOR, Role.PRINCIPAL, Role.HR, Role.PAYROLL, Role.ADMIN}
        parts = ("statement", "ladder", "ledger", *(f"statement/{one}" for one in _BESIDE_THE_STATEMENT))
        for part in parts:
            path = f"/compensation/v1/educators/{scene.parts['educator_id']}/{part}"
            seen = {role for role in ROLES if await self._is_open(network, path, scene.own(role))}
            assert seen == expected, part

    async def test_a_listener_hears_of_their_own_changes_only(self, network: Network, scene: Scene) -> None:
        path = "/compensation/v1/changes"
        of_somebody = f"{path}?educator_id={scene.parts['educator_id']}"
        assert not await self._is_open(network, of_somebody, scene.foreign(Role.EDUCATOR))
        assert not await self._is_open(network, of_somebody, scene.own(Role.PRINCIPAL))
        assert await self._is_open(network, of_somebody, scene.own(Role.EDUCATOR))
        assert await self._is_open(network, path, scene.own(Role.EDUCATOR))
        assert await self._is_open(network, path, HR)

    async def test_a_campus_is_listed_for_its_own_people_only(self, network: Network, scene: Scene) -> None:
        """Names and addresses of people stand here, so a foreign campus shows nobody."""
        path = f"/evaluation/v1/educators?campus={scene.campus}"
        for role in set(ROLES) - {Role.HR, Role.ADMIN}:
            answer = await self._get(network, path, network.doors.token(scene.foreign(role)))
            assert answer.status_code in (403, 404) or not answer.json()["items"], (role, answer.text)

    async def _doors(self, network: Network) -> list[Door]:
        answer = await self._get(network, "/openapi.json", None)
        doors = list(doors_of(answer.json()))
        assert len({door.service for door in doors}) == 4
        return doors

    async def _knock(self, network: Network, door: Door, scene: Scene, token: str | None) -> httpx.Response:
        """One call with nothing in it but what the address and the headers need."""
        content = door.operation.get("requestBody", {}).get("content", {})
        media_type = next(iter(content), None)
        headers = {"Idempotency-Key": f'"{uuid4()}"', "If-Match": '"nothing"'}
        headers |= {"Content-Type": media_type} if media_type else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        required = [one for one in door.operation.get("parameters", ()) if one.get("required") and one["in"] == "query"]
        request = network.client.build_request(
            door.method,
            scene.address(door),
            params={one["name"]: PLAN_YEAR for one in required},
            headers=headers,
            content=_EMPTY.get(media_type, b"") if media_type else None,
        )
        return await self._answered(network, request)

    async def _get(self, network: Network, path: str, token: str | None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._answered(network, network.client.build_request("GET", path, headers=headers))

    async def _is_open(self, network: Network, path: str, person: Person) -> bool:
        address = path if "?" in path or path.endswith("changes") else f"{path}?plan_year={PLAN_YEAR}"
        answer = await self._get(network, address, network.doors.token(person))
        assert answer.status_code in (200, 403), (person, path, answer.text)
        return answer.status_code == 200

    async def _answered(self, network: Network, request: httpx.Request) -> httpx.Response:
        """The answer, read to its end unless it is a stream that has none."""
        async with asyncio.timeout(30):
            answer = await network.client.send(request, stream=True)
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                await answer.aclose()
            else:
                await answer.aread()
        return answer
