"""What one engine keeps on disk under `.rung/<engine>`: databases, log, keys, and the secrets made on first use."""

import json
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from deploy.issuer import Issuer, IssuerSettings
from deploy.server_folder import write_private
from shared.kernel.clock import SystemClock
from shared.web.webhooks import WebhookSecret

Engine = Literal["embedded", "kafka"]

_PROVIDERS = {"bloomboard": "bloomboard", "credly": "credly"}
_ISSUER = IssuerSettings(issuer="urn:rung:issuer:local", audience="urn:rung:api")


class Workspace:
    """The folder of `engine` under `root`; everything secret in it is readable by its owner alone."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self.engine = engine
        self.root = root.resolve()
        self.folder = self.root / engine
        self.keys = self.folder / "keys"

    @property
    def is_loaded(self) -> bool:
        """Whether the sample network was loaded to its end."""
        return self._loaded_mark.exists()

    def note_loaded(self) -> None:
        self._loaded_mark.touch()

    @property
    def _loaded_mark(self) -> Path:
        return self.folder / "sample-loaded"

    def database_url(self, name: str) -> str:
        """A database of the server that runs on this folder. Raises FileNotFoundError where none ever did."""
        server = self.folder / "postgres"
        password, port = ((server / part).read_text().strip() for part in ("password", "port"))
        return f"postgresql://rung:{quote(password)}@127.0.0.1:{port}/{name}"

    def issuer(self) -> Issuer:
        """The local issuer, its key made on first use."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return Issuer.open(self.keys, _ISSUER, clock=SystemClock())

    def person_key_secret(self) -> str:
        """Key of the digests that stand for people in events, made on first use."""
        return self._secret("person-key")

    def pseudonym_key(self) -> str:
        """Key of the evaluator's pseudonyms, made on first use: with another one, snapshots cannot be linked."""
        return self._secret("pseudonym-key")

    def _secret(self, name: str) -> str:
        path = self.keys / name
        if not path.exists():
            self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, secrets.token_urlsafe(32))
        return path.read_text()

    @property
    def providers_file(self) -> Path:
        """Providers with their webhook secrets, made on first use; two secrets each, as while one is being replaced."""
        path = self.keys / "providers.json"
        if not path.exists():
            self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
            providers = {
                name: {"adapter": adapter, "secrets": [WebhookSecret.generate().reveal() for _ in range(2)]}
                for name, adapter in _PROVIDERS.items()
            }
            write_private(path, json.dumps(providers, indent=1))
        return path

    def provider_secrets(self, name: str) -> list[WebhookSecret]:
        """The secrets in force for a provider. Raises KeyError where there is no such provider."""
        entry = json.loads(self.providers_file.read_text())[name]
        return [WebhookSecret.parse(secret) for secret in entry["secrets"]]
