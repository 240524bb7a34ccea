"""Azure: both routes and all keys, what is streamed behind the caller's back, and Azure's own errors."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from tintype.catalog import configure, load
from tintype.core import (
    Access,
    Completed,
    Image,
    ImageRequest,
    Incoming,
    Note,
    Partial,
    Provider,
    Size,
    Usage,
)
from tintype.core.errors import BadRequest, Refused, Rejected, TintypeError, Unavailable, Unsupported
from tintype.dialects.azure import dialect
from tintype.gateway.assemble import offers, read_access
from tintype.gateway.plan import make_plan
from tintype.providers._azure_entra import SCOPE, Entra, client_credentials
from tintype.providers.azure import Azure, read_azure_error
from tintype.transport.upstream import Upstream

from ..pictures import picture
from ..upstream import Reply
from .asking import BASE64, EVENTS, JSON, PNG, ask, checked, sent, upstream

SERVICE = next(service for service in load() if service.name == "azure")
CARD = next(card for card in SERVICE.cards if card.of == "gpt-image-2")
LOW = ImageRequest(model="m", prompt="a cat", quality="low")
EDIT = replace(LOW, images=(Image.from_bytes(PNG),))
URL = "https://r.openai.azure.com/"


def azure(base_url: str = URL, *, key: str | None = "K", **options: Any) -> Azure:
    return Azure.open(Access(name="azure", base_url=base_url, key=key, options=options))


# ---- what is asked


@pytest.mark.parametrize(
    ("base_url", "options", "path"),
    [
        (URL, {}, "/openai/deployments/gpt-image-2/images/generations?api-version=2025-04-01-preview"),
        (
            f"{URL}openai",
            {"api_version": "2024-02-01"},
            "/openai/deployments/gpt-image-2/images/generations?api-version=2024-02-01",
        ),
        (
            f"{URL}openai/deployments/mine/images/edits?api-version=2024-02-01",  # the portal's "target URI"
            {"deployments": {"gpt-image-2": "mine"}},
            "/openai/deployments/mine/images/generations?api-version=2025-04-01-preview",
        ),
        (f"{URL}openai/v1/images/generations", {}, "/openai/v1/images/generations?api-version=preview"),
        (
            URL,
            {"deployments": {"gpt-image-2": "my pictures/1"}},
            "/openai/deployments/my%20pictures%2F1/images/generations?api-version=2025-04-01-preview",
        ),
        (
            URL,
            {"deployments": {"azure/gpt-image-2": "mine"}},
            "/openai/deployments/mine/images/generations?api-version=2025-04-01-preview",
        ),
        (URL, {"route": "v1"}, "/openai/v1/images/generations?api-version=preview"),
        (f"{URL}openai/v1/", {}, "/openai/v1/images/generations?api-version=preview"),
        (
            URL,
            {"route": "v1", "api_version": "2025-04-01-preview"},
            "/openai/v1/images/generations?api-version=preview",
        ),
        (URL, {"route": "v1", "api_version": "latest"}, "/openai/v1/images/generations?api-version=latest"),
    ],
)
def test_where_a_deployment_is(base_url: str, options: dict[str, Any], path: str) -> None:
    assert azure(base_url, **options).build(LOW, CARD).path == path


def test_the_deployment_is_in_the_address_or_in_the_body() -> None:
    named: dict[str, Any] = {"deployments": {"gpt-image-2": "mine"}}
    assert json.loads(azure(**named).build(LOW, CARD).body) == {"prompt": "a cat", "quality": "low"}
    assert json.loads(azure(**named, route="v1").build(LOW, CARD).body)["model"] == "mine"


@pytest.mark.parametrize("route", ["deployments", "v1"])
@pytest.mark.parametrize(
    "request_",
    [
        replace(LOW, n=3, size=Size(1536, 1024), background="opaque", moderation="low", user="u"),
        replace(LOW, output_format="jpeg", output_compression=85, stream=True, partial_images=3),
        replace(LOW, prompt='Größe "x"\r\n日本', extras={"openai": {"new_tomorrow": "yes"}}),
        replace(EDIT, mask=Image.from_bytes(PNG), n=2),
        replace(EDIT, images=EDIT.images * 3, stream=True),
    ],
)
def test_what_is_built_is_read(route: str, request_: ImageRequest) -> None:
    call = azure(route=route).build(request_, CARD)
    place, _, rest = call.path.partition("?")[0].partition("/images/")
    path = "/openai/deployments/{deployment:path}" if route == "deployments" else place
    incoming = Incoming(
        path=f"{path}/images/{rest}",
        path_params={"deployment": "gpt-image-2"} if route == "deployments" else {},
        headers={"content-type": call.media_type},
        body=call.body,
    )
    assert dialect.read(incoming) == replace(request_, model="gpt-image-2")
    assert call.media_type.startswith("multipart/") is bool(request_.images)  # Azure takes no other edit


DOCUMENT = Reply(headers=JSON, chunks=[json.dumps({"data": [{"b64_json": BASE64}]}).encode()])


@pytest.mark.parametrize(
    ("key", "options", "header"),
    [
        ("secret-key", {}, "api-key: secret-key"),
        (None, {"ad_token": "token-1"}, "authorization: Bearer token-1"),
        ("secret-key", {"ad_token": "token-1"}, "api-key: secret-key"),
        ("secret-key", {"key_header": "authorization"}, "authorization: Bearer secret-key"),
    ],
)
def test_what_lets_us_in(key: str | None, options: dict[str, Any], header: str) -> None:
    _, fake = ask(lambda url: azure(url, key=key, **options), LOW, CARD, DOCUMENT)
    name, _, value = header.partition(": ")
    assert sent(fake, "api-key", "authorization") == {name: value}


@pytest.mark.parametrize(
    ("access", "words"),
    [
        ({"key": None}, "AZURE_OPENAI_API_KEY, AZURE_OPENAI_AD_TOKEN, or tenant, client_id, client_secret"),
        ({"key": None, "tenant": "t", "client_id": "c"}, "client_secret"),
        ({"route": "v2"}, "'v2' is none of deployments, v1"),
        ({"stream_from": "hihg"}, "'hihg' is none of low, medium"),
        ({"deployments": ["a"]}, "`deployments` is a table of texts"),
        ({"base_url": ""}, "`base_url` is an address"),
    ],
)
def test_what_is_missing_is_said(access: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        azure(**access)


def test_the_environment_is_read_as_by_openai_python() -> None:
    environ = {
        "AZURE_OPENAI_ENDPOINT": URL,
        "AZURE_OPENAI_API_KEY": "K",
        "OPENAI_API_VERSION": "2024-02-01",
    }
    artist = next(service for service in load() if not service.needs)
    found = [offer for offer in offers((SERVICE, artist), environ) if offer.card.of == "gpt-image-2"]
    provider = found[0].provider
    assert isinstance(provider, Azure)
    assert provider.build(LOW, CARD).path.endswith("?api-version=2024-02-01")


def test_a_second_resource_is_reached_as_its_own_table_says() -> None:
    eu = {"kind": "azure", "base_url": "https://eu.openai.azure.com", "key": "EU", "route": "v1"}
    environ = {"AZURE_OPENAI_ENDPOINT": URL, "AZURE_OPENAI_API_KEY": "K", "AZURE_OPENAI_AD_TOKEN": "T"}
    services = {service.name: service for service in configure(load(), {"azure-eu": eu})}
    first, second = (read_access(services[name], environ) for name in ("azure", "azure-eu"))
    assert (first.base_url, first.key) == (URL, "K")
    assert (second.base_url, second.key) == ("https://eu.openai.azure.com", "EU")
    assert "azure-eu/gpt-image-2" in [card.id for card in services["azure-eu"].cards]


# ---- what is streamed behind the caller's back

SLOW = replace(LOW, quality="high")


@pytest.mark.parametrize(
    ("changes", "options", "streamed"),
    [
        ({"quality": "low"}, {}, None),
        ({"quality": "medium"}, {}, None),
        ({"quality": "high"}, {}, 1),
        ({"quality": None}, {}, 1),  # Azure's default is high
        ({"quality": "medium"}, {"stream_from": "medium"}, 1),
        ({"quality": "high"}, {"stream_from": "never"}, None),
        ({"quality": "low", "size": Size(2048, 2048)}, {}, 1),
        ({"quality": "low", "size": Size(1536, 1024)}, {}, None),
        ({"quality": "low", "size": Size(2048, 2048)}, {"stream_from": "never"}, None),
        ({"quality": "low", "n": 2}, {}, None),
        ({"quality": "high", "n": 2}, {"stream_from": "never"}, None),
        ({"quality": "high", "stream": True, "partial_images": 3}, {}, 3),
        ({"quality": "high", "stream": True}, {}, 1),
    ],
)
def test_what_takes_long_is_streamed(
    changes: dict[str, Any], options: dict[str, Any], streamed: int | None
) -> None:
    _, fake = ask(lambda url: azure(url, **options), replace(LOW, **changes), CARD, DOCUMENT)
    body = json.loads(fake.requests[0].body)
    assert (body.get("stream"), body.get("partial_images")) == (True if streamed else None, streamed)


PARTIAL = b'data: {"type":"image_generation.partial_image","partial_image_index":0,"b64_json":"%s"}\n\n' % (
    BASE64.encode()
)
FINISHED = (
    b'event: image_generation.completed\r\ndata: {"type":"image_generation.completed","b64_json":"%s",'
    b'"usage":{"input_tokens":7,"output_tokens":310,"input_tokens_details":{"text_tokens":7}}}\r\n\r\n'
) % BASE64.encode()


def test_a_model_that_the_operator_names_passes_the_wall_too() -> None:
    """Its card need not say that Azure draws at high quality where none is said."""
    own = replace(CARD, default_quality="medium")
    _, fake = ask(azure, replace(LOW, quality=None), own, DOCUMENT)
    assert json.loads(fake.requests[0].body)["stream"] is True


def test_a_plain_caller_gets_one_picture_of_the_stream() -> None:
    reply = Reply(headers=EVENTS, chunks=[PARTIAL[:40], PARTIAL[40:] + FINISHED[:9], FINISHED[9:]])
    events, _ = ask(azure, SLOW, CARD, reply)
    picture = Completed(image=Image.from_bytes(PNG), usage=Usage(text_in=7, image_out=310), previews=1)
    assert events == [picture]


def test_a_caller_who_streams_gets_the_previews_that_were_asked_for() -> None:
    reply = Reply(headers=EVENTS, chunks=[PARTIAL, FINISHED])
    events, _ = ask(azure, replace(SLOW, stream=True, partial_images=2), CARD, reply)
    assert [type(event) for event in events] == [Partial, Completed]
    events, _ = ask(azure, replace(SLOW, stream=True), CARD, reply)
    assert [type(event) for event in events] == [Completed]


def test_several_slow_pictures_are_streamed_one_by_one() -> None:
    """ "Streaming is only supported with n=1", and a plain call for all of them would end at the wall."""
    reply = Reply(headers=EVENTS, chunks=[PARTIAL, FINISHED])
    events, fake = ask(azure, replace(SLOW, n=3), CARD, reply)
    usage = Usage(text_in=7, image_out=310)
    picture = Completed(image=Image.from_bytes(PNG), usage=usage, previews=1)
    assert events == [replace(picture, index=index) for index in range(3)]
    bodies = [json.loads(request.body) for request in fake.requests]
    assert [(body.get("n"), body["stream"]) for body in bodies] == [(None, True)] * 3


def test_the_others_are_brought_where_one_of_several_fails() -> None:
    refused = b'data: {"error":{"code":"contentFilter","message":"no"}}\n\n'
    replies = [Reply(headers=EVENTS, chunks=[refused]), Reply(headers=EVENTS, chunks=[PARTIAL, FINISHED])]
    made: list[int] = []

    async def main() -> None:
        async with upstream(*replies) as fake:
            provider = azure(f"http://127.0.0.1:{fake.port}")
            try:
                async for event in provider.generate(replace(SLOW, n=3), CARD):
                    made.append(event.index)
            finally:
                await provider.close()

    with pytest.raises(Refused):
        asyncio.run(main())
    assert made == [0, 1]


def test_pictures_that_azure_does_not_take_go_as_png() -> None:
    """OpenAI takes WebP; Azure answers 400 to it. What it takes goes as it came."""
    webp = Image.from_bytes(picture("webp"))
    edit = replace(LOW, images=(webp, Image.from_bytes(PNG)), mask=webp)
    _, fake = ask(azure, edit, CARD, DOCUMENT)
    (asked,) = fake.requests
    assert b"WEBP" not in asked.body
    assert b"image/webp" not in asked.body
    assert asked.body.count(b"image/png") == 3
    assert PNG in asked.body


def test_of_several_failures_the_one_that_may_be_paid_is_told() -> None:
    """Who is told that Azure was busy orders what is lacking again: also the picture whose call broke off."""
    busy = Reply(status=429, headers={**JSON, "retry-after": "1"}, chunks=[b'{"error":{"code":"429"}}'])
    broken = Reply(headers=EVENTS, chunks=[PARTIAL], drop=True)

    with pytest.raises(TintypeError) as caught:
        ask(azure, replace(SLOW, n=2), CARD, busy, broken)
    assert caught.value.charged


def test_only_what_azure_knows_is_said_to_it() -> None:
    """A `safety_identifier` would cost the whole order: what Azure does not know it answers with a 400."""
    plan = make_plan(
        replace(LOW, safety_identifier="s", user="u", moderation="low"), CARD, (), family="openai"
    )
    assert plan.notes == (Note("safety_identifier", "ignored"),)
    body = json.loads(azure().build(plan.request, CARD).body)
    assert body == {"prompt": "a cat", "quality": "low", "moderation": "low", "user": "u"}
    mini = next(card for card in SERVICE.cards if card.of == "gpt-image-1-mini")
    plan = make_plan(replace(EDIT, input_fidelity="low"), mini, (), family="openai")
    assert plan.notes == (Note("input_fidelity", "ignored"),)


def test_a_relay_that_does_not_stream_is_read_all_the_same() -> None:
    events, _ = ask(azure, SLOW, CARD, DOCUMENT)
    assert events == [Completed(image=Image.from_bytes(PNG))]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            {"created": 1698435368, "error": {"code": "contentFilter", "message": "Your task failed."}},
            Refused,
            "Your task failed.",
        ),
        ({"type": "error", "error": {"code": "moderation_blocked", "message": "no"}}, Refused, "no"),
        ({"error": {"type": "server_error", "message": "oh"}}, Unavailable, "oh"),
    ],
)
@pytest.mark.parametrize("begun", [[], [PARTIAL]])
def test_an_error_in_the_stream_is_the_callers_answer(
    begun: list[bytes], error: dict[str, Any], kind: type[TintypeError], words: str
) -> None:
    reply = Reply(headers=EVENTS, chunks=[*begun, b"data: %s\n\n" % json.dumps(error).encode()])
    with pytest.raises(kind, match=words):
        ask(azure, SLOW, CARD, reply)


# ---- Azure's errors


class Said(NamedTuple):
    status: int
    error: dict[str, Any]
    kind: type[TintypeError] | None
    words: str = ""
    code: str = ""


ERRORS = [
    Said(400, {"code": "contentFilter", "message": "Your task failed."}, Refused, "Your task failed."),
    Said(
        400,
        {
            "code": "content_policy_violation",
            "type": "invalid_request_error",
            "message": "Your request was rejected as a result of our safety system.",
            "inner_error": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_results": {
                    "hate": {"filtered": False, "severity": "safe"},
                    "violence": {"filtered": True, "severity": "high"},
                    "jailbreak": {"detected": True, "filtered": True},
                },
            },
        },
        Refused,
        "safety system. (violence: high, jailbreak)",
    ),
    Said(
        400,
        {
            "code": None,
            "message": "filtered",
            "innererror": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": {"sexual": {"filtered": True, "severity": "medium"}},
            },
        },
        Refused,
        "filtered (sexual: medium)",
    ),
    Said(
        404,
        {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."},
        Rejected,
        "no deployment 'mine'",
        "upstream_no_model",
    ),
    Said(
        403,
        {"code": "Forbidden", "message": "Your resource has been temporarily blocked."},
        Rejected,
        "temporarily blocked",
        "upstream_key_rejected",
    ),
    Said(
        400,
        {"code": "unknown_parameter", "param": "style", "message": "Unknown parameter: 'style'."},
        Unsupported,
        "style",
    ),
    Said(400, {"code": "invalid_value", "param": "size", "message": "bad size"}, BadRequest, "bad size"),
    Said(429, {"code": "429", "message": "Requests have exceeded the rate limit."}, None),
    Said(401, {"code": "401", "message": "Access denied due to invalid subscription key."}, None),
]


@pytest.mark.parametrize("said", ERRORS, ids=lambda said: f"{said.status} {said.error['code']}")
def test_errors(said: Said) -> None:
    body = json.dumps({"created": 1698435368, "error": said.error}).encode()
    meaning = read_azure_error(said.status, body, deployment="mine")
    if said.kind is None:
        assert meaning is None
        return
    assert isinstance(meaning, said.kind)
    assert said.words in str(meaning)
    assert said.code in ("", meaning.code)


def test_a_wrong_key_is_ours_to_mend_and_is_not_told() -> None:
    body = {"error": {"code": "401", "message": "Access denied due to invalid subscription key secret-key."}}
    reply = Reply(status=401, headers=JSON, chunks=[json.dumps(body).encode()])
    with pytest.raises(Rejected) as caught:
        ask(lambda url: azure(url, key="secret-key"), LOW, CARD, reply)
    assert caught.value.code == "upstream_key_rejected"
    assert "secret-key" not in str(caught.value)


# ---- Entra


class Lent(NamedTuple):
    token: str
    expires_on: int


@dataclass
class FakeCredential:
    """Lends a token for `lasts` seconds, or fails."""

    lasts: float = 3600
    fails: Exception | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def get_token(self, *scopes: str) -> Lent:
        self.asked.append(scopes)
        if self.fails is not None:
            raise self.fails
        return Lent(f"token-number-{len(self.asked)}", int(time.time() + self.lasts))


def with_entra(credential: FakeCredential) -> Any:
    return lambda url: Azure(Upstream(url, authorize=Entra(credential)))


def test_a_token_goes_with_the_call() -> None:
    _, fake = ask(with_entra(FakeCredential()), LOW, CARD, DOCUMENT)
    assert sent(fake, "authorization") == {"authorization": "Bearer token-number-1"}


@pytest.mark.parametrize(("lasts", "fetched"), [(3600, 1), (200, 3)])
def test_a_token_is_kept_while_it_is_good_for_a_call(lasts: float, fetched: int) -> None:
    credential = FakeCredential(lasts)

    async def main() -> list[str]:
        entra = Entra(credential)
        return [(await entra())["authorization"] for _ in range(3)]

    assert asyncio.run(main())[-1] == f"Bearer token-number-{fetched}"
    assert credential.asked == [(SCOPE,)] * fetched


def test_calls_side_by_side_fetch_one_token() -> None:
    credential = FakeCredential()

    async def main() -> None:
        entra = Entra(credential)
        await asyncio.gather(*(entra() for _ in range(5)))

    asyncio.run(main())
    assert len(credential.asked) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ClientAuthenticationError("AADSTS7000215: Invalid client secret.\nTrace ID: x"), Rejected),
        (ServiceRequestError("no route"), Unavailable),
    ],
)
def test_no_token(error: Exception, kind: type[TintypeError]) -> None:
    with pytest.raises(kind) as caught:
        ask(with_entra(FakeCredential(fails=error)), LOW, CARD, DOCUMENT)
    assert "Trace" not in str(caught.value)
    assert not caught.value.charged


def test_a_clients_secret_needs_azure_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"tenant": "00000000-0000-0000-0000-000000000000", "client_id": "c", "client_secret": "s"}
    assert isinstance(azure(key=None, **said), Azure)
    assert isinstance(client_credentials(*said.values()), Entra)
    monkeypatch.setitem(sys.modules, "tintype.providers._azure_entra", None)
    with pytest.raises(ValueError, match=re.escape("pip install 'tintype[azure]'")):
        azure(key=None, **said)


# ---- check


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("deployments", "/openai/models?api-version=2025-04-01-preview"),
        ("v1", "/openai/v1/models?api-version=preview"),
    ],
)
def test_it_is_checked_by_the_list_of_models(route: str, path: str) -> None:
    reply = Reply(headers=JSON, chunks=[b'{"data":[{"id":"a"},{"id":"b"}]}'])
    said, fake = checked(lambda url: azure(url, route=route), reply)
    assert said == "the key is taken, 2 models"
    assert fake.requests[0].head.startswith(f"GET {path} ")


def test_a_relay_without_a_list_cannot_be_checked() -> None:
    said, _ = checked(azure, Reply(status=404))
    assert "no list of models" in said


def test_it_is_a_provider() -> None:
    provider: Provider = azure()
    assert (provider.name, provider.family, provider.local) == ("azure", "openai", False)
