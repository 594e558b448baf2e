"""``python -m nearfar.cli``: the same as the ``nearfar`` command."""

from nearfar.cli import main

main()
