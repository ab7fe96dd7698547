"""test_races, on the asynchronous runtime: in threads with an event loop each, and in tasks of one."""

import asyncio

from again import again, loop

again("test_races", globals())


def test_tasks_that_share_a_new_parent(index, server):
    parent = Parent(name="p")  # noqa: F821 - of test_races
    rows = [Row(number=number, parent=parent) for number in range(20)]  # noqa: F821

    async def save():
        await asyncio.gather(*(row.save() for row in rows))

    loop().run_until_complete(save())
    assert len(stored(Row, server)) == 20  # noqa: F821
    (only,) = stored(Parent, server).values()  # noqa: F821
    assert only["_version"] == 1


def test_a_task_that_is_cancelled_lets_the_others_go_on(index, server):
    parent = Parent(name="p")  # noqa: F821
    rows = [Row(number=number, parent=parent) for number in range(10)]  # noqa: F821

    async def save():
        tasks = [asyncio.create_task(row.save()) for row in rows]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[5].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = loop().run_until_complete(save())
    assert sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 0
    assert len(stored(Parent, server)) == 1  # noqa: F821


def test_a_coroutine_that_is_closed_waits_for_nothing(index, server):
    """As those that are left where an event loop is gone: it can await nothing more."""
    rows = [Row(number=number) for number in range(6)]  # noqa: F821

    async def save():
        before = asyncio.all_tasks()
        task = asyncio.create_task(Row.save_all(rows, chunk_size=2))  # noqa: F821
        await asyncio.sleep(0)
        task.get_coro().close()  # with a request under way
        assert all(row.id is None for row in rows)
        task.cancel()  # what it waited for may never come
        await asyncio.wait([task], timeout=5)
        await asyncio.sleep(0.05)
        assert asyncio.all_tasks() == before

    loop().run_until_complete(save())
