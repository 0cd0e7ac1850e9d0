"""The doors that are measured, and the calls that each of the callers makes at them: at ours and at the floor's."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

from deploy.bench.watcher import PLAN_YEAR
from deploy.bench.webhook_path import Earner
from deploy.client import Doors, Person
from deploy.load.callers import request
from deploy.sample.awards import CREDENTIALS
from deploy.sample.observations import DIMENSIONS
from shared.kernel.clock import SystemClock
from shared.kernel.ids import uuid7
from shared.web.pagination import Cursor
from shared.web.tokens import Role
from shared.web.webhooks import WebhookSecret, sign

CALLERS = 16
PAGE = 100
"""Totals a page: what a door gives where the caller asks for no number."""
_JSON = {"Content-Type": "application/json"}
_PLANNED_ON = "2021-05-10"
_ADMINISTRATOR = Person("admin:load", (Role.ADMIN,))

Calls = Sequence[Iterator[bytes]]
"""For each caller its requests, in turn."""


class Door(Protocol):
    """A door of one service, and the same at the floor."""

    @property
    def name(self) -> str: ...

    async def open(self, doors: Doors) -> None:
        """Make what the calls speak of. Raises DoorRefused."""
        ...

    def ours(self, *, most: int) -> Calls:
        """At most so many calls are made in all."""
        ...

    def floor(self) -> Calls: ...


@dataclass(frozen=True)
class Webhook:
    """Signed awards of people on the roster, each a new one."""

    earners: Sequence[Earner]
    secret: WebhookSecret
    name: str = "webhook"

    async def open(self, doors: Doors) -> None:
        pass

    def ours(self, *, most: int) -> Calls:
        # Signed beforehand: signing costs as much as sending.
        made = [self._signed(number) for number in range(most)]
        return [iter(made[caller::CALLERS]) for caller in range(CALLERS)]

    def floor(self) -> Calls:
        return _alike([request("POST", "/awards", _JSON, self._notice(0))])

    def _signed(self, number: int) -> bytes:
        now, body = SystemClock().now(), self._notice(number)
        headers = sign(self.secret, webhook_id=str(uuid7(now)), sent_at=now, body=body)
        return request("POST", "/credentials/v1/webhooks/bloomboard", _JSON | headers, body)

    def _notice(self, number: int) -> bytes:
        earner = self.earners[number % len(self.earners)]
        data: dict[str, Any] = {
            "award_id": f"load-{uuid4()}",
            "credential_id": CREDENTIALS[number % len(CREDENTIALS)],
            "recipient": {"email": earner.email, "employee_id": earner.employee_number},
            "awarded_at": "2021-05-20T16:00:00Z",
            "expires_at": None,
            "evidence_url": "https://example.org/evidence",
        }
        notice = {"type": "credential.awarded", "timestamp": SystemClock().now().isoformat(), "data": data}
        return json.dumps(notice).encode()


class Score:
    """Scores of an observation under way, one observation a caller; each shows the ETag of the one before.

    The visits are to the first of `among` (educator and campus), and the last of them makes them.
    """

    name = "score"

    def __init__(self, among: Sequence[tuple[UUID, UUID]]) -> None:
        self._among = among
        self._appraiser = among[-1][0]
        self._revisions: dict[UUID, itertools.count[int]] = {}
        self._token = ""

    async def open(self, doors: Doors) -> None:
        for educator_id, campus_id in self._among[:CALLERS]:
            body = {
                "educator_id": str(educator_id),
                "campus_id": str(campus_id),
                "planned_on": _PLANNED_ON,
                "appraiser_id": str(self._appraiser),
            }
            answer = await doors.call("POST", "/evaluation/v1/observations", _ADMINISTRATOR, json=body)
            self._revisions[UUID(answer.json()["observation_id"])] = itertools.count(1)
        self._token = doors.token(Person("appraiser:load", (Role.APPRAISER,), educator_id=self._appraiser))

    def ours(self, *, most: int) -> Calls:  # noqa: ARG002 - these are made as they are sent
        return [self._calls(one) for one in self._revisions]

    def _calls(self, observation_id: UUID) -> Iterator[bytes]:
        for revision in self._revisions[observation_id]:
            path = f"/evaluation/v1/observations/{observation_id}/scores/{DIMENSIONS[revision % 8]}"
            headers = {"Authorization": f"Bearer {self._token}", "If-Match": f'"v{revision}"', **_JSON}
            yield request("PUT", path, headers, self._body(revision))

    def floor(self) -> Calls:
        paths = [f"/observations/{one}" for one in self._revisions]
        return [itertools.repeat(request("PUT", path, _JSON, self._body(1))) for path in paths]

    @staticmethod
    def _body(revision: int) -> bytes:
        # Another one each time, also when all dimensions have had their turn: nothing is saved otherwise.
        evidence = f"Every group presented its result, for the {revision}. time."
        return json.dumps({"level": 1 + revision % 4, "evidence": evidence}).encode()


@dataclass(frozen=True)
class Reading:
    """One of two reads of payroll: an educator's statement, or a page of the year's totals."""

    name: str
    paths: Sequence[str]
    floor_paths: Sequence[str]
    token: str

    async def open(self, doors: Doors) -> None:
        pass

    def ours(self, *, most: int) -> Calls:  # noqa: ARG002 - the same ones over and over
        return _alike([request("GET", path, {"Authorization": f"Bearer {self.token}"}) for path in self.paths])

    def floor(self) -> Calls:
        return _alike([request("GET", path, {}) for path in self.floor_paths])


def statements(educators: Sequence[UUID], token: str) -> Reading:
    paths = [f"/compensation/v1/educators/{one}/statement?plan_year={PLAN_YEAR}" for one in educators]
    return Reading("statement", paths, [f"/statements/{one}" for one in educators], token)


def totals(educators: Sequence[UUID], token: str) -> Reading:
    """Pages that begin after one educator and another."""
    starts = educators[:: max(1, len(educators) // 50)]
    base = f"/compensation/v1/bonus-totals?plan_year={PLAN_YEAR}&limit={PAGE}"
    paths = [f"{base}&cursor={Cursor('', str(one))}" for one in starts]
    return Reading("totals", paths, [f"/totals?after={one}&limit={PAGE}" for one in starts], token)


def pings() -> Calls:
    """The floor of the floors: a request and an answer."""
    return _alike([request("GET", "/ping", {})])


def _alike(requests: Sequence[bytes]) -> Calls:
    """All callers walk the same round, each from another place."""
    return [
        itertools.cycle([*requests[caller % len(requests) :], *requests[: caller % len(requests)]])
        for caller in range(CALLERS)
    ]
