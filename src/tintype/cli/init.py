"""`tintype init`: a tintype.toml that shows all there is to set, each line behind a `#`."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.errors import BadRequest
from ..gateway.settings import FILE, Settings
from .options import Option

if TYPE_CHECKING:
    from ..catalog import Service

HEAD = """\
# tintype.toml: all that can be set. docs/configuration.md tells more.
# A `#` right before a name or a bracket stands before a setting: take it away to set it. Settings that are not
# tables are written with their defaults."""

NOTES = {
    "host": "the address to listen on",
    "port": "",
    "data": "where files go: what was asked of upstreams, and how it went",
    "database": 'where accounts and jobs are written down: a URL; empty: a file in `data`; "off": nowhere',
    "open": "whether everyone who reaches this server may use it, on any address, without a key",
    "default_model": "for requests that name none",
    "max_body": "bytes of a whole request; more is a 413",
    "heartbeat": "seconds of silence after which a stream gets a comment; 0: it gets none",
    "plain_heartbeat": "seconds after which a plain answer is begun with blanks, and then as often; 0: it waits in silence",
    "grace": "seconds that running jobs have to finish when the server stops",
    "deadline": "seconds that an order may take, all of its attempts together",
    "public_base_url": "where callers reach this server, for picture addresses; empty: as the request says",
    "history_days": "days that prompts are kept in the database; 0: they are not written down",
    "gallery_days": "days that every picture is kept, with a thumbnail; 0: only those that are asked for again",
    "result_lifetime": "seconds that a picture is kept to be asked for again",
    "storage": "where pictures lie: s3://BUCKET/PREFIX, gs://..., az://...; empty: a folder of `data`",
    "picture_lifetime": "seconds that a picture can be fetched at its address",
    "secret": "signs those addresses; empty: one is made and kept in `data`",
    "fetch": "pictures that callers send as addresses are fetched; false: they are refused",
    "limits": 'where requests and pictures a minute are counted: "redis://HOST:6379/0"; empty: in each server',
    "fetch_allow": 'networks that they may come from though they are not public, such as ["10.0.0.0/8"]',
    "allow_unknown_price": "orders whose price is not known are drawn; false: they are refused",
    "charge_twins": "what a twin draws costs as much as its model's; false: nothing",
    "webhook_secret": "whsec_ and base64: what webhooks are signed with; empty: made of the house's own secret",
    "metrics_key": "whoever reads /metrics sends it, as `Authorization: Bearer KEY`; empty: everyone may read them",
    "c2pa_certificate": "a PEM file, the issuers' certificates after it: pictures drawn here are signed with it",
    "c2pa_key": "its key, a PEM file",
    "c2pa_algorithm": "es256, es384, es512, ps256, ps384, ps512 or ed25519: as the key is",
    "c2pa_timestamp_url": "a time stamp authority (RFC 3161), which is asked for every picture; empty: none is",
}
"""What each setting that is not a table is for."""

TABLES = """\
# A requested name, or a pattern, and the model that answers instead.
#[stand_in]
#"dall-e-*" = "gpt-image-2"
#"my-app-model" = "tintype-illustrator"

# Names of Azure deployments, and their models. A deployment that is called like a model needs none.
#[deployment]
#"my-pictures" = "gpt-image-2"

# What callers pay on top of the vendor's price, by provider or model; docs/money.md tells more.
#[markup]
#default = "20%"
#[markup.provider]
#"openai" = "15%"
#[markup.model]
#"gpt-image-*" = "12.5%"
#"tintype-illustrator" = "0%"
"""

ENGINE = """\
# Diffusion models on this machine (pip install 'tintype[diffusion]'); docs/diffusion.md tells more. Each of these is an
# environment variable too: TINTYPE_DIFFUSION_DEVICE and so on.
#[engine.diffusion]
#device = "auto"                # "cuda", "cuda:1", "mps", "cpu"
#dtype = "auto"                 # "bfloat16", "float16", "float32"
#offload = "none"               # "model", "group": slower, and it takes less of the device's memory
#budget = "20 GB"               # of weights on the device at a time; without this line: all that it has
#queue = 64                     # so many pictures may wait; the next one is a 429
#quantize = "auto"              # "fp8", where the device has it
#compile = false                # torch.compile: the start takes minutes longer, each picture less
#tiny_autoencoder = "auto"      # of previews: a hub id or a folder; auto: the known one if it is in the hub's cache
#preload = true                 # models are loaded as the server starts; false: when they are first asked for

# A model of it, by the name that callers use. `tintype serve --diffusion NAME=SOURCE` does the same. For example:
# [engine.diffusion.models."local/sdxl"]
# source = "stabilityai/stable-diffusion-xl-base-1.0"   # or a folder, a .safetensors or a .gguf file
# price = "0.002 per megapixel"                         # nothing is charged without this line
"""

PROVIDERS = """\
# Providers. Each is on as soon as all that it needs is set, in the environment or here, and off until then.
# Nothing of this is needed where the variables are set. `tintype doctor` tells who is on."""

OWN_SERVER = """\
# One more provider of a kind, under a name of your own: a second account, or a server that speaks OpenAI's API.
# Its models are called NAME/MODEL.
#[provider.my-server]
#kind = "openai"                # any of the names above
#base_url = "http://127.0.0.1:8000/v1/"
#key = "none"                   # or key_env = "MY_SERVER_KEY": the variable that holds it
#models = ["gpt-image-2"]       # those of its kind that it has; without this line: all
#enabled = true                 # false: as if it were not here
#timeout = 600                  # the longest silence, in seconds; a picture may be drawn in silence
#connect_timeout = 10           # seconds
#at_once = 4                    # so many requests at a time; others wait
#per_minute = 60                # so many requests within a minute
#headers = { x-team = "pictures" } # sent with every request

# A model that no catalog knows, on that server. All that docs/configuration.md lists for a model can be said.
#[[provider.my-server.model]]
#id = "my-server/painter"
#upstream_id = "painter"        # what the server calls it
#max_n = 4                      # pictures of one call
#sizes = ["1024x1024", "1536x1024"]
#max_input_images = 1           # 0: it does not edit
#prices = { image = 10_000 }    # micro-dollars: a cent for a picture
"""


def init(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="[FILE]", help="Where to write it. Default: tintype.toml.", show_default=False
        ),
    ] = Path(FILE),
    force: Annotated[bool, Option("--force", help="Write over a file that is there.")] = False,
    stdout: Annotated[bool, Option("--stdout", help="Print it instead of writing a file.")] = False,
) -> int:
    """Write a tintype.toml with every setting, each of them commented out."""
    text = write()
    if stdout:
        print(text, end="")
        return 0
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        if path.is_dir():
            raise BadRequest(f"{str(path)!r} is a folder: say which file in it.") from None
        raise BadRequest(f"{str(path)!r} exists: say --force to write over it, or --stdout.") from None
    print(path.absolute())
    print("Nothing in it is set yet: take the # away before what you want to change.", file=sys.stderr)
    return 0


def write() -> str:
    """The whole file, of the catalog as it is."""
    from ..catalog import load

    services = [service for service in load() if service.needs and not service.is_engine]
    parts = [HEAD, "\n".join(_settings()), TABLES.strip(), ENGINE.strip(), PROVIDERS]
    parts += ["\n".join(_provider(service)) for service in services]
    parts += [OWN_SERVER.strip(), "\n".join(_route(services))]
    return "\n\n".join(parts) + "\n"


def _settings() -> Iterator[str]:
    defaults = Settings()
    for entry in fields(Settings):
        value = getattr(defaults, entry.name)
        if not isinstance(value, Mapping):
            yield _line(entry.name, value, NOTES.get(entry.name, ""))


def _provider(service: Service) -> Iterator[str]:
    """What the catalog says of one provider, and what it leaves to the operator."""
    from ..gateway.assemble import adapter_of, has_twins, is_callable, missing

    settings = service.settings
    needs = ", and ".join(missing(service, {})) or "nothing more"
    count = f"{len(service.cards)} models" if len(service.cards) != 1 else "1 model"
    own = has_twins(service)
    twins = "; until then its twins draw" if own else ""
    if not is_callable(service):
        yield f"# {service.name}: {count}. This version cannot call it yet: its twins draw."
        return
    yield from _remark(f"{service.name}: {count}. It is on when {needs} is set{twins}.")
    yield f"#[provider.{service.name}]"
    yield _line(
        "enabled", True, "false: neither it nor its twins are there" if own else "false: it is not there"
    )
    environment: Mapping[str, str] = settings.get("environment", {})
    if "key_env" in settings:
        yield _line("key_env", settings["key_env"], 'the variable that holds its key; or key = "..."')
    address = settings.get("base_url")
    if address is None and "base_url" in {*environment, *service.needs}:
        address = f"https://{service.name}.example/"
    if address is not None:
        variable = environment.get("base_url")
        yield _line("base_url", address, f"or {_variables(variable)}" if variable else "")
    for name in ("headers", "timeout", "connect_timeout", "at_once", "per_minute"):
        if name in settings:
            yield _line(name, settings[name])
    options = settings.get("options", {})
    for name, value in options.items():
        yield _line(name, value, _variables(environment.get(name)))
    open_options = [name for name in adapter_of(service).options if name not in options]
    if open_options:
        told = (
            f"{name} (or {_variables(environment[name])})" if name in environment else name
            for name in open_options
        )
        yield from _remark(f"Settings of its own: {', '.join(told)}.")


def _remark(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, 112, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False)


def _variables(names: str | None) -> str:
    return " or ".join(f"${name}" for name in (names or "").split())


def _route(services: list[Service]) -> Iterator[str]:
    model = Settings().default_model
    resold = [card.id for service in services for card in service.cards if card.of == model]
    offers = [model, *resold, f"my-server/{model}"][:3]
    yield "# Who answers to a name, and who is tried next when the first one fails."
    yield f'#[route."{model}"]'
    yield _line("offers", offers, "ids of offers, tried in this order")
    yield _line("weights", [3, 1, 1][: len(offers)], "instead of an order: shares of the requests")
    yield _line(
        "max_price", 0.10, "dollars a picture; dearer offers, and those of unknown price, are left out"
    )
    yield _line("deadline", 300, "seconds for all of it")
    yield _line("on_refusal", "stop", 'or "next": when a picture is refused, the next one is asked')


def _line(name: str, value: Any, note: str = "") -> str:
    text = f"#{name} = {to_toml(value)}"
    return f"{text:<31} # {note}" if note else text


def to_toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {to_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(to_toml, value))}]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)
