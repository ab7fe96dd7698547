"""A forked child gets connections and locks of its own.

Two processes that share a socket read each other's answers, and a lock that another thread held at the fork stays
locked in the child. So nothing inherited is used, closed, locked or freed there: even closing a pool takes its lock.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

_clients: weakref.WeakSet[Any] = weakref.WeakSet()
_owners: weakref.WeakSet[Any] = weakref.WeakSet()
_inherited: list[Any] = []
"""References to what the parent's connections depend on, so that it is never freed."""


def renew_client_in_children(client: Any) -> Any:
    """Return the client itself; children forked from now on give it connections of their own."""
    _clients.add(client)
    return client


def renew_lock_in_children(owner: Any) -> None:
    """Make children that are forked from now on create `_lock` of the owner, an RLock, again."""
    _owners.add(owner)


def _in_child() -> None:
    _leave_inherited_pools_open()
    for owner in _owners:
        owner._lock = threading.RLock()
    for client in list(_clients):
        transport = getattr(client, "transport", None)  # tests pass objects that are not clients
        if hasattr(transport, "node_pool"):
            _renew(transport)


def _renew(transport: Any) -> None:
    """Replace the transport's pool by one of unconnected nodes. The client stays: it may be the program's."""
    old = transport.node_pool
    _inherited.append(old)
    transport.node_pool = type(old)(
        [node.config for node in old.all()],
        node_class=old.node_class,
        node_selector_class=type(old.node_selector),
        dead_node_backoff_factor=old.dead_node_backoff_factor,
        max_dead_node_backoff=old.max_dead_node_backoff,
    )
    if hasattr(transport, "_sniffing_lock"):
        transport._sniffing_lock = threading.Lock()
    for of_a_loop in ("_loop", "_async_library", "_sniffing_task"):  # the parent's event loop
        if hasattr(transport, of_a_loop):
            setattr(transport, of_a_loop, None)


def _leave_inherited_pools_open() -> None:
    # urllib3 closes each pool when its process ends, taking the pool's lock.
    for finalizer in list(getattr(weakref.finalize, "_registry", ())):
        held = finalizer.peek()
        if held and getattr(held[1], "__module__", "") == "urllib3.connectionpool":
            finalizer.atexit = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
