"""The gateway over services in its own process: who gets which request, and what it answers by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request

from deploy.gateway import InProcess, create_gateway
from deploy.services import SERVICES
from shared.web.app import About, create_app
from tests.support.web import authenticator


def service(name: str, *, router: APIRouter | None = None, **checks: object) -> FastAPI:
    about = About(service=name, title=name, version="1.0.0", description="For tests.")
    return create_app(about, [router or APIRouter()], authenticator=authenticator(), ready_checks=checks)  # type: ignore[arg-type]


def who(name: str) -> APIRouter:
    router = APIRouter()

    @router.get("/who", summary="Who answers?")
    async def tell(request: Request) -> str:
        return f"{name} at {request.url.path}"

    return router


@asynccontextmanager
async def calling(gateway: object) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(gateway)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    backends = {name: InProcess(service(name, router=who(name))) for name in SERVICES}
    async with calling(create_gateway(backends)) as found:
        yield found


@pytest.mark.parametrize("name", SERVICES)
async def test_a_request_goes_to_the_service_that_its_address_begins_with(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/{name}/v1/who")

    assert answer.json() == f"{name} at /{name}/v1/who"
    assert (await client.get(f"/{name}/openapi.json")).json()["info"]["title"] == name


async def test_an_address_of_no_service_is_a_problem(client: httpx.AsyncClient) -> None:
    for path in ("/payroll/v1/x", "/credentialsx/v1/who", "/v1"):
        answer = await client.get(path)

        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_one_service_that_is_not_ready_makes_the_whole_not_ready_and_is_named() -> None:
    async def broken() -> None:
        raise ConnectionError("no database")

    async def fine() -> None:
        return

    backends = {"slo": InProcess(service("slo", database=broken)), "credentials": InProcess(service("credentials"))}
    async with calling(create_gateway(backends, ready_checks={"bus": fine})) as client:
        answer = await client.get("/readyz?verbose")

        assert answer.status_code == 503
        assert answer.json() == {"status": "fail", "checks": {"slo": "fail", "credentials": "pass", "bus": "pass"}}
        assert (await client.get("/livez")).json()["status"] == "pass"


async def test_the_figures_are_those_of_the_whole_process(client: httpx.AsyncClient) -> None:
    await client.get("/slo/v1/who")

    assert 'service="slo"' in (await client.get("/metrics")).text


async def test_the_problems_of_every_service_are_explained(client: httpx.AsyncClient) -> None:
    for code in ("provider-unknown", "plan-invalid", "not-yours"):
        assert (await client.get(f"/problems/{code}")).json()["code"] == code
    assert (await client.get("/problems/no-such-problem")).status_code == 404


async def test_the_documents_are_the_stored_ones_and_are_sent_once_to_who_keeps_them(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/openapi.json", "/asyncapi.json"):
        answer = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})

        assert answer.json()["info"]["title"].startswith("Rung")
        assert (again.status_code, again.content) == (304, b"")


async def test_another_issuer_is_where_the_documentation_gets_its_tokens() -> None:
    gateway = create_gateway({}, token_url="https://issuer.example.org/token")
    async with calling(gateway) as client:
        schemes = (await client.get("/openapi.json")).json()["components"]["securitySchemes"]

    assert schemes["clientCredentials"]["flows"]["clientCredentials"]["tokenUrl"] == "https://issuer.example.org/token"


async def test_the_pages_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    for path in ("/", "/docs"):
        page = await client.get(path)

        assert page.headers["content-type"].startswith("text/html")
        assert "//" not in page.text.replace("<!doctype", "")
        assert "script-src 'self';" in page.headers["content-security-policy"]
    for file in ("swagger-ui/swagger-ui-bundle.js", "swagger-ui/swagger-ui.css", "static/docs.js", "static/rung.css"):
        assert (await client.get(f"/docs/{file}")).status_code == 200
    # The default of Swagger UI sends the document to a server of Swagger's.
    assert "validatorUrl: null" in (await client.get("/docs/static/docs.js")).text


async def test_a_router_can_be_mounted_beside_the_services() -> None:
    router = APIRouter(prefix="/oauth")

    @router.post("/token")
    async def token() -> str:
        return "issued"

    async with calling(create_gateway({}, routers=[router])) as client:
        assert (await client.post("/oauth/token")).json() == "issued"


async def test_each_service_is_opened_and_closed_with_the_gateway() -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        seen.append("opened")
        yield
        seen.append("closed")

    gateway = create_gateway({"slo": InProcess(FastAPI(lifespan=lifespan))})
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict[str, str]:
        return messages.pop(0)

    async def send(message: dict[str, str]) -> None:
        seen.append(message["type"])

    await gateway({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)  # type: ignore[arg-type]

    assert seen == ["opened", "lifespan.startup.complete", "closed", "lifespan.shutdown.complete"]


async def test_the_stored_document_names_only_addresses_that_the_gateway_leads_to(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    own = {"/livez", "/readyz", "/metrics", "/problems/{code}"}
    assert {path for path in document["paths"] if path.split("/")[1] not in SERVICES} == own
