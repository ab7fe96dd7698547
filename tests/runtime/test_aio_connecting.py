"""test_connecting, on the asynchronous runtime."""

from again import again

again(
    "test_connecting",
    globals(),
    leave_out={
        "test_a_connection_that_failed_can_be_shown": "is of the blocking class",
        "test_every_form_connects": "gives a blocking client; test_aio.py gives the other",
        "test_threads": "each event loop has a client of its own: test_aio.py",
    },
)
