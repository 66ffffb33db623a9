"""Started by its path, so that it needs no installed package, only the folders it lies in."""

import os.path
import sys


def _find_peerd() -> None:
    """Put the folder of `peerd_adapters` on the path, and the one above where `peerd` itself is not beside it."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.insert(0, root)
    if not os.path.isdir(os.path.join(root, "peerd")):
        sys.path.insert(1, os.path.dirname(root))


if __name__ == "__main__":
    _find_peerd()
    from peerd_adapters.actor_tui.program import main

    sys.exit(main())
