"""test_joined_otherwise, on the asynchronous runtime."""

from again import again

again("test_joined_otherwise", globals())
