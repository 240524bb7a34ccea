"""However a caller writes the path, it leads to the same place."""

from __future__ import annotations

import pytest

from tintype.core import Incoming
from tintype.core.errors import MethodNotAllowed, NotFound
from tintype.dialects import all_dialects
from tintype.server.routes import Routes

ROUTES = Routes(all_dialects())
HEAD = Incoming(path="")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/images/generations",
        "/images/generations",
        "//v1//images/generations/",
        "/v1/images/generations/",
    ],
)
def test_spellings_of_one_path(path: str) -> None:
    match = ROUTES.find("POST", path, HEAD)
    assert (match.route.dialect.name, match.route.path) == ("openai-images", "/images/generations")


def test_a_model_id_may_have_slashes() -> None:
    assert ROUTES.find("GET", "/v1/models/acme/flux/1", HEAD).path_params == {"id": "acme/flux/1"}


def test_wrong_path_and_wrong_method() -> None:
    with pytest.raises(NotFound, match="/v1/nothing"):
        ROUTES.find("POST", "/v1/nothing", HEAD)
    with pytest.raises(MethodNotAllowed, match="use POST"):
        ROUTES.find("GET", "/v1/images/generations", HEAD)


def test_a_verb_of_googles_that_is_not_there_is_not_taken_for_a_model() -> None:
    """google-genai counts tokens by it, and was told to use GET."""
    with pytest.raises(NotFound, match="countTokens"):
        ROUTES.find("POST", "/v1beta/models/gemini-3-pro-image:countTokens", HEAD)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "openai-images"),
        ("/v1/nothing", "openai-images"),
        ("/images/nothing", "openai-images"),
        ("//openai/nothing/", "azure"),
        ("/openai/deployments/dep/images/variations", "azure"),
        ("/znapai", "znapai"),
        ("/znapai/images/variations", "znapai"),
        ("/znapai/azure/nothing", "znapai-azure"),
        ("/znapainting", "openai-images"),
        ("/gptproto/api/v3/nothing", "gptproto"),
        ("/octen/nothing", "octen"),
        ("/api/nothing", "openai-images"),
    ],
)
def test_who_words_the_error_of_a_path_that_leads_nowhere(path: str, name: str) -> None:
    assert ROUTES.speaker(path).name == name
