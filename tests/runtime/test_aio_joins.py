"""test_joins, on the asynchronous runtime."""

from again import again

again("test_joins", globals())
