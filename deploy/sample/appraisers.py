"""Who appraises whom: a campus's principal and assistant principals; a principal by one of a neighbouring campus."""

from collections import defaultdict
from random import Random

from deploy.sample.model import Educator, Network, Role

# An educator mostly keeps one appraiser through the year.
_STAYS_WITH_THE_SAME = 0.75


class Appraisers:
    """The appraisers of each campus. They stay the whole year, so any of them may be asked on any day."""

    def __init__(self, network: Network) -> None:
        self._principals: dict[str, str] = {}
        self._teams: dict[str, list[str]] = defaultdict(list)
        self._neighbours: dict[str, str] = {}
        self.everyone = tuple(
            educator for educator in network.educators if educator.role in (Role.PRINCIPAL, Role.ASSISTANT_PRINCIPAL)
        )
        for educator in self.everyone:
            self._teams[educator.home.identifier].append(educator.employee_number)
            if educator.role is Role.PRINCIPAL:
                self._principals[educator.home.identifier] = educator.employee_number
        for district in network.districts:
            campuses = [campus.identifier for campus in network.campuses if campus.district == district]
            for at, campus in enumerate(campuses):
                self._neighbours[campus] = self._principals[campuses[(at + 1) % len(campuses)]]

    def choose(self, rng: Random, educator: Educator, campus: str) -> str:
        """The employee number of an appraiser of `educator` on `campus`, never the educator."""
        if educator.role is Role.PRINCIPAL:
            return self._neighbours[campus]
        if educator.role is Role.ASSISTANT_PRINCIPAL:
            return self._principals[campus]
        team = self._teams[campus]
        usual = team[int(educator.employee_number[1:]) % len(team)]
        return usual if rng.random() < _STAYS_WITH_THE_SAME else rng.choice(team)
