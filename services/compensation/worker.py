"""The worker process of the compensation service: `python -m services.compensation.worker`."""

from services.compensation.bootstrap import ABOUT, NAME, loops
from services.compensation.settings import Settings
from shared.process import serve, worker_app
from shared.runtime import Runtime

if __name__ == "__main__":
    settings = Settings()
    runtime = Runtime.of(NAME, settings)
    serve(worker_app(runtime, ABOUT, loops(runtime)), ABOUT, settings)
