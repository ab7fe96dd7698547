"""test_dotted_keywords, on the asynchronous runtime."""

from again import again

again("test_dotted_keywords", globals())
