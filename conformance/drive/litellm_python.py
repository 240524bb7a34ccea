"""LiteLLM's SDK with three of its providers. Its image calls cannot stream, and it lists no models of a server."""

import litellm
from checks import ADDRESS, MASK, PICTURE, PROMPT, check, expect, kind_of, raises, size_of

litellm.suppress_debug_info = True
common = {"api_key": "any", "max_retries": 0, "num_retries": 0}
PROVIDERS = {
    "LiteLLM, openai": {"model": "openai/gpt-image-2", "api_base": f"{ADDRESS}/v1", **common},
    "LiteLLM, azure": {
        "model": "azure/gpt-image-2",
        "api_base": ADDRESS,
        "api_version": "2025-04-01-preview",
        **common,
    },
}

for row, how in PROVIDERS.items():

    @check(row, "generate", "image_generation, cost from our usage")
    def _(how=how):
        reply = litellm.image_generation(prompt=PROMPT, size="1024x1024", quality="low", **how)
        expect(size_of(reply.data[0].b64_json), (1024, 1024))
        assert reply.usage.total_tokens > 0
        assert reply._hidden_params["response_cost"] > 0

    @check(row, "edit", "image_edit of an open file")
    def _(how=how):
        with PICTURE.open("rb") as file:
            reply = litellm.image_edit(image=file, prompt="add a hat", quality="low", **how)
        expect(kind_of(reply.data[0].b64_json), "png")

    @check(row, "several", "image_edit of two")
    def _(how=how):
        with PICTURE.open("rb") as one, PICTURE.open("rb") as other:
            reply = litellm.image_edit(image=[one, other], prompt="combine them", quality="low", **how)
        expect(kind_of(reply.data[0].b64_json), "png")

    @check(row, "mask", "image_edit with a mask")
    def _(how=how):
        with PICTURE.open("rb") as file, MASK.open("rb") as mask:
            reply = litellm.image_edit(image=file, mask=mask, prompt="a balloon", quality="low", **how)
        expect(kind_of(reply.data[0].b64_json), "png")

    @check(row, "errors", "a model that is not there")
    def _(how=how):
        wrong = how["model"].partition("/")[0] + "/gpt-9"
        raises(
            litellm.NotFoundError, lambda: litellm.image_generation(prompt=PROMPT, **{**how, "model": wrong})
        )


GEMINI = "LiteLLM, gemini"
gemini = {"model": "gemini/gemini-3-pro-image", "api_base": f"{ADDRESS}/v1beta", **common}


@check(GEMINI, "generate", "image_generation")
def _():
    reply = litellm.image_generation(prompt=PROMPT, **gemini)
    expect(kind_of(reply.data[0].b64_json), "png")


@check(GEMINI, "edit", "image_edit")
def _():
    with PICTURE.open("rb") as file:
        reply = litellm.image_edit(image=file, prompt="add a hat", **gemini)
    expect(kind_of(reply.data[0].b64_json), "png")


@check(GEMINI, "errors", "a model that is not there")
def _():
    error = raises(
        Exception,
        lambda: litellm.image_generation(prompt=PROMPT, **{**gemini, "model": "gemini/gemini-9"}),
    )
    assert "NOT_FOUND" in str(error), error
