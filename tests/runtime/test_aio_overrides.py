"""test_overrides, on the asynchronous runtime."""

from again import again

again("test_overrides", globals())
