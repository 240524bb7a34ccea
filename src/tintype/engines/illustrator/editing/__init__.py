"""The parts of an edit: what the prompt wishes, cutting out, placing, and changing the tone."""
