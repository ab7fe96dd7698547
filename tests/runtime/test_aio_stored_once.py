"""test_stored_once, on the asynchronous runtime."""

from again import again

again("test_stored_once", globals())
