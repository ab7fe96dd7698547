"""test_write_blocks, on the asynchronous runtime."""

from again import again

again("test_write_blocks", globals())
