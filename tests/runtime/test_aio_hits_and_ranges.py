"""test_hits_and_ranges, on the asynchronous runtime."""

from again import again

again("test_hits_and_ranges", globals())
