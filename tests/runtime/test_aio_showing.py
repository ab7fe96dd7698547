"""test_showing, on the asynchronous runtime."""

from again import again

again("test_showing", globals())
