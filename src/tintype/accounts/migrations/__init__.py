"""How an older database becomes one of today. `HEAD` is the newest revision in `versions/`.

A change of schema.py needs a new file in `versions/`; the tests compare both ways to the same tables and say what
is missing.
"""

HEAD = "0003"
TABLE = "tintype_version"
"""Where a database says which revision it is of; other programs in the same database have tables of their own."""
