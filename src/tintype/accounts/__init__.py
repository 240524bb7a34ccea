"""Floor 2: who may ask, what they have to spend, and what was done for it. One database holds it all."""
