"""Pictures drawn here are signed with the operator's certificate: who drew them is told, and a changed byte is found."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa  # type: ignore[import-untyped]
import pytest

from tintype.core import Completed, Image, ImageEvent, ImageRequest, Partial, Size
from tintype.core.credentials import has_credentials
from tintype.core.errors import Rejected
from tintype.engines.signing import COMPOSED, DRAWN, Signer
from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings

from ..credentialed import chain, files
from ..gateway.offering import ordered
from ..pictures import opened, picture, png
from ..upstream import Reply, fake_upstream

CAT = ImageRequest(model="tintype-illustrator", prompt="a secret cat", size=Size(64, 64), quality="low")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return files(tmp_path_factory.mktemp("chain"))


def house(paths: tuple[str, str], **more: str) -> Settings:
    return Settings(c2pa_certificate=paths[0], c2pa_key=paths[1], **more)  # type: ignore[arg-type]


def drawn(settings: Settings, request: ImageRequest = CAT) -> tuple[list[ImageEvent], str]:
    """What happened, and the plan as it was told."""

    async def main() -> tuple[list[ImageEvent], str]:
        gateway = open_gateway(settings, {})
        job, events = await ordered(gateway, request)
        assert job.error is None
        await gateway.close()
        return events, job.report.plan()

    return asyncio.run(main())


def finished(events: list[ImageEvent]) -> list[bytes]:
    return [bytes(event.image.as_bytes()) for event in events if isinstance(event, Completed)]


def read(data: bytes) -> tuple[str, Mapping[str, Any], list[str]]:
    """As anybody reads it: whether it holds, what it says, and what does not hold."""
    kind = Image.from_bytes(data).header().format
    with c2pa.Reader(f"image/{kind}", BytesIO(data)) as reader:
        failures = [each["code"] for each in reader.get_validation_results()["activeManifest"]["failure"]]
        return reader.get_validation_state(), reader.get_active_manifest(), failures


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_drawn_picture_says_who_drew_it(paths: tuple[str, str], kind: Any) -> None:
    events, plan = drawn(house(paths), ImageRequest(**_members(output_format=kind, n=2)))
    plain = finished(drawn(Settings(), ImageRequest(**_members(output_format=kind, n=2)))[0])
    assert plan == ""
    for data, bare in zip(finished(events), plain, strict=True):
        assert not has_credentials(bare)
        assert Image.from_bytes(data).header() == Image.from_bytes(bare).header()
        assert opened(data).convert("RGB").tobytes() == opened(bare).convert("RGB").tobytes()
        state, manifest, failures = read(data)
        assert (state, failures) == ("Valid", ["signingCredential.untrusted"])  # its root is of this test
        (generator,) = manifest["claim_generator_info"]
        assert (generator["name"], generator["version"]) == ("Tintype", "0.1.0")
        (action,) = manifest["assertions"][0]["data"]["actions"]
        assert (action["action"], action["digitalSourceType"]) == ("c2pa.created", DRAWN)
        assert action["softwareAgent"]["name"] == "tintype-illustrator"
        assert "thumbnail" not in manifest
        assert b"secret" not in data


def _members(**changes: Any) -> dict[str, Any]:
    return {"model": CAT.model, "prompt": CAT.prompt, "size": CAT.size, "quality": CAT.quality, **changes}


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_changed_byte_is_found(paths: tuple[str, str], kind: Any) -> None:
    (data,) = finished(drawn(house(paths), ImageRequest(**_members(output_format=kind)))[0])
    place = data.index({"png": b"IDAT", "jpeg": b"\xff\xda", "webp": b"VP8 "}[kind])
    changed = bytearray(data)
    changed[place + 40] ^= 1
    state, _, failures = read(bytes(changed))
    assert state == "Invalid"
    assert "assertion.dataHash.mismatch" in failures


def test_what_is_drawn_upon_a_picture_is_a_composite(paths: tuple[str, str]) -> None:
    ground = Image.from_bytes(png(Size(64, 64)))
    (data,) = finished(drawn(house(paths), ImageRequest(**_members(images=(ground,))))[0])
    _, manifest, _ = read(data)
    assert manifest["assertions"][0]["data"]["actions"][0]["digitalSourceType"] == COMPOSED


@pytest.mark.parametrize(
    ("composed", "kind"), [(False, "trainedAlgorithmicMedia"), (True, "compositeWithTrainedAlgorithmicMedia")]
)
def test_a_trained_models_picture_says_that_it_is_one(
    paths: tuple[str, str], composed: bool, kind: str
) -> None:
    signer = Signer.open({"c2pa_certificate": paths[0], "c2pa_key": paths[1]})
    assert signer is not None
    data = signer.sign(png(Size(8, 8)), "png", "local/tiny", composed=composed, trained=True)
    _, manifest, _ = read(data)
    (action,) = manifest["assertions"][0]["data"]["actions"]
    assert action["digitalSourceType"].rpartition("/")[2] == kind
    assert action["softwareAgent"]["name"] == "local/tiny"


def test_previews_are_not_signed(paths: tuple[str, str]) -> None:
    events, _ = drawn(house(paths), ImageRequest(**_members(stream=True, partial_images=1)))
    assert [has_credentials(event.image.as_bytes()) for event in events if isinstance(event, Partial)] == [
        False
    ]
    assert [has_credentials(data) for data in finished(events)] == [True]


def test_a_twin_is_signed_as_who_it_is_and_a_polyfill_tells_that_it_lost_that(paths: tuple[str, str]) -> None:
    gemini = _members(model="gemini-2.5-flash-image", size=None, quality=None)
    (data,) = finished(drawn(house(paths), ImageRequest(**gemini))[0])
    assert (
        read(data)[1]["assertions"][0]["data"]["actions"][0]["softwareAgent"]["name"] == "tintype-illustrator"
    )
    events, plan = drawn(house(paths), ImageRequest(**gemini, output_format="webp"))
    assert not has_credentials(finished(events)[0])
    assert plan.endswith("credentials=dropped:transcode")


def test_several_threads_sign_at_a_time(paths: tuple[str, str]) -> None:
    signer = Signer(*chain(), "es256")
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda _: signer.sign(picture(), "png", "m"), range(32)))
    assert {read(data)[0] for data in signed} == {"Valid"}


def test_what_cannot_be_signed_is_not_delivered(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Rejected, match="could not be signed"), caplog.at_level(logging.ERROR):
        Signer(*chain(), "es256").sign(picture("jpeg"), "png", "m")
    assert "could not be signed" in caplog.text


def _wrong(folder: Path) -> dict[str, tuple[dict[str, str], str]]:
    (folder / "a").mkdir(parents=True)
    (folder / "b").mkdir()
    certificate, key = files(folder / "a")
    _, other = files(folder / "b", "somebody else")
    leaf = folder / "leaf.pem"
    leaf.write_bytes(b"nothing of use")
    both = {"c2pa_certificate": certificate, "c2pa_key": key}
    return {
        "no key": ({"c2pa_certificate": certificate}, "`c2pa_key` is not"),
        "no certificate": ({"c2pa_key": key}, "`c2pa_certificate` is not"),
        "no such file": (
            {**both, "c2pa_key": "/nowhere/key.pem"},
            "`c2pa_key`: /nowhere/key.pem: No such file",
        ),
        "another's key": ({**both, "c2pa_key": other}, "cannot be signed with these files"),
        "no certificate in it": (
            {**both, "c2pa_certificate": str(leaf)},
            "cannot be signed with these files",
        ),
        "no key in it": ({**both, "c2pa_key": certificate}, "cannot be signed with these files"),
        "no such algorithm": ({**both, "c2pa_algorithm": "rot13"}, "`c2pa_algorithm` cannot be 'rot13'"),
        "another algorithm": ({**both, "c2pa_algorithm": "ps256"}, "cannot be signed with these files"),
    }


@pytest.mark.parametrize(
    "what",
    [
        "no key",
        "no certificate",
        "no such file",
        "another's key",
        "no certificate in it",
        "no key in it",
        "no such algorithm",
        "another algorithm",
    ],
)
def test_what_cannot_sign_stops_the_start(what: str, tmp_path: Path) -> None:
    settings, why = _wrong(tmp_path / "files")[what]
    with pytest.raises(ValueError, match=why.replace("`", "[`]")) as caught:
        open_gateway(Settings(**settings), {})  # type: ignore[arg-type]
    assert "PRIVATE" not in str(caught.value)
    assert not any(line in str(caught.value) for line in chain()[1].decode().splitlines()[1:-1])


def test_without_the_library_it_says_what_to_install(
    paths: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(ValueError, match=r"pip install 'tintype\[c2pa\]'"):
        open_gateway(house(paths), {})
    assert open_gateway(Settings(), {})


def test_a_time_stamp_is_asked_for_and_a_picture_is_signed_without(
    paths: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> tuple[list[ImageEvent], int]:
        async with fake_upstream(Reply(status=500)) as authority:
            url = f"http://127.0.0.1:{authority.port}/"
            gateway = open_gateway(house(paths, c2pa_timestamp_url=url), {})
            assert not authority.requests, "nothing is asked at start"
            _, events = await ordered(gateway, CAT)
            await gateway.close()
            return events, len(authority.requests)

    with caplog.at_level(logging.WARNING):
        events, asked = asyncio.run(main())
    assert asked == 1
    assert read(finished(events)[0])[0] == "Valid"
    assert "no time stamp" in caplog.text


def test_no_key_is_shown(paths: tuple[str, str]) -> None:
    signer = Signer(*chain(), "es256")
    shown = repr(signer) + repr(house(paths)) + json.dumps(signer.sign(picture(), "png", "m").hex())
    for line in chain()[1].decode().splitlines()[1:-1]:
        assert line not in shown
