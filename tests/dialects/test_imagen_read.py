"""What Imagen's requests mean."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tintype.core import ImageRequest, Incoming, Ratio
from tintype.core.errors import TintypeError
from tintype.dialects.imagen import dialect

from ..pictures import picture

PNG = picture()
MASK = picture(colour="#fff")
HELD = {"bytesBase64Encoded": base64.b64encode(PNG).decode(), "mimeType": "image/png"}
MASK_HELD = {"bytesBase64Encoded": base64.b64encode(MASK).decode()}


def read(body: Any) -> ImageRequest:
    return dialect.read(
        Incoming(
            path="/v1beta/models/{model:path}:predict",
            path_params={"model": "models/imagen-4.0-generate-001"},
            body=json.dumps(body).encode(),
        )
    )


@pytest.mark.parametrize("instances", [{"prompt": "a cat"}, [{"prompt": "a cat"}]])
def test_an_instance_alone_or_in_a_list(instances: Any) -> None:
    request = read({"instances": instances})
    assert (request.model, request.prompt, request.n) == ("imagen-4.0-generate-001", "a cat", 1)


@pytest.mark.parametrize(
    ("parameters", "field", "value"),
    [
        ({"sampleCount": 4}, "n", 4),
        ({"sample_count": 4}, "n", 4),
        ({"aspectRatio": "16:9", "sampleImageSize": "2K"}, "size", Ratio(16, 9, "2K")),
        ({"aspect_ratio": "3:4"}, "size", Ratio(3, 4)),
        ({"seed": 7}, "seed", 7),
        ({"negativePrompt": "dogs"}, "negative_prompt", "dogs"),
        ({"guidanceScale": 9.5}, "guidance_scale", 9.5),
        ({"outputOptions": {"mimeType": "image/jpeg"}}, "output_format", "jpeg"),
        ({"outputOptions": {"compressionQuality": 75}}, "output_compression", 75),
        (
            {"personGeneration": "ALLOW_ADULT", "addWatermark": True},
            "extras",
            {"gemini": {"parameters.personGeneration": "ALLOW_ADULT", "parameters.addWatermark": True}},
        ),
    ],
)
def test_parameters(parameters: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read({"instances": [{"prompt": "x"}], "parameters": parameters}), field) == value


@pytest.mark.parametrize(
    "instance",
    [
        {"image": HELD, "mask": {"image": MASK_HELD}},
        {
            "referenceImages": [
                {"referenceType": "REFERENCE_TYPE_RAW", "referenceId": 1, "referenceImage": HELD},
                {
                    "referenceType": "REFERENCE_TYPE_MASK",
                    "referenceImage": MASK_HELD,
                    "maskImageConfig": {"maskMode": "MASK_MODE_USER_PROVIDED"},
                },
            ]
        },
    ],
)
def test_an_edit_and_what_of_it_is_to_change(instance: dict[str, Any]) -> None:
    request = read({"instances": [{"prompt": "a hat", **instance}]})
    assert [image.as_bytes() for image in request.images] == [PNG]
    assert request.mask is not None
    assert (request.mask.as_bytes(), request.mask_is_white) == (MASK, True)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "instances"),
        ({"instances": []}, "instances"),
        ({"instances": "a cat"}, "instances"),
        ({"instances": [{"prompt": "a"}, {"prompt": "b"}]}, "instances"),
        ({"instances": {"prompt": "a", "image": {"gcsUri": "gs://x"}}}, "instances"),
        ({"instances": {"prompt": "a", "referenceImages": [{"referenceType": "x"}]}}, "instances"),
        ({"instances": {"prompt": "a"}, "parameters": {"aspectRatio": "wide"}}, "parameters.aspectRatio"),
        ({"instances": {"prompt": "a"}, "parameters": {"sampleCount": 0}}, "sampleCount"),
    ],
)
def test_what_is_wrong_is_named(body: Any, param: str) -> None:
    with pytest.raises(TintypeError) as caught:
        read(body)
    assert (caught.value.param, caught.value.status) == (param, 400)
