"""The way into golden cases: from YAML text to cases that are valid as a whole, for one plan."""

from pydantic import ValidationError

from services.compensation.errors import PlanInvalid
from services.compensation.policy.cases.days import faults_of_days
from services.compensation.policy.cases.form import GoldenCases
from services.compensation.policy.cases.names import faults_of_names
from services.compensation.policy.document_faults import faults_of_form, placed
from services.compensation.policy.language.document import Plan
from services.compensation.policy.source_text import read_yaml


def parse_cases(source: str, plan: Plan) -> GoldenCases:
    """Read the golden cases of a plan.

    Raises PlanUnreadable where the text is not YAML, PlanInvalid where it is not cases of this plan: its `errors` name
    every fault found, each with its JSON pointer, its line and the remedy.
    """
    data, lines = read_yaml(source, references=True)
    try:
        cases = GoldenCases.model_validate(data)
    except ValidationError as error:
        found = faults_of_form(error, data, language="cases", schema=GoldenCases.model_json_schema())
    else:
        found = [*faults_of_names(cases, plan), *faults_of_days(cases, plan)]
    if found:
        detail, errors = placed(found, lines)
        raise PlanInvalid(detail, errors=errors)
    return cases
