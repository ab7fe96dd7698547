"""The two verdicts of a change, and their order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast, get_args

Server = Literal["none", "in-place", "ignored", "close-index", "reindex"]
"""What the server does with a change.

`none`: nothing to do. `in-place`: it accepts the update, and the index then is as written. `ignored`: it accepts the
update, and the index does not change. `close-index`: only a closed index accepts it. `reindex`: refused, a new index
is needed.
"""

Code = Literal["compatible", "breaking"]
"""What a change means for code that imports the models or relies on ids."""

SERVER_ORDER: tuple[Server, ...] = get_args(Server)
CODE_ORDER: tuple[Code, ...] = get_args(Code)


def worst_server(verdicts: Iterable[Server]) -> Server:
    """Return the worst of some verdicts; `none` if there are none."""
    return cast(Server, max(verdicts, key=SERVER_ORDER.index, default="none"))


def worst_code(verdicts: Iterable[Code]) -> Code:
    """Return the worst of some verdicts; `compatible` if there are none."""
    return cast(Code, max(verdicts, key=CODE_ORDER.index, default="compatible"))
