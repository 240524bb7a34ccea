"""google-genai: version 3 asks below /v1, version 2 below /v1beta."""

from checks import ADDRESS, PICTURE, PROMPT, check, expect, kind_of, raises, size_of
from google import genai
from google.genai import errors, types

ROW = "google-genai (Python)"
MODEL = "gemini-3-pro-image"

client = genai.Client(api_key="any", http_options=types.HttpOptions(base_url=ADDRESS))
enterprise = genai.Client(vertexai=True, api_key="any", http_options=types.HttpOptions(base_url=ADDRESS))
picture = types.Part.from_bytes(data=PICTURE.read_bytes(), mime_type="image/png")


def pictures(reply) -> list[bytes]:
    return [part.inline_data.data for part in reply.candidates[0].content.parts if part.inline_data]


def draw(contents, **config):
    return client.models.generate_content(
        model=MODEL,
        contents=contents,
        config=types.GenerateContentConfig(response_modalities=["IMAGE"], **config),
    )


@check(ROW, "models", "models.list, models.get")
def _():
    assert f"models/{MODEL}" in [model.name for model in client.models.list()]
    expect(client.models.get(model=MODEL).name, f"models/{MODEL}")


@check(ROW, "generate", "generate_content, 16:9")
def _():
    reply = draw(PROMPT, image_config=types.ImageConfig(aspect_ratio="16:9"))
    expect([size_of(data) for data in pictures(reply)], [(1376, 768)])
    expect(reply.candidates[0].finish_reason.name, "STOP")
    assert reply.usage_metadata.candidates_token_count > 0


@check(ROW, "generate", "generate_content, words and pictures")
def _():
    reply = client.models.generate_content(model=MODEL, contents=PROMPT)
    assert pictures(reply)


@check(ROW, "generate", "Imagen, by :predict of the enterprise platform")
def _():
    reply = enterprise.models.generate_images(
        model="imagen-4.0-generate-001",
        prompt=PROMPT,
        config=types.GenerateImagesConfig(number_of_images=2, aspect_ratio="1:1"),
    )
    expect([kind_of(made.image.image_bytes) for made in reply.generated_images], ["png", "png"])


@check(ROW, "edit", "a picture and words")
def _():
    assert pictures(draw([picture, "add a hat"]))


@check(ROW, "several", "two pictures and words")
def _():
    assert pictures(draw([picture, picture, "combine them"]))


@check(ROW, "stream", "generate_content_stream")
def _():
    found = []
    for chunk in client.models.generate_content_stream(model=MODEL, contents=PROMPT):
        if chunk.candidates and chunk.candidates[0].content:
            found += pictures(chunk)
    assert found


@check(ROW, "generate", "asynchronous")
async def _():
    reply = await client.aio.models.generate_content(model=MODEL, contents=PROMPT)
    assert pictures(reply)


@check(ROW, "generate", "interactions.create")
def _():
    reply = client.interactions.create(model=MODEL, input=PROMPT, response_modalities=["image"])
    contents = [each for step in reply.steps or [] for each in getattr(step, "content", None) or []]
    assert any(each.type == "image" for each in contents), reply


@check(ROW, "errors", "a model that is not there")
def _():
    error = raises(
        errors.ClientError, lambda: client.models.generate_content(model="gemini-9", contents=PROMPT)
    )
    expect((error.code, error.status), (404, "NOT_FOUND"))


@check(ROW, "errors", "a shape that there is not")
def _():
    error = raises(
        errors.ClientError,
        lambda: draw(PROMPT, image_config=types.ImageConfig(aspect_ratio="one by two")),
    )
    expect((error.code, error.status), (400, "INVALID_ARGUMENT"))
