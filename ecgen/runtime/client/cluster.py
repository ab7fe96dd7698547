"""Cluster: the part of a namespace that sends no requests: configuration, prefix and registered classes."""

from __future__ import annotations

import copyreg
import functools
import inspect
import threading
import weakref
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from ..errors import NamespaceConnectionError
from .configuration import (
    Sealed,
    client_arguments,
    hide_in_logs,
    is_client,
    masked,
    scrubbed_error,
    secrets_in,
)
from .forks import renew_client_in_children, renew_lock_in_children
from .serializers import fast_serializers
from .spoken import speaking_node_class

# A model class; documents know their cluster, and a cluster nothing of documents.
D = TypeVar("D")


class Cluster:
    """The common base of blocking and asynchronous namespaces. `Namespace` documents the arguments."""

    is_async: ClassVar[bool]

    write_pause: float = 30.0
    """Seconds that a write waits for a write-blocked index, and a bulk for a busy or unreachable server."""

    def __init__(self, name: str, es_conf: Any, index_prefix: str | None = None) -> None:
        self.name = name
        self._index_prefix = f"{name}_" if index_prefix is None else index_prefix
        self._lock = threading.RLock()
        renew_lock_in_children(self)
        self._classes: dict[type[Any], type[Any]] = {}
        self.es_conf = es_conf
        _clusters[self.is_async, name] = self

    def __repr__(self) -> str:
        return f"<Namespace {self.name!r} prefix {self.index_prefix!r} at {self.get_es_url()}>"

    @property
    def es_conf(self) -> Any:
        """Return the configuration; assigning another drops the client. Its secrets are masked when it is printed."""
        return masked(self._conf.open)

    @es_conf.setter
    def es_conf(self, conf: Any) -> None:
        _refuse_other_kind(conf, self.is_async)
        with self._lock:
            self._conf = Sealed(conf)
            self._forget_clients()
            self.refuses_to_show_vectors_until = 0.0  # a time.monotonic(); set by vectors.py
            self.members: dict[str, tuple[float, frozenset[str] | None]] = {}  # set by places.py
            # Indices that a write has waited for without success; set by patience.py.
            self.blocked_in_vain: set[str] = set()
            self.known_indices: set[str] = set()  # those that are known to exist
            # Names that a bulk found not to be aliases; set by bulk_send.py.
            self.plain_indices: set[str] = set()

    def _forget_clients(self) -> None:
        raise NotImplementedError

    @property
    def index_prefix(self) -> str:
        """Return the prefix of index names, after `ecgen.runtime.namespace._global_prefix`."""
        raise NotImplementedError

    def _new_client(self, https: bool = False) -> Any:
        """Return a new client, or the ready one that was given; errors as of `get_es`."""
        if self._conf.open is None:
            raise NamespaceConnectionError(
                f"namespace {self.name!r} is not connected: call connect(conf) first, "
                "or give the namespace an es_conf"
            )
        made = self._client_or_failure(https)
        if isinstance(made, Exception):
            # Here, where no local variable holds the configuration: some tracebacks show them.
            raise made
        return made

    def _client_or_failure(self, https: bool) -> Any:
        conf = self._conf.open
        if is_client(conf):
            return renew_client_in_children(conf)
        import elasticsearch

        try:
            arguments = client_arguments(conf, https)
            hide_in_logs(secrets_in(conf))
            if "serializer" not in arguments and "serializers" not in arguments:
                arguments["serializers"] = fast_serializers()
            make: Any = elasticsearch.Elasticsearch
            http = "urllib3"
            if self.is_async:
                make, http = elasticsearch.AsyncElasticsearch, "aiohttp"
            arguments["node_class"] = speaking_node_class(arguments.get("node_class", http))
            return renew_client_in_children(make(**arguments))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again below
            # The client's message shows the offending URL or value. A similar message replaces it; it is not the cause,
            # because a traceback prints causes too.
            return scrubbed_error(error, secrets_in(conf))

    def _is_given(self, client: Any) -> bool:
        return self._conf.open is client

    def get_es_url(self, https: bool = False) -> str:
        """Return the hosts of the namespace without credentials, for messages."""
        conf = self._conf.open
        if conf is None:
            return "nowhere"
        if is_client(conf):
            return ", ".join(node.base_url for node in conf.transport.node_pool.all())
        try:
            arguments = client_arguments(conf, https)
        except (TypeError, ValueError):
            return "an unusable configuration"
        return ", ".join(map(_shown_host, arguments.get("hosts", ()))) or "the given cloud"

    # Models.

    def register_model_class(self, model_class: type[D]) -> type[D]:
        """Return the model class bound to this namespace: a subclass named `<namespace>_<Model>`, the same at every
        call.

        `_default` binds the class itself. Classes that it joins are loaded from this namespace, without explicit
        registration.
        """
        given: Any = model_class
        if given._es_namespace.is_async is not self.is_async:
            kind = "asynchronous" if self.is_async else "blocking"
            raise TypeError(f"namespace {self.name!r} is {kind}, {given.__name__} is not")
        if self.name == "_default":
            given._es_namespace = self
            return model_class
        origin: Any = getattr(given, "_registered_from", None) or given
        with self._lock:
            known: type[D] | None = self._classes.get(origin)
            if known is None:
                body = {
                    "__slots__": (),
                    "__module__": origin.__module__,
                    "__doc__": origin.__doc__,
                    "_es_namespace": self,
                    "_registered_from": origin,
                }
                made_by: Any = type(origin)
                known = _picklable(made_by)(f"{self.name}_{origin.__name__}", (origin,), body)
                self._classes[origin] = known
        return known

    def class_for(self, model_class: type[D]) -> type[D]:
        """Return the class that a join of one of this namespace's classes to `model_class` loads."""
        given: Any = model_class
        if self.name == "_default" or given._es_namespace is self:
            return model_class
        return self.register_model_class(model_class)


# Pickles of registered classes: no module has them under their name.

_clusters: weakref.WeakValueDictionary[tuple[bool, str], Cluster] = weakref.WeakValueDictionary()
"""The latest namespace of each name."""


@functools.cache
def _picklable(metaclass: type[Any]) -> type[Any]:
    """Return a metaclass whose classes are pickled by the class and the namespace that they were registered from."""
    made: type[Any] = type("Registered", (metaclass,), {})
    copyreg.pickle(made, _reduced)
    return made


def _reduced(model_class: Any) -> tuple[Any, ...]:
    namespace, origin = model_class._es_namespace, model_class._registered_from
    if "_registered_from" not in vars(model_class):  # a subclass of one, with a module of its own
        return f"{model_class.__qualname__}"  # type: ignore[return-value]
    return (registered_class, (origin, namespace.name, namespace.is_async))


def registered_class(origin: type[D], name: str, is_async: bool) -> type[D]:
    """Return the class that the namespace of that name has for `origin`; for pickles."""
    namespace = _clusters.get((is_async, name))
    if namespace is None:
        raise NamespaceConnectionError(
            f"a pickle holds a {origin.__name__} of the namespace {name!r}, which this process has not made yet"
        )
    return namespace.register_model_class(origin)


def _refuse_other_kind(conf: Any, is_async: bool) -> None:
    if not is_client(conf):
        return
    send = getattr(getattr(conf, "transport", None), "perform_request", None)
    if send is not None and inspect.iscoroutinefunction(send) is not is_async:
        needed, other = "Elasticsearch", "ecgen.runtime.aio"
        if is_async:
            needed, other = "AsyncElasticsearch", "ecgen.runtime"
        raise TypeError(f"this needs an {needed}; {type(conf).__name__} is for {other}")


def _shown_host(host: Any) -> str:
    if isinstance(host, str):
        scheme, _, rest = host.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"
    if isinstance(host, Mapping):
        return f"{host['scheme']}://{host['host']}:{host['port']}{host.get('path_prefix', '')}"
    return f"{host.scheme}://{host.host}:{host.port}"
