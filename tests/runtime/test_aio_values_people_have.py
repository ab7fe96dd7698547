"""test_values_people_have, on the asynchronous runtime."""

from again import again

again("test_values_people_have", globals())
