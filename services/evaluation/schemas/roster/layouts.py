"""The columns of the files, as the CSV binding 1.2.1 gives them, in their order."""

from collections.abc import Mapping

from services.evaluation.domain.roster import RosterFile
from services.evaluation.schemas.tabular import Layout

_LEAD = "sourcedId status dateLastModified"

HIRED_ON = "metadata.hiredOn"
"""Our extension of users.csv: the first day of the employment."""

FULL_TIME_EQUIVALENT = "metadata.fullTimeEquivalent"
"""Our extension of roles.csv: the share of a full position, like 0.50; without it a role is a full one."""

LAYOUTS: Mapping[RosterFile, Layout] = {
    file: Layout(tuple(f"{_LEAD} {columns}".split()), allows_metadata=True)
    for file, columns in {
        RosterFile.ORGS: "name type identifier parentSourcedId",
        RosterFile.SESSIONS: "title type startDate endDate parentSourcedId schoolYear",
        RosterFile.COURSES: "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes",
        RosterFile.CLASSES: (
            "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects "
            "subjectCodes periods"
        ),
        RosterFile.USERS: (
            "enabledUser username userIds givenName familyName middleName identifier email sms phone agentSourcedIds "
            "grades password userMasterIdentifier preferredGivenName preferredMiddleName preferredFamilyName "
            "primaryOrgSourcedId pronouns"
        ),
        RosterFile.ROLES: "userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId",
        RosterFile.ENROLLMENTS: "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
    }.items()
}
