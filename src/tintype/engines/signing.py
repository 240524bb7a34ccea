"""Signs pictures that were drawn here (C2PA): who drew them is told, and that no byte has changed since.

What is told are facts of the drawing: the program, the model, the kind of source. Never the prompt, nor the caller.
"""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from ..core.errors import Rejected

ALGORITHMS = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")
"""Those of the C2PA specification 2.1, 13.2.1."""

OPTIONS = ("c2pa_certificate", "c2pa_key", "c2pa_algorithm", "c2pa_timestamp_url")
"""What `Signer.open` is told, by the names of the operator's settings."""

# cv.iptc.org/newscodes/digitalsourcetype (2024-10): "created purely by an algorithm not based on any sampled training
# data", and "mix or composite of several elements" for what was drawn upon a caller's picture; and both of a trained
# model: "created algorithmically using a model derived from sampled content", and a composite that has such elements.
_SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
DRAWN, COMPOSED = f"{_SOURCES}algorithmicMedia", f"{_SOURCES}composite"
TRAINED, TRAINED_UPON = (
    f"{_SOURCES}trainedAlgorithmicMedia",
    f"{_SOURCES}compositeWithTrainedAlgorithmicMedia",
)

# Each signature is checked once it is made, which takes a millisecond; nothing is fetched, and no second picture put
# into the file.
_SETTINGS = {
    "verify": {"verify_after_sign": True, "ocsp_fetch": False, "remote_manifest_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}

_log = logging.getLogger(__name__)


class Signer:
    """May be used by several threads at a time. Its repr shows no key."""

    def __init__(self, certificate: bytes, key: bytes, algorithm: str, timestamps: str = "") -> None:
        """PEM, as text: the certificate is followed by those of its issuers. Raises ValueError for what cannot sign."""
        import c2pa  # type: ignore[import-untyped]  # an extra, of a tenth of a second

        self._c2pa = c2pa
        self._context = c2pa.Context.from_dict(_SETTINGS)
        try:
            self._plain = self._signer(algorithm, certificate, key, None)
            self._stamped = self._signer(algorithm, certificate, key, timestamps) if timestamps else None
            self._signed(_TINY, "png", _manifest("tintype", DRAWN), self._plain)
        except c2pa.C2paError as error:
            raise ValueError(f"pictures cannot be signed with these files: {error}") from None

    @classmethod
    def open(cls, options: Mapping[str, Any]) -> Self | None:
        """By the settings in `OPTIONS`; None when there are none. Tries them on a tiny picture, without the network.

        Raises ValueError naming the setting that is missing or wrong.
        """
        told = {name: str(options.get(name) or "") for name in OPTIONS}
        certificate, key, algorithm, timestamps = told.values()
        if not certificate and not key:
            return None
        for name, other in (("c2pa_certificate", "c2pa_key"), ("c2pa_key", "c2pa_certificate")):
            if not told[name]:
                raise ValueError(f"`{other}` is set, and `{name}` is not: pictures are signed with both")
        algorithm = algorithm or ALGORITHMS[0]
        if algorithm not in ALGORITHMS:
            raise ValueError(
                f"`c2pa_algorithm` cannot be {algorithm!r}: it is one of {', '.join(ALGORITHMS)}"
            )
        try:
            return cls(_read("c2pa_certificate", certificate), _read("c2pa_key", key), algorithm, timestamps)
        except ImportError:
            raise ValueError(
                "`c2pa_certificate` is set, and what signs pictures is not installed: pip install 'tintype[c2pa]'"
            ) from None

    def sign(
        self, data: bytes, format: str, model: str, *, composed: bool = False, trained: bool = False
    ) -> bytes:
        """The file of the same picture, signed: "png", "jpeg" or "webp". Blocks for some milliseconds.

        `composed`: it is drawn upon pictures that a caller sent; `trained`: by a model that has been trained with
        pictures. Raises Rejected, of which the log tells more.
        """
        alone, upon = (TRAINED, TRAINED_UPON) if trained else (DRAWN, COMPOSED)
        manifest = _manifest(model, upon if composed else alone)
        try:
            if self._stamped is not None:
                try:
                    return self._signed(data, format, manifest, self._stamped)
                except self._c2pa.C2paError as error:
                    _log.warning("no time stamp for a picture, which is signed without: %s", error)
            return self._signed(data, format, manifest, self._plain)
        except self._c2pa.C2paError as error:
            _log.error("a picture could not be signed: %s", error)
            raise Rejected(
                "The picture was drawn, and could not be signed: the server's log tells why."
            ) from None

    def _signed(self, data: bytes, format: str, manifest: str, signer: Any) -> bytes:
        out = BytesIO()
        self._c2pa.Builder(manifest, context=self._context).sign(
            signer, f"image/{format}", BytesIO(data), out
        )
        return out.getvalue()

    def _signer(self, algorithm: str, certificate: bytes, key: bytes, timestamps: str | None) -> Any:
        return self._c2pa.Signer.from_info(self._c2pa.C2paSignerInfo(algorithm, certificate, key, timestamps))


def _read(setting: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"`{setting}`: {path}: {error.strerror}") from None


@cache
def _manifest(model: str, source: str) -> str:
    release = version("tintype")
    agent = {"name": model, "version": release}
    action = {"action": "c2pa.created", "digitalSourceType": source, "softwareAgent": agent}
    return json.dumps(
        {
            "claim_generator_info": [{"name": "Tintype", "version": release}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


# One grey pixel.
_TINY = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0")
    + _chunk(b"IDAT", zlib.compress(b"\0\x80"))
    + _chunk(b"IEND", b"")
)
