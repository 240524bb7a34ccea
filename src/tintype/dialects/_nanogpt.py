"""What NanoGPT's image APIs have in common: the answer with its bill, the limits on pictures sent, the errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ..core import Answer, Completed, Delivery, Image, ImageRequest, Octets, Report
from ..core.errors import TintypeError, TooLarge
from ..core.money import MILLION, Micros
from ..wire import payload

MAX_REFERENCE_BYTES = 31_457_280
"""Of one `input_references` picture, as its discovery prints it."""

# NanoGPT's words for what we call otherwise; of errors about `param`, or about anything.
_CODES = {
    ("missing_required_parameter", "image"): "missing_image_input",
    ("unsupported_parameter", "image"): "image_input_not_supported",
    ("request_too_large", None): "image_input_too_large",
    ("invalid_multipart", None): "invalid_multipart_body",
    ("moderation_blocked", None): "content_policy_violation",
    ("no_image", None): "empty_response",
    ("invalid_body", None): "invalid_json",
    ("invalid_value", None): "invalid_parameter_value",
    ("invalid_type", None): "invalid_parameter_value",
}
_TYPES = {
    401: "authentication_error",
    403: "permission_denied_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "server_error",
    503: "service_unavailable",
}


def document(request: ImageRequest, pictures: Sequence[Completed], report: Report) -> Iterator[Octets]:
    """`created`, the pictures, and what they cost.

    An account without a balance of its own is told zero: clients need a number.
    A price that is not known is told as 0, since clients need a number, and the caller is told so.
    """
    unknown = f"the price of {report.model} is not known, and `cost` says 0 for it"
    if report.cost is None and unknown not in report.notices:
        report.notices.append(unknown)
    items = (_item(picture.image, as_url=request.response_format == "url") for picture in pictures)
    bill = {
        "cost": usd(report.cost or 0),
        "paymentSource": "USD",
        "remainingBalance": usd(report.balance or 0),
    }
    return payload.object_around({"created": report.created}, "data", items, bill)


def _item(image: Image, *, as_url: bool) -> Iterator[Octets]:
    """Exactly one of the two, and nothing else. A picture without an address comes as base64 after all."""
    if image.url is not None and (as_url or not image.is_local):
        yield msgspec.json.encode({"url": image.url})
    else:
        yield from payload.object_with({}, "b64_json", image.as_base64())


def usd(amount: Micros) -> int | float:
    """Dollars as a JSON number.

    >>> usd(65_510), usd(2_000_000), usd(0)
    (0.06551, 2, 0)
    """
    return amount // MILLION if amount % MILLION == 0 else amount / MILLION


def check_weights(request: ImageRequest, limit: int, said: str) -> None:
    """Refuse pictures of more than `limit` bytes, which is told as `said`."""
    for number, image in enumerate((*request.images, *filter(None, [request.mask])), 1):
        if image.weight() > limit:
            raise TooLarge(
                f"Image {number} has {image.weight() / 1e6:.1f} MB, and uploads must be {said} or smaller. "
                "Compress or resize it before sending.",
                param="image",
                code="image_input_too_large",
            )


def _without_alpha(mask: Image) -> bool:
    """Whether a mask can have no transparent part, so that it must be meant in black and white."""
    kind = mask.header().format
    if kind != "png":
        return kind == "jpeg"
    head = bytes(mask.as_bytes()[:4096])
    return head[25:26] in (b"\0", b"\2") and b"tRNS" not in head  # the colour types grey and RGB


def as_meant(request: ImageRequest, *, model: str, n: int) -> ImageRequest:
    """The request with NanoGPT's defaults, and its mask in NanoGPT's sense where it can be in no other."""
    white = request.mask is not None and (request.mask_is_white or _without_alpha(request.mask))
    # Strict handling is the model's own vendor's, and OpenAI's models know no `response_format`.
    usual: Delivery | None = None if request.strict else "b64_json"
    wanted = usual if request.response_format in (None, "b64_json") else request.response_format
    return replace(request, model=model, n=n, mask_is_white=white, response_format=wanted)


def error_words(error: TintypeError, *, param: str) -> dict[str, Any]:
    """The error as OpenAI writes it, the name of the field at fault under `param`."""
    code = _CODES.get((error.code, error.param)) or _CODES.get((error.code, None)) or error.code
    usual = "api_error" if error.status >= 500 else "invalid_request_error"
    words = {"message": str(error), "type": _TYPES.get(error.status, usual), "code": code}
    return words | ({param: error.param} if error.param else {})


def balance_error(error: TintypeError) -> Answer:
    """What every route answers to a caller who cannot pay."""
    return told({"error": str(error), "status": error.status}, status=error.status)


def told(document: Any, *, status: int = 200) -> Answer:
    return Answer(body=msgspec.json.encode(document), status=status)
