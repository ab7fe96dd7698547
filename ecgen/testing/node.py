"""`python -m ecgen.testing.node --version 9.5.3 --port 9200`: run an Elasticsearch node until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import textwrap
import time
from pathlib import Path

from .capabilities import FIELD_EXAMPLES
from .distributions import DEFAULT_VERSION, MODULES, VERSIONS
from .embedded import EmbeddedNode
from .node_errors import NodeError


def main(arguments: list[str] | None = None) -> int:
    """Run a node until SIGINT or SIGTERM; return 0 then, 1 if the node does not start or ends, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    # Raise KeyboardInterrupt for SIGTERM too, so that both close the node, also during the start.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with EmbeddedNode(options.version, options.port, options.data, say=_say) as node:
            _say(_description(node))
            while node.running:
                time.sleep(1.0)
            print(f"{node.url} ended by itself", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        return 0
    except NodeError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ecgen.testing.node",
        description="Serve one Elasticsearch node on this machine until interrupted.",
    )
    parser.add_argument(
        "--version", default=DEFAULT_VERSION, help=f"one of {', '.join(VERSIONS)} (%(default)s)"
    )
    parser.add_argument("--port", type=int, default=9200, help="%(default)s; 0 picks a free one")
    parser.add_argument(
        "--data", type=Path, help="a folder that keeps the indices (default: they go with the node)"
    )
    return parser


def _say(text: str) -> None:
    print(text, flush=True)


def _description(node: EmbeddedNode) -> str:
    lacks = node.server.lacks
    types = sorted(lacks & FIELD_EXAMPLES.keys())
    features = sorted(lacks - FIELD_EXAMPLES.keys())
    lines = [
        f"Elasticsearch {node.version} answers at {node.url}",
        "modules: " + ", ".join(module.name for module in MODULES[node.version]),
        "field types it lacks: " + (", ".join(types) or "none"),
        "features it lacks: " + (", ".join(features) or "none"),
        "Ctrl-C ends it.",
    ]
    return "\n".join(textwrap.fill(line, 100, subsequent_indent="  ") for line in lines)


if __name__ == "__main__":
    sys.exit(main())
