"""test_places, on the asynchronous runtime."""

from again import again

again("test_places", globals())
