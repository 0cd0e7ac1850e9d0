"""docker-compose.yml without a Docker engine: read by Compose's own loader, and held against the code it starts."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from deploy.compose_secrets import make
from deploy.gateway.settings import GatewaySettings
from deploy.migrate import MigrationSettings
from deploy.services import SERVICES, settings_of
from deploy.topics import TopicSettings

PROJECT = Path(__file__).resolve().parents[2]
FILE = PROJECT / "docker-compose.yml"
EXAMPLE = PROJECT / "deploy" / "compose" / "example.env"
LOADER = PROJECT / "deploy" / "compose" / "check"

COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = {"migrate", "topics"}
PROCESSES = {"gateway", *(f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker"))}
OURS = JOBS | PROCESSES


@cache
def loader() -> Path:
    """The program that loads a Compose file, built once a session; skips where Go is absent, unless with CI=true."""
    if shutil.which("go") is None:
        reason = "go is not on the PATH: docker-compose.yml is not judged by Compose's own loader"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    program = PROJECT / ".rung" / "compose-check"
    program.parent.mkdir(exist_ok=True)
    built = subprocess.run(
        ["go", "build", "-mod=readonly", "-o", program, "."], cwd=LOADER, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return program


def load(file: Path) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RUNG_", "COMPOSE_"))}
    return subprocess.run([loader(), file, EXAMPLE], capture_output=True, text=True, check=False, env=clean, timeout=60)


def settings_behind(container: str) -> type[BaseSettings]:
    """The class that reads a container's variables."""
    module = CONTAINERS[container]["command"][2]
    if module == "deploy.gateway":
        return GatewaySettings
    if module == "deploy.migrate":
        return MigrationSettings
    if module == "deploy.topics":
        return TopicSettings
    _, service, process = module.split(".")
    assert process in {"main", "worker"}
    return settings_of(service)


def given(container: str) -> set[str]:
    """Names of the settings that a container gets: from its variables, and from secrets that become variables."""
    described = CONTAINERS[container]
    names = set(described.get("environment", {}))
    names |= {secret["target"] for secret in described.get("secrets", []) if secret["target"].startswith("RUNG_")}
    return {name.removeprefix("RUNG_").lower() for name in names if name.startswith("RUNG_")}


def test_compose_s_own_loader_accepts_the_file() -> None:
    loaded = load(FILE)

    assert loaded.returncode == 0, loaded.stderr
    assert json.loads(loaded.stdout)["services"].keys() == CONTAINERS.keys()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("migrate: {condition: service_completed_successfully}", "migrate: {condition: service_ended}"),
        ("networks: [data]", "networks: [date]"),
        ("kafka: {condition: service_healthy}", "kafkas: {condition: service_healthy}"),
        ("source: person_key_secret", "source: person_key_secrets"),
        ("${RUNG_TOKEN_KEYS:?", "${RUNG_TOKEN_KEYS_OF_NOBODY:?"),
        ("stop_grace_period: 20s", "stop_grace_period: soon"),
    ],
)
def test_the_loader_refuses_a_file_with_a_fault(right: str, wrong: str, tmp_path: Path) -> None:
    text = FILE.read_text()
    assert right in text
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(text.replace(right, wrong))

    assert load(broken).returncode == 1


def test_the_containers_are_the_servers_the_jobs_and_two_for_each_service() -> None:
    assert CONTAINERS.keys() == {"postgres", "kafka"} | OURS


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_says_when_it_is_healthy_unless_it_is_a_job(name: str) -> None:
    described = CONTAINERS[name]

    assert ("healthcheck" in described) == (name not in JOBS)
    assert described["restart"] == ("no" if name in JOBS else "unless-stopped")


@pytest.mark.parametrize("name", CONTAINERS)
def test_an_image_is_pinned_and_what_it_may_use_is_limited(name: str) -> None:
    described = CONTAINERS[name]

    assert re.search(r":(\$\{\w+:-)?\d+\.\d+", described["image"]), described["image"]
    assert described["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}


def test_only_the_gateway_is_reached_from_outside_and_only_from_this_machine() -> None:
    ports = {name: described["ports"] for name, described in CONTAINERS.items() if "ports" in described}

    assert ports.keys() == {"gateway"}
    assert all(port.startswith("127.0.0.1:") for port in ports["gateway"])
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert [CONTAINERS[server]["networks"] for server in ("postgres", "kafka")] == [["data"], ["data"]]
    assert CONTAINERS["gateway"]["networks"] == ["edge"]


@pytest.mark.parametrize("name", sorted(PROCESSES - {"gateway"}))
def test_no_process_starts_before_the_jobs_have_succeeded(name: str) -> None:
    assert CONTAINERS[name]["depends_on"] == {job: {"condition": "service_completed_successfully"} for job in JOBS}


def test_the_jobs_wait_for_their_servers_and_the_gateway_for_every_api() -> None:
    healthy = {"condition": "service_healthy"}

    assert CONTAINERS["migrate"]["depends_on"] == {"postgres": healthy}
    assert CONTAINERS["topics"]["depends_on"] == {"kafka": healthy}
    assert CONTAINERS["gateway"]["depends_on"] == {f"{service}-api": healthy for service in SERVICES}


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_setting_that_is_given_is_one_that_the_process_knows(name: str) -> None:
    assert given(name) <= settings_behind(name).model_fields.keys()


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_setting_that_a_process_needs_is_given(name: str) -> None:
    fields = settings_behind(name).model_fields
    needed = {field for field, described in fields.items() if described.is_required()}
    if name == "migrate":
        needed = {f"{service}_database_url" for service in SERVICES}

    assert needed <= given(name)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_have_no_rights_they_do_not_need(name: str) -> None:
    described = CONTAINERS[name]

    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER 10001:10001$", (PROJECT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)


def test_every_service_has_the_secrets_of_its_own_database_only() -> None:
    for service in SERVICES:
        for kind in ("api", "worker"):
            secrets = {secret["source"] for secret in CONTAINERS[f"{service}-{kind}"]["secrets"]}
            assert {name for name in secrets if name.endswith("_url")} == {f"{service}_database_url"}


def test_no_secret_stands_in_the_file_and_each_one_is_a_file_that_is_made(tmp_path: Path) -> None:
    files = {Path(secret["file"]) for secret in COMPOSE["secrets"].values()}

    make(tmp_path)

    assert {file.parent.as_posix() for file in files} == {"deploy/compose/secrets"}
    assert {file.name for file in files} == {path.name for path in tmp_path.iterdir()}
    for name, value in _variables().items():
        assert "@" not in value or "://" not in value, f"{name} has a password in an address"
        assert value.startswith("/run/secrets/") or not re.search("PASSWORD|SECRET", name), f"{name} is a secret"
    ignored = (PROJECT / "deploy" / "compose" / ".gitignore").read_text().split()
    assert "secrets/" in ignored


def _variables() -> Mapping[str, str]:
    return {
        name: value for described in CONTAINERS.values() for name, value in described.get("environment", {}).items()
    }


def test_the_example_names_every_variable_that_the_file_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", FILE.read_text()))
    named = {line.partition("=")[0] for line in EXAMPLE.read_text().splitlines() if re.match(r"\w+=.", line)}

    assert asked <= named
