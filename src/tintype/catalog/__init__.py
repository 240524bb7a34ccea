"""Floor 2: what the services and their models are, as data. A file is a service, and needs no Python."""

from .configured import configure
from .reading import Service, load, read_service

__all__ = ["Service", "configure", "load", "read_service"]
