"""Names that stand for people and places in a snapshot: the same in every year, and nobody's without the key."""

import hashlib
import hmac

from services.compensation.errors import PseudonymsCollide

KEY_LENGTH_MIN = 32
_DIGITS = 20
"""80 bits in hex: of a million people, two have one pseudonym with a probability below one in a trillion."""


class Pseudonyms:
    """HMAC-SHA-256 (RFC 2104) under the installation's key over the kind and the id, cut to 20 hex digits."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._owners: dict[str, str] = {}

    @property
    def key_mark(self) -> str:
        """Tells keys apart without telling them: snapshots with one mark can be linked person by person."""
        return self._digest("key")[:8]

    def educator(self, educator_id: str) -> str:
        """Raises PseudonymsCollide."""
        return self._of("educator", educator_id)

    def campus(self, campus_id: str) -> str:
        """Raises PseudonymsCollide."""
        return self._of("campus", campus_id)

    def district(self, district_id: str) -> str:
        """Raises PseudonymsCollide."""
        return self._of("district", district_id)

    def _of(self, kind: str, id_: str) -> str:
        labelled = f"{kind}:{id_}"
        pseudonym = self._digest(labelled)
        if self._owners.setdefault(pseudonym, labelled) != labelled:
            raise PseudonymsCollide("two people or places have one pseudonym: nothing can be told of them apart")
        return pseudonym

    def _digest(self, labelled: str) -> str:
        return hmac.new(self._key, labelled.encode(), hashlib.sha256).hexdigest()[:_DIGITS]
