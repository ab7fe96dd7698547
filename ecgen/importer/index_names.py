"""From index names to model names: what a rollover, a date or a version put behind a name goes."""

from __future__ import annotations

import re
from typing import Final

_SUFFIXES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"[-_.]\d{6}$",  # a rollover
        r"[-_.]?(?:19|20)\d{2}[-._](?:w?\d{2}|q\d)(?:[-._]\d{2}){0,2}$",  # a day, week, month, hour
        r"[-_.](?:19|20)\d{6}(?:[-_.t]?\d{2,9}z?)?$",  # 20240131, 20240131-1259
        r"[-_.](?:19|20)\d{2}$",
        r"[-_.]\d{10}(?:\d{3})?(?:\d{4})?$",  # seconds, milliseconds (also chewy's)
        r"[-_.]?v\d+$",
        r"[-_](?:reindex(?:ed)?|blue|green|new|old|tmp)$",
    )
)
_BACKING: Final = re.compile(r"^\.ds-(.+)-\d{4}\.\d{2}\.\d{2}-\d{6}$")
_RESTORED: Final = re.compile(r"^(?:partial|restored|shrink-[^-]+)-")
_SINGULAR_AS_IT_IS: Final = frozenset(
    [
        "news",
        "series",
        "species",
        "status",
        "address",
        "analysis",
        "analytics",
        "logs",
        "metrics",
        "traces",
        "canvas",
        "corpus",
        "campus",
        "virus",
        "bonus",
        "process",
        "business",
        "access",
        "progress",
        "basis",
        "diagnosis",
        "https",
        "dns",
        "sms",
        "gps",
        "aws",
        "js",
        "css",
        "chaos",
        "kubernetes",
        "postgres",
        "redis",
        "sales",
        "goods",
        "settings",
        "stats",
        "tags",
        "lens",
        "atlas",
        "census",
        "consensus",
        "focus",
        "radius",
        "bus",
        "gas",
        "plus",
        "alias",
        "bias",
    ]
)
_ENDING_IN_E: Final = frozenset(
    ["movies", "cookies", "calories", "zombies", "selfies", "ties", "caches", "niches", "headaches"]
)
"""Plurals that lose no more than their s, though their ending is that of others."""


def base_name(index: str) -> str:
    """`shop-orders` for `shop-orders-2024.01.31-000003`; a data stream's name for its backing index."""
    backing = _BACKING.match(index)
    if backing:
        return backing[1]
    name = _RESTORED.sub("", index)
    while True:
        for suffix in _SUFFIXES:
            shorter = suffix.sub("", name)
            if shorter != name and re.search(r"[^\W\d_]", shorter):
                name = shorter
                break
        else:
            return name


def model_name(index: str) -> str:
    """`ShopOrder` for `shop-orders`. A class name of ASCII letters and digits, whatever the index is called."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", index) if word]
    if not words:
        return "Document"
    words[-1] = singular(words[-1])
    name = "".join(word[0].upper() + word[1:] for word in words)
    if name in ("None", "True", "False"):
        name += "Document"
    return (name if name[0].isalpha() else f"Index{name}")[:100]


def singular(word: str) -> str:
    """The singular of an English plural, by its ending; what is none, or might be none, stays."""
    folded = word.lower()
    if folded in _SINGULAR_AS_IT_IS or len(word) < 4 or folded.endswith(("ss", "us", "is", "ics")):
        return word
    if folded in _ENDING_IN_E:
        return word[:-1]
    if folded.endswith("es") and folded[:-2] in _SINGULAR_AS_IT_IS:
        return word[:-2]
    if folded.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if folded.endswith(("sses", "ches", "shes", "xes", "zzes")):
        return word[:-2]
    return word[:-1] if folded.endswith("s") else word
