"""Coroutines in tests."""

import asyncio


def played(coroutine):
    """What a coroutine gives, on a loop of its own. The loop that the process has stays: ``asyncio.run`` drops it."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(coroutine)
