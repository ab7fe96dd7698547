"""test_patterns, on the asynchronous runtime."""

from again import again

again("test_patterns", globals())
