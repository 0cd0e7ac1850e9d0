"""What two plan documents say differently: by code where parts have one, by place where they have none."""

from typing import Any

import pytest

from services.compensation.policy.differences import Difference, differences


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"b": "x/y"}, [("/a", None, 1, None), ("/b", None, None, "x/y")]),
        ({"a/b~c": 1}, {"a/b~c": 2}, [("/a~1b~0c", None, 1, 2)]),
        ({"roles": ["teacher"]}, {"roles": ["teacher", "coach"]}, [("/roles/1", None, None, "coach")]),
        (
            {"gates": [{"code": "a", "at_least": 1}, {"code": "b", "at_least": 2}]},
            {"gates": [{"code": "b", "at_least": 3}]},
            [
                ("/gates/0", "a", {"code": "a", "at_least": 1}, None),
                ("/gates/0/at_least", "b", 2, 3),
            ],
        ),
        (
            {"rungs": [{"code": "a"}, {"code": "b"}]},
            {"rungs": [{"code": "b"}, {"code": "a"}, {"code": "c"}]},
            [("/rungs", None, ["a", "b"], ["b", "a"]), ("/rungs/2", "c", None, {"code": "c"})],
        ),
        (
            {"parts": [{"code": "a", "of": [{"share": "0.5"}, {"share": "0.5"}]}]},
            {"parts": [{"code": "a", "of": [{"share": "0.4"}, {"share": "0.6"}]}]},
            [("/parts/0/of/0/share", "a", "0.5", "0.4"), ("/parts/0/of/1/share", "a", "0.5", "0.6")],
        ),
        ({"cap": {"at_most": "1.00"}}, {}, [("/cap", None, {"at_most": "1.00"}, None)]),
    ],
)
def test_each_place_is_told_once(
    earlier: dict[str, Any], later: dict[str, Any], found: list[tuple[str, str | None, Any, Any]]
) -> None:
    assert differences(earlier, later) == [Difference(*one) for one in found]
