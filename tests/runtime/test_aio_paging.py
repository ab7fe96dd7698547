"""test_paging, on the asynchronous runtime."""

from again import again

again("test_paging", globals())
