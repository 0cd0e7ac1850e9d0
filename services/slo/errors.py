"""What callers of the slo service can get wrong."""

from collections.abc import Sequence

from shared.kernel.errors import FieldError, RungError

MOST_FAULTS_NAMED = 1000


class SloError(RungError):
    """Base of this service's errors."""


class SloUnknown(SloError):
    """No SLO has this id. `GET /slo/v1/educators/{id}/slos` lists an educator's SLOs."""

    code = "slo-unknown"
    title = "No such SLO"
    status = 404


class EducatorUnknown(SloError):
    """The roster has brought no educator with this id; after a roster import it takes a moment."""

    code = "educator-unknown"
    title = "No such educator"
    status = 404


class EducatorNotOnRoster(SloError):
    """You are not on the roster yet, so an SLO of yours would count for nobody: ask HR to import the roster."""

    code = "educator-not-on-roster"
    title = "The educator is not on the roster"
    status = 409


class TokenNamesNoEducator(SloError):
    """An SLO belongs to an educator in person, and the token names none: use the educator's own token."""

    code = "token-names-no-educator"
    title = "The token names no educator"
    status = 403


class ReviewerIsTheEducator(SloError):
    """Nobody reviews, amends or scores an SLO of their own: another reviewer of the campus has to."""

    code = "reviewer-is-the-educator"
    title = "It is your own SLO"
    status = 403


class SloLocked(SloError):
    """Only a draft or a returned SLO can be revised: ask a reviewer to return it, or later to amend its targets."""

    code = "slo-locked"
    title = "The SLO is locked"
    status = 409


class SloAlreadySubmitted(SloError):
    """The SLO was submitted before, and nothing more is needed; it can be submitted again once it is returned."""

    code = "slo-already-submitted"
    title = "The SLO is submitted already"
    status = 409


class SloIncomplete(SloError):
    """Parts that a reviewer must see are missing; `errors` names them. Fill them in and submit again."""

    code = "slo-incomplete"
    title = "The SLO is not complete"
    status = 409


class SloNotSubmitted(SloError):
    """Only a submitted SLO can be approved or returned: read it again to see what became of it."""

    code = "slo-not-submitted"
    title = "The SLO is not submitted"
    status = 409


class SloNotApproved(SloError):
    """Only an approved SLO has locked targets that can be amended and a result that can be scored: approve it first."""

    code = "slo-not-approved"
    title = "The SLO is not approved"
    status = 409


class SloAlreadyScored(SloError):
    """The SLO has a score. It is scored again only with a reason, and its targets no longer change."""

    code = "slo-already-scored"
    title = "The SLO is scored already"
    status = 409


class RubricScoreUnknown(SloError):
    """A score names no criterion of the approval rubric or is not one of its levels; `errors` names it."""

    code = "rubric-score-unknown"
    title = "A rubric score is not of the rubric"
    status = 422


class RubricNotMet(SloError):
    """Approval needs a score for every criterion, none below the rubric's minimum. Otherwise return it, commented."""

    code = "rubric-not-met"
    title = "The approval rubric is not met"
    status = 409


class SloLinesMalformed(SloError):
    """Lines of the upload do not have the documented form; `errors` names line and field. Nothing was loaded."""

    code = "slo-lines-malformed"
    title = "Lines of the upload are malformed"
    status = 422


class PersonNotOnRoster(SloError):
    """Lines name employee numbers that the roster does not have; `errors` names them. Nothing was loaded.

    Import the roster first; after an import it takes a moment until this service has learned of it.
    """

    code = "person-not-on-roster"
    title = "A person is not on the roster"
    status = 409


class ExternalIdTaken(SloError):
    """Lines carry an `external_id` that was loaded with other content; `errors` names them. Nothing was loaded.

    A loaded SLO is corrected through its own addresses, with a reason: `/amendments`, `/score`.
    """

    code = "external-id-taken"
    title = "The external id was loaded with other content"
    status = 409


def at_line(line: int, fault: FieldError) -> FieldError:
    """A fault of one line, in the upload as a whole."""
    return FieldError(f"/lines/{line}{fault.pointer}", f"line {line}: {fault.detail}")


def refuse_lines(error: type[SloError], faults: Sequence[FieldError]) -> None:
    """Raises `error` where there are faults; it names the first thousand."""
    if faults:
        more = len(faults) - 1
        others = f" and {more} more" if more else ""
        raise error(
            f"{faults[0].detail} ({faults[0].pointer}){others}. Nothing was loaded: mend what errors names, and send "
            "all lines again",
            errors=faults[:MOST_FAULTS_NAMED],
        )
