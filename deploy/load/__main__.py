"""`python -m deploy.load [--short] [--only NAME]`: measures, writes `.rung/load.json`, `docs/load.md` and its pictures.

`--only` (repeatable) measures a part and shows it; nothing is written then. `--page` writes the page anew from what
was measured last.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from deploy.bench.setting import KEPT
from deploy.bench.stopping import FAILURES, interrupt_on_signals
from deploy.kafka_broker import kafka_missing
from deploy.load.measuring import PARTS, measure
from deploy.load.page import page
from deploy.load.pictures import draw
from deploy.load.results import Results
from deploy.load.sizes import FULL, SHORT

_RESULTS = KEPT / "load.json"
_DOCS = Path("docs")
_SHORT = KEPT / "load-short"
"""Where the short form writes: what it measures says nothing, and must not stand in the page's place."""


def write_page(results: Results, docs: Path) -> None:
    """`load.md` and the pictures in `load`, in the folder `docs`. Nobody else writes there."""
    draw(results, docs / "load")
    (docs / "load.md").write_text(page(results))


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when everything was measured, whatever came out of it."""
    parser = argparse.ArgumentParser(prog="python -m deploy.load", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, default=[], help="repeatable")
    parser.add_argument("--short", action="store_true", help="see that all can be measured; the figures mean nothing")
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    wanted = parser.parse_args(arguments)
    if wanted.page:
        write_page(Results.read(_RESULTS), _DOCS)
        return 0
    # Whatever broker the caller has: only one of its own is filled.
    os.environ.pop("RUNG_KAFKA_BOOTSTRAP", None)
    interrupt_on_signals()
    console = Console()
    if (missing := kafka_missing(KEPT / "kafka")) is not None:
        console.print(f"[bold red]Nothing can be measured on Kafka: {missing}[/]")
        return 1
    try:
        results = measure(wanted.only or PARTS, SHORT if wanted.short else FULL, console=console)
    except KeyboardInterrupt:
        console.print("Stopped; nothing was written.")
        return 130
    except FAILURES as error:
        console.print(f"[bold red]{error}[/]")
        return 1
    if wanted.only:
        console.print(page(results), markup=False, highlight=False)
        return 0
    kept, docs = (_SHORT / "load.json", _SHORT) if wanted.short else (_RESULTS, _DOCS)
    results.write(kept)
    write_page(results, docs)
    console.print(f"Written to {kept} and {docs / 'load.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
