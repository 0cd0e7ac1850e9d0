"""The status of a statement in a sentence: whether the amount can change, and where the money is."""

from services.compensation.domain import Progress, StatementStatus
from services.compensation.policy.words.texts import dollars

_STANDING = {
    StatementStatus.ESTIMATE: "The plan year is not closed: this is an estimate, and changes with what comes in.",
    StatementStatus.FINAL: "The plan year is closed: only late evidence and corrections still change the amount.",
    StatementStatus.PAID: "Payroll has confirmed every cent.",
}


def why(progress: Progress, *, tells_recoveries: bool) -> str:
    """Why the status is what it is, and where the money is; what recoveries take back is not for everybody."""
    parts = [_STANDING[progress.status]]
    if progress.paid_cents and progress.status is not StatementStatus.PAID:
        parts.append(f"{dollars(progress.paid_cents)} is paid.")
    if progress.approved_cents < 0 and tells_recoveries:
        parts.append(f"{dollars(-progress.approved_cents)} is to be taken back with a batch that is approved.")
    elif progress.approved_cents > 0:
        parts.append(f"{dollars(progress.approved_cents)} is approved for payment.")
    if progress.is_held:
        parts.append(f"{dollars(progress.held_cents)} is on hold." if progress.held_cents else "Payment is on hold.")
    elif progress.waiting_cents > 0:
        parts.append(f"{dollars(progress.waiting_cents)} waits for a payout batch.")
    if progress.waiting_cents < 0:
        parts.append(f"{dollars(-progress.waiting_cents)} more than is earned now was approved or paid.")
    if progress.waiting_cents < 0 and tells_recoveries:
        parts.append(
            "It is set off against what is earned later; else it is only taken back by a recovery that HR opens and "
            "another person approves."
        )
    if progress.to_recover_cents and tells_recoveries:
        parts.append(f"{dollars(progress.to_recover_cents)} of what was overpaid is still to be taken back.")
    if not progress.earned_cents:
        parts.append("Nothing is earned as things stand.")
    return " ".join(parts)
