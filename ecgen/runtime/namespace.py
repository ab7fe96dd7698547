"""Namespaces: which cluster and which index prefix a model class lives on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .configuration import (
    Sealed,
    client_arguments,
    hide_in_logs,
    is_client,
    masked,
    scrubbed,
    secrets_in,
    with_scheme,
)
from .errors import NamespaceAlreadyExistsError, NamespaceConnectionError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from .model import Model

__all__ = [
    "Namespace",
    "connect",
    "create_mappings",
    "delete_index",
    "delete_indices",
    "get_es",
    "register_namespace",
]

M = TypeVar("M", bound="Model")

logger = logging.getLogger("ecgen.runtime")

_global_prefix = ""
"""Put before every index name of every namespace; tests set it to keep away from other indices."""

_POLL = 0.05


class Namespace:
    """A cluster and a prefix for the indices of the models registered here.

    name           unique among the registered namespaces
    es_conf        what `connect` takes; a client is made at first use
    index_prefix   put before index names; the default is `name + "_"`

    Everything may be used from several threads.
    """

    def __init__(self, name: str, es_conf: Any, index_prefix: str | None = None) -> None:
        self.name = name
        self._index_prefix = f"{name}_" if index_prefix is None else index_prefix
        self._lock = threading.RLock()
        self._classes: dict[type[Model], type[Model]] = {}
        self.es: Elasticsearch | None = None
        self.es_conf = es_conf

    def __repr__(self) -> str:
        return f"<Namespace {self.name!r} prefix {self.index_prefix!r} at {self.get_es_url()}>"

    @property
    def es_conf(self) -> Any:
        """The configuration; assigning another drops the client. It hides its secrets when it is printed."""
        return masked(self._conf.open)

    @es_conf.setter
    def es_conf(self, conf: Any) -> None:
        with self._lock:
            self._conf = Sealed(conf)
            self.es = None

    @property
    def index_prefix(self) -> str:
        """The prefix of index names, after the module's `_global_prefix`."""
        return _global_prefix + self._index_prefix

    def get_es(self) -> Elasticsearch:
        """The client, made at the first call.

        NamespaceConnectionError where nothing was configured; what the client says of a configuration that it
        refuses is raised as it is, without the secrets.
        """
        es = self.es
        if es is None:
            with self._lock:
                es = self.es
                if es is None:
                    es = self.es = self._new_client()
        return es

    def _new_client(self, https: bool = False) -> Elasticsearch:
        conf = self._conf.open
        if conf is None:
            raise NamespaceConnectionError(
                f"namespace {self.name!r} is not connected: call connect(conf) first, "
                "or give the namespace an es_conf"
            )
        if is_client(conf):
            return conf  # type: ignore[no-any-return]
        from elasticsearch import Elasticsearch

        failure: Exception
        try:
            arguments = client_arguments(conf)
            hide_in_logs(secrets_in(conf))
            return Elasticsearch(**(with_scheme(arguments, "https") if https else arguments))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again below
            # The client shows the offending URL or value. A message of the same kind takes its place, and not as its
            # cause: a traceback prints causes too.
            failure = _scrubbed_error(error, secrets_in(conf))
        raise failure

    def get_es_url(self, https: bool = False) -> str:
        """Where the namespace points to, for messages: the hosts without what logs in."""
        conf = self._conf.open
        if conf is None:
            return "nowhere"
        if is_client(conf):
            return ", ".join(node.base_url for node in conf.transport.node_pool.all())
        try:
            arguments = client_arguments(conf)
        except (TypeError, ValueError):
            return "an unusable configuration"
        if https:
            arguments = with_scheme(arguments, "https")
        return ", ".join(map(_shown_host, arguments.get("hosts", ()))) or "the given cloud"

    # Models.

    def register_model_class(self, model_class: type[M]) -> type[M]:
        """The model class bound to this namespace: a subclass named `<namespace>_<Model>`, the same at every call.

        `_default` binds the class itself. What the class joins is loaded from this namespace, without being
        registered by hand.
        """
        if self.name == "_default":
            model_class._es_namespace = self
            return model_class
        origin: type[M] = getattr(model_class, "_registered_from", None) or model_class
        with self._lock:
            known = self._classes.get(origin)
            if known is None:
                body = {
                    "__slots__": (),
                    "__module__": origin.__module__,
                    "__doc__": origin.__doc__,
                    "_es_namespace": self,
                    "_registered_from": origin,
                }
                known = type(f"{self.name}_{origin.__name__}", (origin,), body)
                self._classes[origin] = known
        return cast("type[M]", known)

    def class_for(self, model_class: type[M]) -> type[M]:
        """What a join of one of this namespace's classes to `model_class` loads."""
        if self.name == "_default" or model_class._es_namespace is self:
            return model_class
        # Reading a dict needs no lock; registering takes it.
        known = cast("type[M] | None", self._classes.get(model_class))
        return known or self.register_model_class(model_class)

    # Waiting.

    def wait_for_http_connection(
        self,
        initial_wait: float = 10.0,
        step: float = 0.1,
        timeout: float = 30.0,
        https: bool = False,
    ) -> bool:
        """Wait until a server answers; True, or NamespaceConnectionError after `timeout` seconds.

        initial_wait  seconds before the first attempt; part of `timeout`
        step          seconds between attempts
        https         speak https whatever scheme the configuration names
        """
        self._wait(
            lambda client, left: client.cluster.health(level="cluster"),
            "did not answer",
            initial_wait,
            step,
            timeout,
            https,
        )
        return True

    def wait_for_ready(
        self,
        initial_attempt: bool = True,
        initial_wait: float = 2.0,
        step: float = 0.1,
        timeout: float = 30.0,
        https: bool = False,
    ) -> Mapping[str, Any]:
        """Wait until the cluster is at least yellow and return its health; NamespaceConnectionError after `timeout` seconds.

        initial_attempt  ask once before `initial_wait`
        """
        if initial_attempt:
            try:
                health: Mapping[str, Any] = self._wait(
                    _yellow, "is not ready", 0.0, step, 0.0, https
                )
                return health
            except NamespaceConnectionError:
                if timeout <= 0:
                    raise
        health = self._wait(_yellow, "is not ready", initial_wait, step, timeout, https)
        return health

    def _wait(
        self,
        ask: Callable[[Any, float], Any],
        failure: str,
        initial_wait: float,
        step: float,
        timeout: float,
        https: bool,
    ) -> Any:
        import elasticsearch

        deadline = time.monotonic() + timeout
        client = self._new_client(https=True) if https else self.get_es()
        time.sleep(max(0.0, min(initial_wait, timeout)))
        why = ""
        while True:
            # One attempt at least, with time for an answer from near by.
            left = max(deadline - time.monotonic(), 1.0)
            try:
                return ask(client.options(request_timeout=left, max_retries=0), left)
            except (elasticsearch.AuthenticationException, elasticsearch.AuthorizationException):
                raise  # waiting will not help
            except (elasticsearch.TransportError, elasticsearch.ApiError) as error:
                why = scrubbed(str(error), secrets_in(self._conf.open))
            if time.monotonic() + step >= deadline:
                break
            time.sleep(step)
        raise NamespaceConnectionError(
            f"namespace {self.name!r}: Elasticsearch at {self.get_es_url(https)} {failure} within {timeout:g} seconds: {why}"
        )

    # Indices.

    def create_mappings(self, model_classes: Iterable[type[Model]]) -> list[str]:
        """Create the indices of the models where they are missing; returns the names of those created by this call.

        Existing indices, and aliases of the same name, are left as they are; other processes may do the same at the
        same time. What the server refuses is raised as the client's own error, with the names created so far in a note
        and in its attribute `created`.
        """
        import elasticsearch

        es = self.get_es()
        created: list[str] = []
        for model_class in model_classes:
            index = model_class.get_index()
            try:
                es.indices.create(index=index, **model_class.get_index_body())
            except elasticsearch.ApiError as error:
                if _is_taken(error):
                    logger.info("index %s exists already", index)
                    continue
                _note_created(error, index, created)
                raise
            except elasticsearch.TransportError as error:
                _note_created(error, index, created)
                raise
            logger.info("index %s created", index)
            created.append(index)
        return created

    def delete_index(self, index: str, timeout: float = 2.0) -> None:
        """Delete an index by its name as it is, without prefix, and block until it is gone.

        timeout   seconds to wait for that; TimeoutError then. 0: return at once
        """
        import elasticsearch

        es = self.get_es()
        try:
            es.indices.delete(index=index)
        except elasticsearch.ConnectionTimeout as error:
            raise TimeoutError(
                f"index {index!r} was not deleted within {timeout:g} seconds: the server did not answer"
            ) from error
        deadline = time.monotonic() + timeout
        while timeout and es.indices.exists(index=index):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"index {index!r} still exists after {timeout:g} seconds")
            time.sleep(_POLL)
        logger.info("index %s deleted", index)

    def delete_indices(self, indices: Iterable[str]) -> None:
        """Delete indices by their names as they are, without prefix, and block until they are gone."""
        for index in indices:
            self.delete_index(index)


def _yellow(client: Any, left: float) -> Any:
    # The server answers 408 when its own timeout passes, which the client raises.
    return client.cluster.health(wait_for_status="yellow", timeout=f"{max(1, int(left * 900))}ms")


def _shown_host(host: Any) -> str:
    if isinstance(host, str):
        scheme, _, rest = host.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"
    if isinstance(host, Mapping):
        return f"{host['scheme']}://{host['host']}:{host['port']}{host.get('path_prefix', '')}"
    return f"{host.scheme}://{host.host}:{host.port}"


def _scrubbed_error(error: Exception, secrets: set[str]) -> Exception:
    text = scrubbed(str(error), secrets)
    try:
        return type(error)(text)
    except Exception:  # noqa: BLE001 - a class of error that needs more than a message
        return NamespaceConnectionError(text)


def _is_taken(error: Any) -> bool:
    """Whether an index or an alias of that name is there already."""
    if error.message == "resource_already_exists_exception":
        return True
    return error.message == "invalid_index_name_exception" and "already exists as alias" in str(
        error.body
    )


def _note_created(error: Any, index: str, created: list[str]) -> None:
    error.created = list(created)
    error.add_note(
        f"creating index {index!r} failed; created before it: {', '.join(created) or 'none'}"
    )


_namespaces: dict[str, Namespace] = {"_default": Namespace("_default", None, index_prefix="")}
"""All registered namespaces by name."""

_registry_lock = threading.Lock()


def register_namespace(namespace: Namespace) -> None:
    """Enter a namespace into `_namespaces`; NamespaceAlreadyExistsError where its name is taken."""
    with _registry_lock:
        if namespace.name in _namespaces:
            raise NamespaceAlreadyExistsError(
                f"a namespace {namespace.name!r} is registered already"
            )
        _namespaces[namespace.name] = namespace


def connect(conf: Any, index_prefix: str = "") -> Namespace:
    """Set up the `_default` namespace, where every model class lives that is registered nowhere else, and return it.

    conf          a URL, a list of URLs or `{host, port, scheme}` dicts, a dict of `Elasticsearch(...)` arguments
                  (`hosts`, `cloud_id`, `api_key`, `basic_auth`, `ca_certs`, …), or a ready client
    index_prefix  put before every index name

    Nothing is sent; the first request connects.
    """
    if conf is not None and not is_client(conf):
        client_arguments(
            conf
        )  # refuses what is no configuration here rather than at the first request
    default = _namespaces["_default"]
    default.es_conf = conf
    default._index_prefix = index_prefix
    return default


def get_es() -> Elasticsearch:
    """The client of the `_default` namespace."""
    return _namespaces["_default"].get_es()


def create_mappings(model_classes: Iterable[type[Model]]) -> list[str]:
    """`Namespace.create_mappings` of the `_default` namespace."""
    return _namespaces["_default"].create_mappings(model_classes)


def delete_index(index: str, timeout: float = 2.0) -> None:
    """`Namespace.delete_index` of the `_default` namespace."""
    _namespaces["_default"].delete_index(index, timeout)


def delete_indices(indices: Iterable[str]) -> None:
    """`Namespace.delete_indices` of the `_default` namespace."""
    _namespaces["_default"].delete_indices(indices)
