"""test_write_blocks, on the asynchronous runtime."""

from again import again

again(
    "test_write_blocks",
    globals(),
    leave_out={
        "test_a_write_goes_to_what_takes_the_place_of_its_index": "it replaces a method of the blocking runtime",
    },
)
