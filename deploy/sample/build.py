"""From a seed to the whole sample, without touching a disk, a clock or anything else outside."""

from deploy.sample.appraisers import Appraisers
from deploy.sample.awards import build_awards, credly_awards
from deploy.sample.campuses import build_staffing
from deploy.sample.deliveries import bloomboard_deliveries, credly_deliveries
from deploy.sample.delta import build_delta
from deploy.sample.growth import build_growth_scores, build_slos
from deploy.sample.model import Sample
from deploy.sample.observations import build_observations
from deploy.sample.people import build_network

HARMONY_EDUCATORS = 3_752
DEFAULT_SEED = 2020


def build_sample(*, seed: int = DEFAULT_SEED, educators: int = HARMONY_EDUCATORS) -> Sample:
    """The sample network and its year of work. Raises ValueError below `campuses.FEWEST_EDUCATORS`."""
    network = build_network(seed, build_staffing(seed, educators))
    appraisers = Appraisers(network)
    awards = build_awards(seed, network)
    return Sample(
        seed=seed,
        network=network,
        observations=build_observations(seed, network, appraisers),
        growth_scores=build_growth_scores(seed, network),
        slos=build_slos(seed, network, appraisers),
        bloomboard=bloomboard_deliveries(seed, awards, network.strangers),
        credly=credly_deliveries(seed, credly_awards(seed, network, awards)),
        delta=build_delta(seed, network),
    )
