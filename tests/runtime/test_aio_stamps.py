"""test_stamps, on the asynchronous runtime."""

from again import again

again("test_stamps", globals())
