"""test_overwriting, on the asynchronous runtime."""

from again import again

again("test_overwriting", globals())
