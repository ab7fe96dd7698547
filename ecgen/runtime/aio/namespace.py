# Made by tools/twins.py from ecgen/runtime/namespace.py. Do not edit: change that file, then run `make twins`.

"""The asynchronous twin of ecgen.runtime.namespace."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Self

from ecgen.elasticsearch.index_patterns import FIRST

from ..base_document import BaseDocument
from ..client import client_errors
from ..client.configuration import Sealed, is_client, refusal, scrubbed, secrets_in
from ..errors import IntegrityError, NamespaceAlreadyExistsError, NamespaceConnectionError
from ..index_answers import is_taken, only_behind, template_difference, template_of_model
from ..namespace import _POLL, _behind_alias, _note_created, _prefix, logger
from .primitives import Clients, sleep


class Namespace(Clients):
    """A cluster, and a prefix for the indices of the models registered in it.

    name           unique among the registered namespaces
    es_conf        the configuration, as for `connect`; the client is made at first use
    index_prefix   the prefix of index names; the default is `name + "_"`

    All methods are thread-safe. As a context manager it closes its client at the end.
    """

    @property
    def index_prefix(self) -> str:
        return _prefix() + self._index_prefix

    async def close(self) -> None:
        """Close the connections; the next request makes a new client. A client made by the program is not closed."""
        client = self._drop_client()
        if client is not None and not self._is_given(client):
            await client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    # Waiting

    async def wait_for_http_connection(
        self,
        initial_wait: float = 10.0,
        step: float = 0.1,
        timeout: float = 30.0,
        https: bool = False,
    ) -> bool:
        """Wait until a server answers; return True, or raise NamespaceConnectionError after `timeout` seconds.

        initial_wait  seconds before the first attempt; part of `timeout`
        step          seconds between attempts
        https         use https whatever the configured scheme
        """
        await self._wait(None, initial_wait, step, timeout, https)
        return True

    async def wait_for_ready(
        self,
        initial_attempt: bool = True,
        initial_wait: float = 2.0,
        step: float = 0.1,
        timeout: float = 30.0,
        https: bool = False,
    ) -> Mapping[str, Any]:
        """Wait until the cluster is at least yellow, and return its health; NamespaceConnectionError after `timeout` seconds.

        initial_attempt  also try once before `initial_wait`
        """
        if initial_attempt:
            try:
                return await self._wait("yellow", 0.0, step, 0.0, https)
            except NamespaceConnectionError:
                if timeout <= 0:
                    raise
        return await self._wait("yellow", initial_wait, step, timeout, https)

    async def _wait(
        self, status: str | None, initial_wait: float, step: float, timeout: float, https: bool
    ) -> Mapping[str, Any]:
        """Return the cluster's health once it has the status, or with None once it answers."""
        deadline = time.monotonic() + timeout
        client = self._new_client(https=True) if https else self.get_es()
        why = ""
        try:
            await sleep(max(0.0, min(initial_wait, timeout)))
            while True:
                # At least one attempt, with a second for the answer.
                left = max(deadline - time.monotonic(), 1.0)
                wanted: dict[str, Any] = {}
                if status is not None:
                    # The server answers 408 after its own timeout; the client raises that.
                    wanted = {"wait_for_status": status, "timeout": f"{max(1, int(left * 900))}ms"}
                cluster: Any = client.options(request_timeout=left, max_retries=0).cluster
                try:
                    health: Mapping[str, Any] = await cluster.health(**wanted)
                    return health
                except (
                    client_errors.AuthenticationException,
                    client_errors.AuthorizationException,
                    client_errors.BadRequestError,
                ):
                    raise  # waiting does not help
                except (client_errors.TransportError, client_errors.ApiError) as error:
                    why = scrubbed(str(error), secrets_in(self._conf.open))
                if time.monotonic() + step >= deadline:
                    break
                await sleep(step)
        finally:
            if https and not self._is_given(client):
                await client.close()
        failure = "did not answer" if status is None else "is not ready"
        raise NamespaceConnectionError(
            f"namespace {self.name!r}: Elasticsearch at {self.get_es_url(https)} {failure} within {timeout:g} seconds: {why}"
        )

    # Indices

    async def create_mappings(
        self, model_classes: Iterable[type[BaseDocument]], aliased: bool = False
    ) -> list[str]:
        """Create the missing indices of the models; return the names of those created.

        aliased   create `<name>-000001` behind an alias `<name>`, whose name is returned: `ecgen apply` can then migrate
                  without readers ever seeing a missing or a different index

        For a model over a pattern, put its index template, and create `<write_to>-000001` behind the write alias; IntegrityError
        if there is another template of that name, or one of higher priority that matches.

        Existing indices, and aliases of the same name, are left as they are; other processes may do the same concurrently. An error
        of the server is raised as the client's exception, with the names created so far in a note and in its attribute `created`.
        """
        es = self.get_es()
        created: list[str] = []
        for model_class in model_classes:
            index = model_class.get_write_index()
            try:
                if model_class._write_to:
                    is_new = await self._create_for_pattern(model_class, index, index + FIRST)
                elif not aliased:
                    is_new = await self._create_index(index, model_class.get_index_body())
                # After a migration the alias may point to a later index, and the first be deleted.
                elif await es.indices.exists(index=index):
                    is_new = False
                else:
                    is_new = await self._create_index(index + FIRST, _behind_alias(model_class))
            except (client_errors.ApiError, client_errors.TransportError, IntegrityError) as error:
                _note_created(error, index, created)
                raise
            logger.info("index %s %s", index, "created" if is_new else "exists already")
            created += [index] if is_new else []
            self.known_indices.add(index)
        return created

    async def _create_index(self, index: str, body: Mapping[str, Any]) -> bool:
        """Create an index; return whether it is new."""
        es = self.get_es()
        try:
            await es.indices.create(index=index, **body)
        except client_errors.ApiError as error:
            if not is_taken(error):
                raise
            return False
        return True

    async def _create_for_pattern(
        self, model_class: type[BaseDocument], name: str, first: str
    ) -> bool:
        """Put the index template of a model over a pattern, and create the first index behind its write alias; return
        whether one of them is new.

        An existing template is left as it is; IntegrityError if it, or one of higher priority, gives indices another form.
        """
        es, body = self.get_es(), model_class.get_index_template()
        is_new = True
        try:
            await es.indices.put_index_template(name=name, create=True, body=body)
        except client_errors.BadRequestError as error:
            if f"[{name}] already exists" not in str(error.body):
                raise
            is_new = False
        held = await es.indices.get_index_template(name=name)
        # The server's own form of both, so that spellings of settings make no difference.
        wanted = await es.indices.simulate_template(name=name, body=body)
        given = await es.indices.simulate_index_template(name=first)
        if difference := template_difference(name, body, held, wanted, given):
            if is_new:
                await es.indices.delete_index_template(name=name)
            raise IntegrityError(
                f"indices for {name!r} would not be as {model_class.__name__} says: {difference}"
            )
        if model_class._is_stream or await es.indices.exists_alias(index=name, name=name):
            return is_new
        if await self._create_index(first, {"aliases": {name: {"is_write_index": True}}}):
            return True
        if await es.indices.exists_alias(index=name, name=name):  # another process was faster
            return is_new
        raise IntegrityError(
            f"{name!r} is to be an alias, and there is an index of that name, or {first!r} without this alias: add the alias to an "
            "index with is_write_index, or delete what is there"
        )

    async def delete_index(self, index: str, timeout: float = 2.0) -> None:
        """Delete an index by its full name, without adding a prefix, and block until it is gone.

        For an alias, the indices behind it are deleted; ValueError if one of them has an alias that others may use. For `get_write_index()` of
        a model over a pattern, also its data stream and its index template. A pattern is a ValueError.

        timeout   seconds to wait, then TimeoutError; 0 returns at once
        """
        # The server would take each of these for several.
        if "*" in index or "," in index or index == "_all":
            raise ValueError(
                f"{index!r} is a pattern, and other programs may have indices that it matches; a model's own are deleted by "
                "delete_index(Model.get_write_index())"
            )
        es = self.get_es()
        self.known_indices.discard(index)
        try:
            try:
                await es.indices.delete(index=index)
            except (client_errors.BadRequestError, client_errors.NotFoundError) as error:
                template = await self._template_of(index)
                if "matches an alias" in str(error.body):
                    behind: Any = await es.indices.get_alias(index=index)
                    await es.indices.delete(index=only_behind(index, behind.body, template))
                elif not template or isinstance(error, client_errors.BadRequestError):
                    raise
                elif "data_stream" in template and await es.indices.exists(index=index):
                    await es.indices.delete_data_stream(name=index)
                if template:
                    await es.indices.delete_index_template(name=index)
        except client_errors.ConnectionTimeout as error:
            raise TimeoutError(
                f"index {index!r} was not deleted within {timeout:g} seconds: the server did not answer"
            ) from error
        deadline = time.monotonic() + timeout
        while timeout and await es.indices.exists(index=index):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"index {index!r} still exists after {timeout:g} seconds")
            await sleep(_POLL)
        logger.info("index %s deleted", index)

    async def _template_of(self, name: str) -> Mapping[str, Any]:
        """Return the index template that create_mappings put for a model over a pattern; empty if there is none."""
        es = self.get_es()
        try:
            held: Any = await es.indices.get_index_template(name=name)
        except (client_errors.NotFoundError, client_errors.AuthorizationException):
            return {}
        return template_of_model(name, held)

    async def delete_indices(self, indices: Iterable[str]) -> None:
        """Delete indices by their full names, without adding a prefix, and block until they are gone."""
        for index in indices:
            await self.delete_index(index)


_namespaces: dict[str, Namespace] = {"_default": Namespace("_default", None, index_prefix="")}
"""All registered namespaces by name."""


def register_namespace(namespace: Namespace) -> None:
    """Register a namespace; NamespaceAlreadyExistsError if its name is taken."""
    with _namespaces["_default"]._lock:
        if namespace.name in _namespaces:
            raise NamespaceAlreadyExistsError(
                f"a namespace {namespace.name!r} is registered already"
            )
        _namespaces[namespace.name] = namespace


def connect(conf: Any, index_prefix: str = "") -> Namespace:
    """Configure the `_default` namespace, which all model classes use that are not registered in another, and return it.

    conf          a URL, a list of URLs or `{host, port, scheme}` dicts, a dict of `Elasticsearch(...)` arguments
                  (`hosts`, `cloud_id`, `api_key`, `basic_auth`, `ca_certs`, …), or a client
    index_prefix  the prefix of every index name

    Sends nothing; the first request connects.
    """
    conf = Sealed(conf)  # tracebacks may show local variables
    if conf.open is not None and not is_client(conf.open) and (refused := refusal(conf)):
        raise refused  # now instead of at the first request
    default = _namespaces["_default"]
    default.es_conf = conf.open
    default._index_prefix = index_prefix
    return default


get_es = _namespaces["_default"].get_es

create_mappings = _namespaces["_default"].create_mappings

delete_index = _namespaces["_default"].delete_index

delete_indices = _namespaces["_default"].delete_indices
