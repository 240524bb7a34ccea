"""openai-python, plain and as AzureOpenAI in the three ways that it can be set up."""

import io
import time

import openai
from checks import ADDRESS, MASK, PICTURE, PROMPT, check, expect, kind_of, raises, size_of

PLAIN = "openai-python"
AZURE = "AzureOpenAI (Python), three ways"
MODEL = {"model": "gpt-image-2", "quality": "low"}
VERSION = "2025-04-01-preview"

client = openai.OpenAI(base_url=f"{ADDRESS}/v1", api_key="any", max_retries=0)


@check(PLAIN, "models", "models.list, models.retrieve")
def _():
    ids = [model.id for model in client.models.list()]
    assert "gpt-image-2" in ids, ids
    expect(client.models.retrieve("gpt-image-2").owned_by, "openai")


@check(PLAIN, "generate", "images.generate, usage and facts")
def _():
    reply = client.images.generate(prompt=PROMPT, size="1536x1024", **MODEL)
    expect(size_of(reply.data[0].b64_json), (1536, 1024))
    expect((reply.size, reply.output_format, reply.quality), ("1536x1024", "png", "low"))
    assert reply.usage.total_tokens > 0
    assert reply.created > 1_700_000_000


@check(PLAIN, "generate", "n=2 as WebP")
def _():
    reply = client.images.generate(prompt=PROMPT, n=2, output_format="webp", output_compression=60, **MODEL)
    expect([kind_of(item.b64_json) for item in reply.data], ["webp", "webp"])


@check(PLAIN, "generate", "response_format url, fetched without a key")
def _():
    reply = client.images.generate(model="dall-e-3", prompt=PROMPT, response_format="url")
    fetched = openai.OpenAI(api_key="-", base_url=reply.data[0].url)._client.get(reply.data[0].url)
    expect(fetched.status_code, 200)
    expect(kind_of(fetched.content), "png")


@check(PLAIN, "generate", "AsyncOpenAI, base URL without /v1")
async def _():
    async with openai.AsyncOpenAI(base_url=ADDRESS, api_key="any", max_retries=0) as made:
        reply = await made.images.generate(prompt=PROMPT, **MODEL)
        expect(kind_of(reply.data[0].b64_json), "png")


@check(PLAIN, "generate", "fetched later: Prefer, Location, the job's result")
def _():
    later = client.images.with_raw_response.generate(
        prompt=PROMPT, extra_headers={"Prefer": "respond-async"}, **MODEL
    )
    expect(later.status_code, 202)
    job = later.headers["location"].removeprefix(f"{ADDRESS}/v1")
    while (told := client.get(job, cast_to=object))["status"] in ("queued", "running"):
        time.sleep(0.2)
    expect(told["status"], "completed")
    expect(kind_of(told["result"]["data"][0]["b64_json"]), "png")


@check(PLAIN, "generate", "the same order twice, by an Idempotency-Key")
def _():
    named = {"Idempotency-Key": f"order-{time.time()}"}
    first, again = (
        client.images.with_raw_response.generate(prompt=PROMPT, extra_headers=named, **MODEL)
        for _ in range(2)
    )
    expect(again.content, first.content)
    expect(again.headers["x-tintype-job"], first.headers["x-tintype-job"])
    error = raises(
        openai.ConflictError,
        lambda: client.images.generate(prompt="another", extra_headers=named, **MODEL),
    )
    expect(error.code, "idempotency_conflict")


TOOL = {"type": "image_generation", "quality": "low", "partial_images": 1}


@check(PLAIN, "generate", "responses.create with the image_generation tool")
def _():
    reply = client.responses.create(model="gpt-5", input=PROMPT, tools=[TOOL])
    (drawn,) = (item for item in reply.output if item.type == "image_generation_call")
    expect(kind_of(drawn.result), "png")


@check(PLAIN, "stream", "responses.create with the image_generation tool")
def _():
    kinds = [
        event.type
        for event in client.responses.create(model="gpt-5", input=PROMPT, tools=[TOOL], stream=True)
    ]
    assert "response.image_generation_call.partial_image" in kinds, kinds
    expect(kinds[-1], "response.completed")


@check(PLAIN, "generate", "chat.completions.create")
def _():
    message = {"role": "user", "content": PROMPT}
    reply = client.chat.completions.create(model="gpt-image-2", messages=[message])
    (picture,) = reply.choices[0].message.images
    expect(kind_of(picture["image_url"]["url"].partition("base64,")[2]), "png")


@check(PLAIN, "edit", "images.edit of an open file")
def _():
    with PICTURE.open("rb") as file:
        reply = client.images.edit(image=file, prompt="add a hat", **MODEL)
    expect(kind_of(reply.data[0].b64_json), "png")


@check(PLAIN, "several", "images.edit of a file, named bytes and bytes")
def _():
    data = PICTURE.read_bytes()
    images = [io.BytesIO(data), ("b.png", data, "image/png"), data]
    reply = client.images.edit(image=images, prompt="combine them", input_fidelity="high", **MODEL)
    expect(kind_of(reply.data[0].b64_json), "png")


@check(PLAIN, "mask", "images.edit with a mask")
def _():
    reply = client.images.edit(image=PICTURE, mask=MASK, prompt="a balloon", size="1024x1024", **MODEL)
    expect(size_of(reply.data[0].b64_json), (1024, 1024))


@check(PLAIN, "stream", "images.generate with two previews")
def _():
    events = list(client.images.generate(prompt=PROMPT, stream=True, partial_images=2, **MODEL))
    expect(
        [event.type for event in events],
        ["image_generation.partial_image"] * 2 + ["image_generation.completed"],
    )
    expect({kind_of(event.b64_json) for event in events}, {"png"})
    assert events[-1].usage.total_tokens > 0


@check(PLAIN, "stream", "images.edit, asynchronous")
async def _():
    async with openai.AsyncOpenAI(base_url=f"{ADDRESS}/v1", api_key="any", max_retries=0) as made:
        stream = await made.images.edit(
            image=PICTURE.read_bytes(), prompt="add a hat", stream=True, partial_images=1, **MODEL
        )
        kinds = [event.type async for event in stream]
    expect(kinds, ["image_edit.partial_image", "image_edit.completed"])


@check(PLAIN, "errors", "400 with param, code and request id")
def _():
    error = raises(
        openai.BadRequestError,
        lambda: client.images.generate(prompt=PROMPT, background="transparent", **MODEL),
    )
    expect((error.param, error.code), ("background", "invalid_value"))
    assert error.request_id.startswith("req_")


@check(PLAIN, "errors", "404 for a model that is not there")
def _():
    error = raises(openai.NotFoundError, lambda: client.images.generate(model="gpt-9", prompt=PROMPT))
    expect(error.code, "model_not_found")


common = {"api_version": VERSION, "max_retries": 0}
WAYS = {
    "endpoint": openai.AzureOpenAI(azure_endpoint=ADDRESS, api_key="any", **common),
    "base_url with the deployment": openai.AzureOpenAI(
        base_url=f"{ADDRESS}/openai/deployments/gpt-image-2", api_key="any", **common
    ),
    "azure_ad_token and azure_deployment": openai.AzureOpenAI(
        azure_endpoint=ADDRESS, azure_ad_token="any", azure_deployment="gpt-image-2", **common
    ),
}

for way, azure in WAYS.items():

    @check(AZURE, "generate", way)
    def _(azure=azure):
        reply = azure.images.generate(prompt=PROMPT, size="1024x1024", **MODEL)
        expect(size_of(reply.data[0].b64_json), (1024, 1024))

    @check(AZURE, "edit", way)
    def _(azure=azure):
        reply = azure.images.edit(image=PICTURE, prompt="add a hat", **MODEL)
        expect(kind_of(reply.data[0].b64_json), "png")


azure = WAYS["endpoint"]


@check(AZURE, "several", "endpoint")
def _():
    data = PICTURE.read_bytes()
    reply = azure.images.edit(image=[data, data], prompt="combine them", **MODEL)
    expect(kind_of(reply.data[0].b64_json), "png")


@check(AZURE, "mask", "endpoint")
def _():
    reply = azure.images.edit(image=PICTURE, mask=MASK, prompt="a balloon", **MODEL)
    expect(kind_of(reply.data[0].b64_json), "png")


@check(AZURE, "stream", "endpoint")
def _():
    events = list(azure.images.generate(prompt=PROMPT, stream=True, partial_images=1, **MODEL))
    expect([event.type.partition(".")[2] for event in events], ["partial_image", "completed"])


@check(AZURE, "models", "models.list")
def _():
    assert "gpt-image-2" in [model.id for model in azure.models.list()]


@check(AZURE, "errors", "a deployment that is not there")
def _():
    error = raises(openai.NotFoundError, lambda: azure.images.generate(model="nowhere", prompt=PROMPT))
    expect(error.code, "DeploymentNotFound")


@check(AZURE, "errors", "a value that the model lacks")
def _():
    raises(
        openai.BadRequestError,
        lambda: azure.images.generate(prompt=PROMPT, background="transparent", **MODEL),
    )
