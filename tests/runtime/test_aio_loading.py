"""test_loading, on the asynchronous runtime."""

from again import again

again("test_loading", globals())
