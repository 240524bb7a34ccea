"""`tintype books`: whether everything that is kept of money adds up."""

from __future__ import annotations

import sys

from .opening import Config, Data, Json, print_json, settings_of, with_office


def books(json: Json = False, data: Data = None, config: Config = None) -> int:
    """Count every balance again from its entries, and every entry from its job.

    The exit code is 1 when something does not add up.
    """
    from ..server import admin_reading as reading
    from ..server.asking import Asked, Nothing

    found = with_office(
        settings_of(config, data), lambda office: reading.check_books(office, Asked({}, Nothing(), Nothing()))
    )
    if json:
        print_json(found)
    elif found.adds_up:
        print("The books add up.")
    else:
        print("\n".join(found.faults))
        print(f"tintype: {len(found.faults)} things do not add up", file=sys.stderr)
    return 0 if found.adds_up else 1
