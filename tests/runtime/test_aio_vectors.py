"""test_vectors, on the asynchronous runtime."""

from again import again

again("test_vectors", globals(), awaited={"server.conf": "server.async_conf"})
