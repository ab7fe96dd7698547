"""test_models, on the asynchronous runtime."""

from again import again

again("test_models", globals())
