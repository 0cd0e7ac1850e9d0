"""The worker process of the evaluation service: `python -m services.evaluation.worker`."""

from services.evaluation.bootstrap import ABOUT, NAME, loops
from services.evaluation.settings import Settings
from shared.process import serve, worker_app
from shared.runtime import Runtime

if __name__ == "__main__":
    settings = Settings()
    runtime = Runtime.of(NAME, settings)
    serve(worker_app(runtime, ABOUT, loops(runtime)), ABOUT, settings)
