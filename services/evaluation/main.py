"""The API process of the evaluation service: `python -m services.evaluation.main`."""

from services.evaluation.bootstrap import ABOUT, NAME, api
from services.evaluation.settings import Settings
from shared.process import serve
from shared.runtime import Runtime

if __name__ == "__main__":
    settings = Settings()
    serve(api(Runtime.of(NAME, settings)), ABOUT, settings)
