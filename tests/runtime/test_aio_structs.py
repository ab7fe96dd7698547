"""test_structs, on the asynchronous runtime."""

from again import again

again("test_structs", globals())
