"""test_private, on the asynchronous runtime."""

from again import again

again("test_private", globals())
