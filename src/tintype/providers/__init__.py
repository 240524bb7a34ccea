"""Floor 2: whom we may call. A file is a wire; a service that speaks a known one is only a catalog file."""
