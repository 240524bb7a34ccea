"""Floor 1: things that draw on this machine. They know pictures, not the gateway."""
