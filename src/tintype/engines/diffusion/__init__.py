"""Floor 1: diffusion models on this machine's GPU or processor. torch is loaded when the first of them is."""
