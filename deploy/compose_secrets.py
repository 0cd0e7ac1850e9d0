"""Makes the secret files that `docker-compose.yml` names: `python3 -m deploy.compose_secrets [FOLDER]`.

What is there stays as it is, so running it again is harmless and a file is changed by hand at any time. The folder is
its owner's alone; the files in it are readable to all, because each is mounted by itself into a container whose user
has another number.
"""

import argparse
import json
import secrets
from pathlib import Path
from urllib.parse import quote

from deploy.services import SERVICES

FOLDER = Path(__file__).resolve().parent / "compose" / "secrets"
_SERVER = "postgres:5432"


def make(folder: Path) -> list[Path]:
    """Write what is missing; tells what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    written: list[Path] = []

    def keep(name: str, content: str) -> str:
        path = folder / name
        if not path.exists():
            path.write_text(content)
            path.chmod(0o644)
            written.append(path)
        return path.read_text()

    keep("postgres_password", secrets.token_urlsafe(32))
    keep("person_key_secret", secrets.token_urlsafe(32))
    keep("pseudonym_key", secrets.token_urlsafe(32))
    keep("providers.json", json.dumps({}, indent=2) + "\n")
    for service in SERVICES:
        password = keep(f"{service}_database_password", secrets.token_urlsafe(32))
        keep(f"{service}_database_url", f"postgresql://{service}:{quote(password, safe='')}@{_SERVER}/{service}")
    return written


def main() -> None:
    """Say which files were written."""
    parser = argparse.ArgumentParser(prog="python3 -m deploy.compose_secrets", description="Make the secret files.")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    for path in make(parser.parse_args().folder):
        print(path)


if __name__ == "__main__":
    main()
