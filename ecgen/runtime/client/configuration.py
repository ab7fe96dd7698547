"""Normalizing a connection's configuration, and hiding its secrets.

Pure: no client is created here. A configuration is a URL, a list of URLs or `{host, port, scheme}` dicts, a dict of
`Elasticsearch(...)` keyword arguments (in which `host`, `port` and `scheme` may replace `hosts`), or a ready client.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ..errors import NamespaceConnectionError

_HOST_KEYS = {"host", "port", "scheme", "use_ssl", "path_prefix", "url_prefix"}
_SECRET_KEY = re.compile(
    r"auth|password|passwd|secret|token|api_?key|headers|client_key|cookie|credential",
    re.IGNORECASE,
)
_HIDDEN = "***"
_DEFAULT_PORTS = {"http": 9200, "https": 443}


def _is_secret(key: Any) -> bool:
    return bool(_SECRET_KEY.search(str(key)))


def is_client(conf: Any) -> bool:
    """Return whether `conf` is a ready client."""
    return hasattr(conf, "perform_request") and hasattr(conf, "search")


def client_arguments(conf: Any, https: bool = False) -> dict[str, Any]:
    """Return the keyword arguments for `Elasticsearch(...)`; every host in them is a URL or a complete dict.

    https   use https whatever the configured scheme

    TypeError for anything in none of the forms. Its message does not show the configuration.
    """
    if isinstance(conf, str | list | tuple):
        conf = {"hosts": conf}
    if not isinstance(conf, Mapping):
        raise TypeError(
            "a connection's configuration is a URL, a list of URLs or {'host': …, 'port': …} dicts, "
            f"a dict of Elasticsearch(...) arguments, or a client; not {type(conf).__name__}"
        )
    arguments = {key: value for key, value in conf.items() if key not in _HOST_KEYS}
    host = {key: value for key, value in conf.items() if key in _HOST_KEYS}
    if host and "hosts" in arguments:
        raise TypeError("a connection's configuration has both 'hosts' and 'host' or 'port'")
    if host or "hosts" in arguments:
        hosts = host or arguments["hosts"]
        hosts = [hosts] if isinstance(hosts, str | Mapping) else hosts
        arguments["hosts"] = [_host(each, https) for each in hosts]
    return arguments


def _host(host: Any, https: bool) -> Any:
    if isinstance(host, str):
        return _url(host, https)
    if not isinstance(host, Mapping):
        return host  # a NodeConfig
    known = dict(host)
    secure = known.pop("use_ssl", False)
    scheme = known.setdefault("scheme", "https" if secure else "http")
    name = known.setdefault("host", "localhost")
    if re.search(r"[@/?#\s]", str(name)):
        raise ValueError(
            "the host of a connection's configuration is a name or an address; a URL is given in the place of the dict, "
            "and what logs in as basic_auth or api_key"
        )
    port = known.get("port") or _DEFAULT_PORTS.get(scheme, 9200)
    if not str(port).isdecimal():
        raise ValueError("the port of a connection's configuration is not a number")
    known["port"] = int(port)
    if prefix := known.pop("url_prefix", None):
        known["path_prefix"] = prefix
    return {**known, "scheme": "https"} if https else known


def _url(url: str, https: bool) -> str:
    """Return the URL with the scheme and the port that the client requires."""
    if "://" not in url:
        url = "http://" + url  # an f-string would take a masked URL as it is printed
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ValueError(
            "the URL of a connection's configuration has a query, which goes nowhere; what logs in is given as "
            "basic_auth, api_key or headers beside hosts"
        )
    scheme, netloc = "https" if https else parts.scheme, parts.netloc
    # The client refuses a bad port; reading it here raises.
    if not re.search(r":[^:\]]*$", netloc.rpartition("@")[2]):
        netloc = f"{netloc}:{_DEFAULT_PORTS.get(parts.scheme, 9200)}"
    return urlunsplit(parts._replace(scheme=scheme, netloc=netloc))


def secrets_in(conf: Any) -> set[str]:
    """Return every string of `conf` that must not be shown."""
    return set(_secrets(conf, secret=False))


def _secrets(conf: Any, *, secret: bool) -> Iterator[str]:
    if isinstance(conf, str):
        if secret:
            yield conf
            yield conf.partition(":")[2]
        elif "@" in conf:
            user_info = conf.rpartition("@")[0].rpartition("//")[2]
            password = user_info.partition(":")[2]
            yield from (user_info, password, unquote(password))
        if not secret and "?" in conf:
            yield conf.partition("?")[2]
    elif isinstance(conf, Mapping):
        for key, value in conf.items():
            yield from _secrets(value, secret=secret or _is_secret(key))
    elif isinstance(conf, list | tuple):
        # basic_auth=("elastic", "password") and api_key=("id", "key"): the name before the secret may be shown
        pair = secret and len(conf) == 2
        for value in conf[1:] if pair else conf:
            yield from _secrets(value, secret=secret)


def scrubbed(text: str, secrets: set[str]) -> str:
    """Return `text` with every secret replaced by `***`, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, _HIDDEN)
    return text


def scrubbed_error(error: Exception, secrets: set[str]) -> Exception:
    """Return an error of the same type without secrets in its message, without a cause, and without a traceback."""
    text = scrubbed(str(error), secrets)
    try:
        return type(error)(text)
    except Exception:  # noqa: BLE001 - a class of error that needs more than a message
        return NamespaceConnectionError(text)


def refusal(conf: Sealed) -> Exception | None:
    """Return the error of a configuration, to be raised where no local variable holds the configuration."""
    try:
        client_arguments(conf.open)
    except (TypeError, ValueError) as error:
        return scrubbed_error(error, secrets_in(conf.open))
    return None


class _LogFilter(logging.Filter):
    """Hides the secrets of every configuration used so far in what the client logs at level DEBUG."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrubbed(record.getMessage(), self.secrets), ()
        return True


_log_filter = _LogFilter()


def hide_in_logs(secrets: set[str]) -> None:
    """Hide the secrets in the client's log: the client hides `Authorization`, but shows custom headers."""
    if secrets:
        _log_filter.secrets = _log_filter.secrets | secrets
        logging.getLogger("elastic_transport.node").addFilter(_log_filter)


class _MaskedText(str):
    """A URL that contains a password; printing it shows the rest."""

    __slots__ = ()

    def __str__(self) -> str:
        plain = str.__str__(self)
        return scrubbed(plain, secrets_in(plain))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return repr(str(self))


class _MaskedDict(dict[Any, Any]):
    def __repr__(self) -> str:
        return repr({k: _HIDDEN if v and _is_secret(k) else v for k, v in self.items()})


class Sealed:
    """Holds a configuration where `vars()` and debuggers would print it."""

    __slots__ = ("open",)

    def __init__(self, conf: Any) -> None:
        self.open = conf

    def __repr__(self) -> str:
        return "<sealed>"


def masked(conf: Any) -> Any:
    """Return `conf`, equal and usable as before, in containers that hide its secrets when printed."""
    if isinstance(conf, str):
        return _MaskedText(conf) if "@" in conf or "?" in conf else conf
    if isinstance(conf, Mapping):
        # A text that its key hides stays as it is, since the client puts some into f-strings.
        return _MaskedDict(
            {
                key: value if isinstance(value, str) and _is_secret(key) else masked(value)
                for key, value in conf.items()
            }
        )
    if isinstance(conf, list | tuple):
        return type(conf)(masked(value) for value in conf)
    return conf
