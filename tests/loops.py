"""Event loops in threads of their own."""

import asyncio


async def end_tasks() -> None:
    """Cancel every other task of this loop and wait until it has ended: a loop is closed without any."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
