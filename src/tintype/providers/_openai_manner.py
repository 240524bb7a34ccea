"""What tells one OpenAI-shaped service from another: facts of its catalog file, which the adapter goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from ..core import Access
from ..wire import openai_images as wire

_AMONG: Mapping[str, tuple[str, ...]] = {
    "edit_body": ("form", "json"),
    "shape": ("size", "ratio", "imageConfig", "aspect_ratio+resolution"),
}
_UNSAID = ("model_in_body",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """OpenAI's own, where nothing else is said.

    `family` is whose unknown fields are sent on. `key_header` carries the key; as "authorization" it is a bearer
    token. `words` is the field that says whether words beside the pictures are welcome. An `edit_body` that is "json" has its pictures as data URLs in `image` and `mask`. `shape` is how a
    model that is asked for a ratio and a tier is asked for them; all others are asked for pixels. `money_*` and
    `refusal_words` tell an empty account and a refused prompt from other errors; words are small letters.
    """

    family: str = "openai"
    key_header: str = "authorization"
    edits_path: str = wire.EDITS
    edit_body: str = "form"
    shape: str = "size"
    words: str = ""
    money_statuses: tuple[int, ...] = (402,)
    money_words: tuple[str, ...] = ("insufficient balance",)
    refusal_words: tuple[str, ...] = ()
    model_in_body: bool = True  # no: it is in the address

    @classmethod
    def of(cls, access: Access) -> Self:
        """As the options say. Raises ValueError naming the one at fault."""
        said = {}
        for name, value in access.options.items():
            if name in OPTIONS:
                try:
                    said[name] = _read(name, value, getattr(OPENAI, name))
                except ValueError as error:
                    raise ValueError(f"[provider.{access.name}]: `{name}`: {error}") from None
        return cls(**said)


def _read(name: str, value: Any, usual: Any) -> Any:
    if isinstance(usual, tuple):
        kind = type(usual[0]) if usual else str
        if not isinstance(value, list) or not all(type(each) is kind for each in value):
            raise ValueError(f"a list of {'texts' if kind is str else 'numbers'} is wanted, not {value!r}")
        return tuple(each.lower() if isinstance(each, str) else each for each in value)
    if not isinstance(value, str) or not value:
        raise ValueError(f"a text is wanted, not {value!r}")
    among = _AMONG.get(name)
    if among and value not in among:
        raise ValueError(f"{value!r} is none of {', '.join(among)}")
    return value


OPENAI = Manner()

OPTIONS = tuple(field.name for field in fields(Manner) if field.name not in _UNSAID)
"""What a catalog file or an operator may say of it."""
