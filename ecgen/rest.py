"""Reading a live cluster: a few GET requests, to any server from 7 on, with credentials from the environment only.

The official client is not used: it verifies the product first, which fails for a bare core server, and refuses
servers of another major version, which are often those that a team wants to migrate from.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from ecgen.diagnostics.command_error import CommandError

API_KEY: Final = "ELASTICSEARCH_API_KEY"
USERNAME: Final = "ELASTICSEARCH_USERNAME"
PASSWORD: Final = "ELASTICSEARCH_PASSWORD"  # noqa: S105 - the name of a variable
CA_CERTS: Final = "ELASTICSEARCH_CA_CERTS"
_SCHEMES: Final = ("http", "https")
_MOST: Final = 512 * 1024 * 1024


class Cluster:
    """A cluster at a URL.

    `environment` provides credentials: ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD,
    and ELASTICSEARCH_CA_CERTS, a file of certificates to trust. None of them is ever part of a message.

    Raises:
        CommandError: the URL is invalid, or contains credentials.
    """

    def __init__(
        self, url: str, environment: Mapping[str, str] = os.environ, timeout: float = 60.0
    ) -> None:
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port
        except ValueError:
            raise CommandError("--url: this is no address; write it as https://host:9200") from None
        if "@" in parts.netloc:
            raise CommandError(
                "--url: leave the credentials out of the address, where other users and logs can see them; "
                f"set {API_KEY}, or {USERNAME} and {PASSWORD}, in the environment"
            )
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise CommandError("--url: this is no address; write it as https://host:9200")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        default = {"http": 9200, "https": 443}[parts.scheme]
        self.shown = f"{parts.scheme}://{host}:{port or default}{parts.path.rstrip('/')}"
        """The address as shown in messages: without a query, which might contain secrets."""
        self.login = _authorization(environment)
        """The headers with credentials."""
        file = environment.get(CA_CERTS)
        self.certificates = {"ca_certs": file} if file and parts.scheme == "https" else {}
        """The official client's arguments about trusted certificates."""
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            **self.login,
        }
        self._timeout = timeout
        handlers: list[Any] = [_NoRedirect()]
        if parts.scheme == "https":
            handlers.append(urllib.request.HTTPSHandler(context=_tls(environment)))
        if parts.hostname in ("localhost", "127.0.0.1", "::1"):
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str, body: Any = None, missing: Any = None) -> Any:
        """Return the JSON of a path; `missing` for a 404, if it is not None.

        Raises:
            CommandError: no answer, or an error; the text says what to do.
        """
        data = None if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self.shown + path, data=data, headers=self._headers, method=method
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                content = answer.read(_MOST + 1)
        except urllib.error.HTTPError as error:
            with error:
                if missing is not None and error.code in (400, 404, 405):
                    return missing
                raise CommandError(self._refused(error, path)) from None
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise CommandError(self._unreachable(error)) from None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise CommandError(
                f"{self.shown} answers, but not with JSON; is this the address of Elasticsearch?"
            ) from None

    def bodies(self, path: str, missing: Any = None) -> dict[str, dict[str, Any]]:
        """Return the answer of `GET index` at a path: index bodies by name.

        Raises:
            CommandError: as `get`, and if the answer has another structure.
        """
        found = self.get(path, missing=missing)
        wrong = "it is not an object" if not isinstance(found, dict) else _wrong_bodies(found)
        if wrong:
            raise self.strange(path, wrong)
        bodies: dict[str, dict[str, Any]] = found
        return bodies

    def strange(self, path: str, wrong: str) -> CommandError:
        """Return the error for an answer with another structure than Elasticsearch's."""
        where = path.split("?")[0]
        return CommandError(
            f"{self.shown} answered {where} with something else than Elasticsearch does: {wrong}; "
            "is this its address, and does a proxy change the answer?"
        )

    def major(self) -> int | None:
        """Return the server's major version; None if the credentials do not allow reading it."""
        try:
            nodes = self.get("/_nodes/_local?filter_path=nodes.*.version", missing={})
            [node, *_] = nodes["nodes"].values()
            return int(node["version"].split(".")[0])
        except (CommandError, AttributeError, KeyError, TypeError, ValueError):
            return None  # the credentials forbid it, or a proxy interferes

    def indices(self, patterns: tuple[str, ...], missing_is_none: bool = False) -> dict[str, Any]:
        """Return the answer of `GET index` for names and patterns of indices, aliases and data streams.

        Hidden and system indices are omitted, unless they are named, or belong to a data stream.

        Raises:
            CommandError: as `get`, and if a name without a `*` does not exist unless `missing_is_none`.
        """
        named = ",".join(quote(pattern, safe="*") for pattern in patterns)
        # Backing indices of data streams are hidden; a pattern must still find them.
        path = f"/{named}?expand_wildcards=open,hidden"
        if missing_is_none:
            path += "&ignore_unavailable=true"
        found = self.bodies(path, missing={} if missing_is_none else None)
        for body in found.values():
            if isinstance(body.get("mappings"), dict):
                body["mappings"], _ = without_note(body["mappings"])
        if any(pattern.startswith(".") for pattern in patterns):
            return found
        return {
            name: body
            for name, body in found.items()
            if name in patterns or body.get("data_stream") or not _is_hidden(name, body)
        }

    def sample(self, index: str, size: int) -> list[dict[str, Any]]:
        """Return some documents, as hits.

        Raises:
            CommandError: as `get`.
        """
        query = {"size": size, "query": {"match_all": {}}, "track_total_hits": False}
        path = f"/{quote(index, safe='')}/_search"
        try:
            hits = self.get(path, query)["hits"]["hits"]
            return [
                hit
                for hit in hits
                if isinstance(hit.get("_source"), dict) and isinstance(hit["_id"], str)
            ]
        except (AttributeError, KeyError, TypeError):
            raise self.strange(path, "there are no hits in it") from None

    def _refused(self, error: urllib.error.HTTPError, path: str) -> str:
        reason = _reason(error)
        if error.code == 401:
            return f"{self.shown} wants credentials (401); set {API_KEY}, or {USERNAME} and {PASSWORD}, in the environment"
        # Not that of a block, such as `index.blocks.read`: 9.5.3 and 7.17.29 use this phrase.
        if error.code == 403 and "blocked by: [FORBIDDEN/" not in reason:
            return (
                f"{self.shown} does not allow it (403): the credentials lack the privilege "
                "'view_index_metadata' (and 'read', for --sample) on these indices"
            )
        where = unquote(path.split("?")[0])
        if error.code == 404:
            return f"{self.shown} has no index, alias or data stream {where.strip('/').split('/')[0]!r} (404)"
        if 300 <= error.code < 400:
            return f"{self.shown} redirects to another address ({error.code}); give that one"
        return f"{self.shown} refused {where} ({error.code}){reason}"

    def _unreachable(self, error: BaseException) -> str:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            return (
                f"{self.shown} shows a certificate that is not trusted ({reason.verify_message}); "
                f"name its CA's file in {CA_CERTS}"
            )
        if isinstance(reason, ssl.SSLError):
            return (
                f"{self.shown} does not speak TLS as expected; is it http:// rather than https://?"
            )
        if isinstance(reason, TimeoutError):
            return f"{self.shown} did not answer in {self._timeout:g} seconds"
        why = getattr(reason, "strerror", None) or type(reason).__name__
        return f"{self.shown} cannot be reached: {str(why).lower()}; is the address right, and does it run?"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuse redirects: they would send the credentials to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _authorization(environment: Mapping[str, str]) -> dict[str, str]:
    key = environment.get(API_KEY)
    user, password = environment.get(USERNAME), environment.get(PASSWORD)
    if key:
        value = f"ApiKey {key}"
    elif user:
        value = "Basic " + base64.b64encode(f"{user}:{password or ''}".encode()).decode()
    else:
        return {}
    if any(ord(char) < 32 or ord(char) > 126 for char in value):
        raise CommandError(
            f"{API_KEY if key else USERNAME}: the credentials hold a line break or no ASCII"
        )
    return {"Authorization": value}


def _tls(environment: Mapping[str, str]) -> ssl.SSLContext:
    certificates = environment.get(CA_CERTS)
    try:
        return ssl.create_default_context(cafile=certificates or None)
    except (OSError, ssl.SSLError) as error:
        raise CommandError(
            f"{CA_CERTS}: the file {certificates} cannot be read as certificates"
        ) from error


def _wrong_bodies(found: dict[str, Any]) -> str | None:
    for name, body in found.items():
        if not isinstance(body, dict):
            return f"{name!r} is not an object"
        for part in ("mappings", "settings", "aliases"):
            if not isinstance(body.get(part, {}), dict):
                return f"'{part}' of {name!r} is not an object"
        if not isinstance(body.get("settings", {}).get("index", {}), dict):
            return f"'settings.index' of {name!r} is not an object"
        if not isinstance(body.get("data_stream", ""), str):
            return f"'data_stream' of {name!r} is not a name"
    return None


def _is_hidden(name: str, body: Any) -> bool:
    settings = body.get("settings", {}).get("index", {})
    return name.startswith(".") or str(settings.get("hidden", "false")) == "true"


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        body = json.loads(error.read(65536))
        reason = body["error"]["reason"] if isinstance(body["error"], dict) else body["error"]
    except (ValueError, KeyError, TypeError, OSError):
        return ""
    return f": {str(reason)[:300]}"


def without_note(mappings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a mapping without `_meta.ecgen`, and that entry."""
    meta = mappings.get("_meta")
    if not isinstance(meta, dict) or not isinstance(meta.get("ecgen"), dict):
        return mappings, {}
    rest = {name: value for name, value in meta.items() if name != "ecgen"}
    plain = {name: value for name, value in mappings.items() if name != "_meta"}
    return ({**plain, "_meta": rest} if rest else plain), meta["ecgen"]
