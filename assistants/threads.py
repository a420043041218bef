"""Django's database work beside an event loop: threads that live, each with its connection."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from django.db import close_old_connections

THREADS = 8  # connections of one process at most
T = TypeVar("T")
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="assistants")


async def in_thread(work: Callable[..., T], *arguments: Any) -> T:
    """Run ``work`` in a thread of ours; its connection is closed where it has broken."""

    def run() -> T:
        close_old_connections()
        try:
            return work(*arguments)
        finally:
            close_old_connections()

    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_threads, context.run, run)
