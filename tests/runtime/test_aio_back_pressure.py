"""test_back_pressure, on the asynchronous runtime."""

from again import again

again("test_back_pressure", globals())
