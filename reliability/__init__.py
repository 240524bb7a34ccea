"""What is promised of money, jobs and pictures, tried on the real server: killed, stormed, doubled, cut off.

    python -m reliability                 all of it: about half an hour
    python -m reliability crash --kills 20
    python -m reliability storm two away
    python -m reliability --write         and the numbers into docs/reliability.md

PostgreSQL is taken at $TINTYPE_TEST_POSTGRESQL, or at its usual port; what needs it is left out where it is not there.
"""
