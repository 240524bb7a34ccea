"""`python -m tintype` is the command `tintype`."""

from .cli import main

main()
