"""test_updates, on the asynchronous runtime."""

from again import again

again("test_updates", globals())
