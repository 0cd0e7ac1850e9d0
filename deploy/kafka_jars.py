"""Whether this machine can run a Kafka broker, and the jars of it, brought by Maven as deploy/kafka/pom.xml says."""

import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

_POM = Path(__file__).with_name("kafka") / "pom.xml"
_JAVA_OLDEST = 17
_MAVEN_SECONDS = 600


class KafkaDidNotStart(RuntimeError):
    """The broker, or what it needs, could not be had; the message tells why and what to do."""


def kafka_version() -> str:
    """The version of Kafka that the POM names."""
    found = re.search(r"<kafka\.version>([\d.]+)</kafka\.version>", _POM.read_text())
    if found is None:
        raise KafkaDidNotStart(f"{_POM} names no <kafka.version>. Put it back.")
    return found[1]


def kafka_missing(folder: Path | None = None) -> str | None:
    """None, or one sentence why no Kafka can be had here. With its jars in `folder` already, Maven is not needed."""
    java = java_program()
    if java is None:
        return f"Kafka needs Java {_JAVA_OLDEST} or newer, and no `java` is in JAVA_HOME or on the PATH."
    version = _java_version(java)
    if version is None:
        return f"Kafka needs Java {_JAVA_OLDEST} or newer, and {java} does not tell its version."
    if _major(version) < _JAVA_OLDEST:
        return f"Kafka needs Java {_JAVA_OLDEST} or newer, and {java} is Java {version}."
    if shutil.which("mvn") is None and (folder is None or not _is_current(_jars_folder(folder))):
        return "Kafka's jars are brought by Maven, and no `mvn` is on the PATH."
    return None


def java_program() -> str | None:
    """The `java` to use: of JAVA_HOME if that is set, else of the PATH."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")


@functools.cache
def _java_version(java: str) -> str | None:
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+[\w.+-]*)"', answer.stderr)
    return found[1] if found and answer.returncode == 0 else None


def _major(version: str) -> int:
    """8 of "1.8.0_392", 17 of "17.0.15", 25 of "25-ea"."""
    return int(version.removeprefix("1.").replace("-", ".").partition(".")[0])


def class_archive(jars: Path, java: str) -> Path:
    """Where the classes of these jars are kept as this Java loads them fastest: an archive that a broker leaves behind.

    Measured on two busy cores: ready after 1.5 s with it, 3.6 s without. A Java that cannot use it ignores it.
    """
    return jars / f"classes-{_java_version(java)}.jsa"


def resolve_jars(folder: Path) -> Path:
    """The folder `lib-<version>` in `folder`, filled by Maven unless it is there. Raises KafkaDidNotStart."""
    jars = _jars_folder(folder)
    if _is_current(jars):
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaDidNotStart(
            "Kafka's jars are brought by Maven, and no `mvn` is on the PATH. Install Maven 3.6.3 or newer."
        )
    folder.mkdir(parents=True, exist_ok=True)
    # Filled apart and renamed, so that a half-filled folder is never used and two who resolve at once do not collide.
    fresh = Path(tempfile.mkdtemp(prefix="lib.new-", dir=folder))
    try:
        _copy_dependencies(maven, fresh)
        shutil.copy(_POM, fresh / _POM.name)
        if not _is_current(jars):
            shutil.rmtree(jars, ignore_errors=True)
            fresh.replace(jars)
    except OSError:
        if not _is_current(jars):
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return jars


def _copy_dependencies(maven: str, target: Path) -> None:
    # --strict-checksums: a damaged or altered download is an error, not a warning.
    command = [maven, "-Dstyle.color=never", "--quiet", "--batch-mode", "--strict-checksums", "--file", str(_POM)]
    command += ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target.resolve()}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_MAVEN_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise KafkaDidNotStart(
            f"Maven did not bring Kafka's jars in {_MAVEN_SECONDS} s. Check the way to the Maven repository."
        ) from None
    if answer.returncode != 0:
        errors = [line for line in (answer.stdout + answer.stderr).splitlines() if line.startswith("[ERROR]")]
        said = errors[0].removeprefix("[ERROR]").strip() if errors else f"exit code {answer.returncode}"
        raise KafkaDidNotStart(
            f"Maven could not bring Kafka's jars: {said} Check the way to the Maven repository and try again."
        )


def _jars_folder(folder: Path) -> Path:
    return folder / f"lib-{kafka_version()}"


def _is_current(jars: Path) -> bool:
    """Whether the folder was filled, and by the POM as it is now."""
    try:
        return (jars / _POM.name).read_bytes() == _POM.read_bytes()
    except OSError:
        return False
