"""What the credentials service is told from outside."""

from pathlib import Path

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`providers_file` is JSON: `{"<name>": {"adapter": "<shape>", "secrets": ["whsec_..."]}}`; re-read on change."""

    providers_file: Path
