"""test_doubts, on the asynchronous runtime."""

from again import again

again(
    "test_doubts",
    globals(),
    awaited={
        "def perform_request(method": "async def perform_request(method",
        "return send(method": "return await send(method",
    },
)
