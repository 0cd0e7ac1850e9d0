"""Checks of what only a defect of ours can break. What a caller can cause is an error, not one of these."""


class InvariantBroken(AssertionError):
    """The program is wrong: nothing was done, and nothing a caller could change would help."""


def invariant(holds: bool, statement: str) -> None:  # noqa: FBT001 - the condition is the point
    """Stop here if `holds` is false; `statement` says what should have been true."""
    if not holds:
        raise InvariantBroken(statement)
