"""Whether Kafka can be had, and how its jars are brought, with stand-ins for `java` and `mvn`."""

from pathlib import Path

import pytest

from deploy import kafka_jars
from deploy.kafka_jars import KafkaDidNotStart, kafka_missing, kafka_version, resolve_jars

MVN = """#!/bin/sh
for word in "$@"; do case "$word" in -DoutputDirectory=*) target="${word#*=}";; esac; done
echo jar > "$target/kafka.jar"
echo called >> "$(dirname "$0")/calls"
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH besides the system's own tools, empty."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def install(programs: Path, name: str, script: str) -> None:
    # The stand-ins find the system's tools although the tested code must not.
    text = script.replace("\n", "\nPATH=/usr/bin:/bin\n", 1)
    (programs / name).write_text(text)
    (programs / name).chmod(0o755)


def install_java(programs: Path, version: str) -> None:
    install(programs, "java", f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")


class TestKafkaMissing:
    def test_without_java(self, programs: Path) -> None:
        assert "no `java` is in JAVA_HOME or on the PATH" in str(kafka_missing())

    @pytest.mark.parametrize(
        ("version", "named"), [("1.8.0_392", "1.8.0_392"), ("11.0.2", "11.0.2"), ("16-ea", "16-ea")]
    )
    def test_with_a_java_that_is_too_old(self, programs: Path, version: str, named: str) -> None:
        install_java(programs, version)
        install(programs, "mvn", MVN)
        assert str(kafka_missing()).endswith(f"is Java {named}.")

    @pytest.mark.parametrize("version", ["17", "17.0.15", "21.0.1", "25-ea"])
    def test_nothing_with_java_and_maven(self, programs: Path, version: str) -> None:
        install_java(programs, version)
        install(programs, "mvn", MVN)
        assert kafka_missing() is None

    def test_with_a_java_that_does_not_run(self, programs: Path) -> None:
        install(programs, "java", "#!/bin/sh\necho 'version \"17.0.1\"' >&2\nexit 1\n")
        assert "does not tell its version" in str(kafka_missing())

    def test_the_java_of_java_home_comes_first(self, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        install_java(programs, "17.0.15")
        install(programs, "mvn", MVN)
        home = programs.parent / "home"
        (home / "bin").mkdir(parents=True)
        install_java(home / "bin", "11.0.2")
        monkeypatch.setenv("JAVA_HOME", str(home))
        assert str(kafka_missing()).endswith("is Java 11.0.2.")

    def test_without_maven_only_as_long_as_the_jars_are_not_there(self, programs: Path, tmp_path: Path) -> None:
        install_java(programs, "17.0.15")
        assert "no `mvn` is on the PATH" in str(kafka_missing(tmp_path))
        install(programs, "mvn", MVN)
        resolve_jars(tmp_path)
        (programs / "mvn").unlink()
        assert kafka_missing(tmp_path) is None
        assert "no `mvn` is on the PATH" in str(kafka_missing())


class TestResolveJars:
    def test_brings_them_once_into_a_folder_named_by_the_version(self, programs: Path, tmp_path: Path) -> None:
        install(programs, "mvn", MVN)
        jars = resolve_jars(tmp_path / "kafka")
        assert jars == tmp_path / "kafka" / f"lib-{kafka_version()}"
        assert resolve_jars(tmp_path / "kafka") == jars
        assert (jars / "kafka.jar").exists()
        assert (programs / "calls").read_text() == "called\n"
        assert list(jars.parent.iterdir()) == [jars]

    def test_leaves_no_half_filled_folder_and_tells_what_maven_said(self, programs: Path, tmp_path: Path) -> None:
        install(programs, "mvn", MVN + "echo '[ERROR] no route' && exit 1\n")
        with pytest.raises(KafkaDidNotStart, match=r"(?s)no route.*Check the way to the Maven repository"):
            resolve_jars(tmp_path / "kafka")
        assert list((tmp_path / "kafka").iterdir()) == []

    def test_brings_them_anew_when_the_pom_has_changed(
        self, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install(programs, "mvn", MVN)
        jars = resolve_jars(tmp_path)
        (jars / "of-the-old-pom.jar").touch()
        changed = tmp_path / "pom.xml"
        changed.write_text(kafka_jars._POM.read_text() + "<!-- changed -->")
        monkeypatch.setattr(kafka_jars, "_POM", changed)
        assert resolve_jars(tmp_path) == jars
        assert (programs / "calls").read_text() == "called\ncalled\n"
        assert not (jars / "of-the-old-pom.jar").exists()
