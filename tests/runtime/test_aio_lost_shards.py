"""test_lost_shards, on the asynchronous runtime."""

from again import again

again(
    "test_lost_shards",
    globals(),
    awaited={
        "def perform_request(method": "async def perform_request(method",
        "answer = send(": "answer = await send(",
    },
)
