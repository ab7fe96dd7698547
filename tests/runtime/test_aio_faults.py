"""test_faults, on the asynchronous runtime."""

from again import again

again(
    "test_faults",
    globals(),
    awaited={
        "def perform_request(method": "async def perform_request(method",
        "answer = self._send(": "answer = await self._send(",
        "return send(method": "return await send(method",
    },
)
