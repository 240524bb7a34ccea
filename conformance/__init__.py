"""Real clients, unmodified, against a server that this run starts: `make conformance`."""
