"""Floor 2: which models exist and what each can do, as data: one TOML file per service."""

from .reading import Service, load, read_service

__all__ = ["Service", "load", "read_service"]
