"""The exceptions of the Elasticsearch client, which is imported at the first look at one of them: importing a model must not
import the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elasticsearch import *  # noqa: F403 - for type checkers it is the client itself
else:

    def __getattr__(name: str) -> Any:
        import elasticsearch

        found = globals()[name] = getattr(elasticsearch, name)
        return found
