"""Floor 2: the services that make pictures. A file is a wire, named by the `adapter` of a catalog file."""
