"""Floor 2: which models exist and what each can do, as data. One TOML file per service; a fact is only written there."""

from .reading import Service, load, read_service

__all__ = ["Service", "load", "read_service"]
