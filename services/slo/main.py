"""The API process of the slo service: `python -m services.slo.main`."""

from services.slo.bootstrap import ABOUT, NAME, api
from services.slo.settings import Settings
from shared.process import serve
from shared.runtime import Runtime

if __name__ == "__main__":
    settings = Settings()
    serve(api(Runtime.of(NAME, settings)), ABOUT, settings)
