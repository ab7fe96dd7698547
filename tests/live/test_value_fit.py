"""Which values a type takes, as the dry pass sees it and as servers do."""

from __future__ import annotations

import json
import secrets
from typing import Any

from recorded_documents import Server as Plain

from ecgen.live.migrate.value_fit import fits
from ecgen.testing.server import Server

NUMBERS = ["byte", "short", "integer", "long", "float", "half_float", "double"]
VALUES: dict[str, list[Any]] = {
    **{
        key: [
            "",
            "12",
            "+7",
            "-0",
            "1.",
            ".5",
            "1.5",
            "1e1",
            "1_0",
            "0x10",
            "²",
            "on",
            "1,5",
            "1L",
            True,
            1,
            -1,
            1.5,
            2**70,
            [],
            [1, "2"],
            [[3], [4.5]],
            {"a": 1},
            [None, 1],
            "2024-01-01",
        ]
        for key in NUMBERS
    },
    "date": [
        "",
        "2024",
        "2024-01",
        "2024-01-01",
        "2024-1-1",
        "2024-01-01 10:00:00",
        "20240101",
        "2024-13-01",
        "2024-02-30",
        "2024-01-01T10:00:00Z",
        "2024-01-01T10:00:00.123+01:00",
        "x",
        "1700000000000",
        1700000000000,
        True,
        {"a": 1},
        "01.02.2024",
        "2024/01/01",
    ],
    "boolean": ["", "true", "True", "on", 1, True, {"a": 1}, [True, "false"]],
    "ip": ["", "1.2.3.4", "1.2.3", "::1", "1.2.3.4/8", 1, {"a": 1}],
    "text": ["", 1, True, {"a": 1}, ["a", 1]],
}
CASES = [
    *(({"type": kind}, value) for kind, values in VALUES.items() for value in values),
    *(({"type": "long"}, value) for value in (" 12 ", "12 ", "\t3")),
    *(({"type": "integer"}, value) for value in (" 12 ", "12 ", "\t3")),
    *(({"type": kind, "coerce": False}, "") for kind in ("integer", "double")),
]


def test_as_servers_do(server: Server) -> None:
    plain, name = Plain(server.url), f"mgr-{secrets.token_hex(4)}"
    properties = {f"f{number}": mapping for number, (mapping, _) in enumerate(CASES)}
    mappings = {"dynamic": False, "properties": properties}
    plain.ok("PUT", f"/{name}", {"settings": {"number_of_replicas": 0}, "mappings": mappings})
    try:
        taken = [
            plain.ask("POST", f"/{name}/_doc", {f"f{number}": value})[0] < 300
            for number, (_, value) in enumerate(CASES)
        ]
    finally:
        plain.ok("DELETE", f"/{name}")
    wrong = [
        json.dumps([*case, "taken" if was else "refused"])
        for case, was in zip(CASES, taken, strict=True)
        if fits(*case) != was
    ]
    assert wrong == []
