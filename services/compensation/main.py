"""The API process of the compensation service: `python -m services.compensation.main`."""

from services.compensation.bootstrap import ABOUT, NAME, api
from services.compensation.settings import Settings
from shared.process import serve
from shared.runtime import Runtime

if __name__ == "__main__":
    settings = Settings()
    serve(api(Runtime.of(NAME, settings)), ABOUT, settings)
