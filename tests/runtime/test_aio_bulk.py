"""test_bulk, on the asynchronous runtime."""

from again import again

again(
    "test_bulk",
    globals(),
    leave_out={
        "test_an_interrupt_while_requests_are_under_way": "asyncio turns it into a cancellation",
    },
    awaited={
        "def lose_the_answer(": "async def lose_the_answer(",
        "def drop_the_line(": "async def drop_the_line(",
        "        send(method, target, **options)": "        await send(method, target, **options)",
    },
)
