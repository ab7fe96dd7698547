"""Random histories of documents, each step compared with a record of what must be stored. On real servers.

`HISTORIES=100 pytest tests/runtime/test_histories.py` runs a hundred of them.
"""

from __future__ import annotations

import os

import pytest
from histories import Free, History, Versioned

from ecgen.runtime import Namespace, create_mappings


@pytest.mark.parametrize("model", [Free, Versioned], ids=["free", "versioned"])
@pytest.mark.parametrize("seed", range(int(os.environ.get("HISTORIES", "1"))))
def test_the_server_holds_what_the_record_says(
    connected: Namespace, model: type[Free] | type[Versioned], seed: int
) -> None:
    create_mappings([model])
    history = History(model, connected.get_es(), seed)
    try:
        history.run(150)
    except BaseException as failure:
        failure.add_note("\n".join(history.told[-30:]))
        raise
