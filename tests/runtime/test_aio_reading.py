"""test_reading, on the asynchronous runtime."""

from again import again

again("test_reading", globals())
