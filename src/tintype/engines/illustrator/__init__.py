"""An illustrator, not a neural model: it reads a prompt and draws it as a layered vector scene.

The same commission gives the same pixels, on any run and any machine of one kind.
"""

from __future__ import annotations
