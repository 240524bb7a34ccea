"""Quiet and quick: no log line for every request of every test, and work for cores whose tests wait."""

from __future__ import annotations

import logging
import os

import pytest
import structlog

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Half as many again as there are cores: many a test waits for a server, a database or a clock."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)
