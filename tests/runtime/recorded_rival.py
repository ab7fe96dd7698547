"""Write recorded_rival.json, what elastic_connect 0.2.3 does: `python recorded_rival.py CHECKOUT > recorded_rival.json`.

It is on no package index and needs a client and servers that are long gone, so its own code runs on a client that answers from
a dictionary and notes each call. CHECKOUT is a copy of its source.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

DOCUMENTS = {
    "rival_makers": {f"m{n}": {"name": f"Maker {n}", "country": "DE"} for n in range(3)},
    "rival_chairs": {
        f"c{n}": {"name": f"Chair {n}", "price": n, "maker": f"m{n}", "spare": "m0"}
        for n in range(3)
    },
}


class Client:
    """A stand-in for Elasticsearch(…)."""

    calls: list[list[Any]] = []

    def __init__(self, *conf: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name == "indices":
            return self

        def call(**arguments: Any) -> Any:
            Client.calls.append([name, json.loads(json.dumps(arguments))])
            stored = DOCUMENTS.get(arguments.get("index", ""), {})
            hits = [{"_id": id, "_source": source, "sort": [id]} for id, source in stored.items()]
            if name == "search":
                return {"hits": {"hits": hits}}
            if name == "get":
                return {"_id": arguments["id"], "_source": stored[arguments["id"]]}
            return {"_id": arguments.get("id", "made")}

        return call


def recorded() -> dict[str, Any]:
    calls = Client.calls
    ec: Any = importlib.import_module("elastic_connect")

    class Maker(ec.Model):  # type: ignore[misc]
        __slots__ = ("country", "name")
        _meta = {"_doc_type": "rival_makers"}
        _mapping = {name: ec.Keyword(name) for name in ("id", "name", "country")}

    class Chair(ec.Model):  # type: ignore[misc]
        __slots__ = ("maker", "name", "price", "spare")
        _meta = {"_doc_type": "rival_chairs"}
        _mapping = {name: ec.Keyword(name) for name in ("id", "name", "price")}
        _mapping |= {
            name: ec.SingleJoin(name, source="rivals.Chair", target="rivals.Maker")
            for name in ("maker", "spare")
        }

    rivals: Any = types.ModuleType("rivals")
    rivals.Maker, rivals.Chair = Maker, Chair
    sys.modules["rivals"] = rivals
    ec.connect([{"host": "localhost"}])

    def during(action: Any) -> list[list[Any]]:
        calls.clear()
        action()
        return list(calls)

    chairs = Chair.all()
    modules = [importlib.import_module(f"elastic_connect.{each.name}") for each in pkgutil.iter_modules(ec.__path__) if each.name != "testing"]  # fmt: skip
    functions = [
        function
        for module in modules
        for _, owner in [("", module), *inspect.getmembers(module, inspect.isclass)]
        for _, function in inspect.getmembers(owner, inspect.isfunction)
    ]
    chairs[0].name = "Stool"
    return {
        "signatures": {
            name: str(inspect.signature(getattr(Chair, name))) for name in ("find_by", "get", "all")
        },
        "joins": sorted(name for name in ec.__all__ if "Join" in name),
        "methods": sorted(name for name in vars(ec.Model) if not name.startswith("_")),
        "coroutines": sum(map(inspect.iscoroutinefunction, functions)),
        "mapping": Chair.get_es_mapping(),
        "find by a field": during(lambda: Chair.find_by(name="Stool")),
        "find by a query string": during(lambda: Chair.find_by(query="name:Stool")),
        "save of a changed name": during(chairs[0].save),
        "joins of three documents": during(lambda: [chair._lazy_load() for chair in chairs]),
        "create_mappings": during(lambda: ec.create_mappings([Chair])),
    }


def main(checkout: str) -> None:
    sys.path.insert(0, checkout)
    client: Any = types.ModuleType("elasticsearch")
    client.Elasticsearch = Client
    client.exceptions = types.ModuleType("elasticsearch.exceptions")
    sys.modules |= {"elasticsearch": client, "elasticsearch.exceptions": client.exceptions}
    sys.modules.setdefault("requests", types.ModuleType("requests"))
    log = ["git", "-C", checkout, "log", "--date=format:%Y", "--format=%h %ad %s"]
    commits = subprocess.run(log, capture_output=True, text=True, check=True).stdout.splitlines()
    server = next(
        line.split()[-1]
        for line in (Path(checkout) / "docker-compose.yml").read_text().splitlines()
        if "image:" in line
    )
    sys.stdout, out = sys.stderr, sys.stdout  # it prints
    facts = {
        "commit": commits[0],
        "years": [commits[-1].split()[1], commits[0].split()[1]],
        "tested on": server,
        **recorded(),
    }
    print(json.dumps(facts, indent=1), file=out)


if __name__ == "__main__":
    main(sys.argv[1])
