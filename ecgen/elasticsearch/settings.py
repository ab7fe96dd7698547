"""Index settings: one way to read them, however they are nested, and the defaults that servers use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from .limits import MAX_RESULT_WINDOW

SET_BY_SERVER: Final = frozenset({"uuid", "provided_name", "creation_date", "version"})
"""What the server adds to the settings of every index; a 9.5.3 node refuses an index that is created with them."""

DEFAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "number_of_shards": "1",
        "number_of_replicas": "1",
        "codec": "default",
        "hidden": "false",
        "auto_expand_replicas": "false",
        "max_result_window": str(MAX_RESULT_WINDOW),
        "mode": "standard",
        "soft_deletes.enabled": "true",
    }
)
"""Settings that servers show for an index that was created without them, as text."""


class Setting(NamedTuple):
    """One setting: its full name without `index.`, its value, and the keys that lead to it."""

    name: str
    value: Any
    keys: tuple[str, ...]


def flat(
    settings: Any, whole: Collection[str] = (), keys: tuple[str, ...] = ()
) -> Iterator[Setting]:
    """Every setting of a mapping of settings. `{"index": {"refresh_interval": …}}`, `index.refresh_interval` and
    `refresh_interval` are the same.

    Args:
        settings: as an author or a server wrote it; anything but a mapping has no settings.
        whole: names whose values are yielded as they are, such as `analysis`.
        keys: the keys that lead to `settings`.
    """
    yield from _flat(settings, whole, keys, "")


def _flat(
    settings: Any, whole: Collection[str], above: tuple[str, ...], prefix: str
) -> Iterator[Setting]:
    for key, value in settings.items() if isinstance(settings, Mapping) else ():
        name = f"{prefix}{key}".removeprefix("index.")
        keys = (*above, key)
        if name == "index":
            yield from _flat(value, whole, keys, "")
        elif name in whole or not isinstance(value, Mapping):
            yield Setting(name, value, keys)
        else:
            yield from _flat(value, whole, keys, f"{name}.")
