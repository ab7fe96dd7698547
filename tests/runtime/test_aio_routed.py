"""Routed models of the asynchronous runtime, by the tests of the blocking one."""

from again import again

again("test_routed", globals())
