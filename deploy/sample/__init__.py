"""The sample network: an invented school year of Harmony's size, for trying Rung out. See `files.write_sample`."""

from deploy.sample.build import build_sample
from deploy.sample.files import write_sample
from deploy.sample.summary import SampleSummary, TourCast

__all__ = ["SampleSummary", "TourCast", "build_sample", "write_sample"]
