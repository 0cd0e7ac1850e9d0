"""The API process of the credentials service: `python -m services.credentials.main`."""

from services.credentials.bootstrap import ABOUT, NAME, api
from services.credentials.settings import Settings
from shared.process import serve
from shared.runtime import Runtime

if __name__ == "__main__":
    settings = Settings()
    serve(api(Runtime.of(NAME, settings)), ABOUT, settings)
