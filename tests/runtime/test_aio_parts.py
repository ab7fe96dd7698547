"""test_parts, on the asynchronous runtime."""

from again import again

again("test_parts", globals())
