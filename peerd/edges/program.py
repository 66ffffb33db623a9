"""Short-lived programs that are asked something, such as their version. Owns their processes, and leaves none."""

import asyncio
import subprocess
from collections.abc import Mapping


async def output(argv: tuple[str, ...], env: Mapping[str, str], within_s: float) -> str | None:
    """What a program prints; None where it cannot be run, fails, or takes longer."""
    try:
        child = await asyncio.create_subprocess_exec(
            *argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError:
        return None
    try:
        said, _ = await asyncio.wait_for(child.communicate(), within_s)
    except TimeoutError:
        child.kill()
        await child.wait()
        return None
    return said.decode("utf-8", "replace") if child.returncode == 0 else None
