"""`generate`, `edit` and `models` against a server that speaks OpenAI's Images API."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from tintype.core import ModelCard, Size
from tintype.core.errors import Forbidden, OutOfCredit, Refused, Timeout, TintypeError, Unauthenticated

from ..fakes import FakeProvider
from ..pictures import opened, png
from ..serving import picture_host
from .conftest import Tintype

pytestmark = pytest.mark.usefixtures("server")


def test_a_picture_becomes_a_file_named_after_its_prompt(tintype: Tintype, tmp_path: Path) -> None:
    done = tintype("generate", "A red panda")
    assert done.code == 0
    (path,) = done.paths
    assert path.parent == tmp_path
    assert path.is_absolute()
    assert path.name.startswith("red-panda-")
    assert path.suffix == ".png"
    assert opened(path.read_bytes()).size == (816, 816)
    assert done.err.startswith("1 picture · 816x816 · ")
    assert stat.S_IMODE(path.stat().st_mode) & 0o444


def test_what_was_asked_reaches_the_server(tintype: Tintype, provider: FakeProvider) -> None:
    done = tintype(
        *("gen", "a fox", "-m", "gpt-image-2", "-n", "2", "-s", "1024x1024", "-q", "high", "-f", "webp"),
        *("--compression", "60", "--background", "opaque"),
    )
    (asked,) = provider.asked
    assert done.code == 0
    assert (asked.prompt, asked.n, asked.quality, asked.output_format) == ("a fox", 2, "high", "webp")
    assert (asked.size, asked.output_compression, asked.background) == (Size(1024, 1024), 60, "opaque")


def test_several_pictures_are_numbered(tintype: Tintype, tmp_path: Path) -> None:
    done = tintype("gen", "a fox", "-n", "3", "-o", "fox.png")
    assert done.paths == [tmp_path / f"fox-{number}.png" for number in (1, 2, 3)]
    assert all(path.exists() for path in done.paths)


def test_a_line_of_json_for_each_picture(tintype: Tintype) -> None:
    first, second = tintype("gen", "a fox", "-n", "2", "-s", "1024x1024", "--json").documents
    assert Path(first["path"]).exists()
    assert (first["size"], first["format"], first["model"]) == ("1024x1024", "png", "gpt-image-2")
    assert {"seed", "provider", "plan", "cost"} <= set(first)
    assert first["usage"]["total"] + second["usage"]["total"] == 22, "usage is told once, not per picture"


def test_the_bytes_themselves_on_stdout(tintype: Tintype, tmp_path: Path) -> None:
    done = tintype("gen", "a fox", "-o", "-")
    assert opened(done.raw).size == (816, 816)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("clash", [("-n", "2"), ("--json",), ("--open",)])
def test_stdout_takes_one_picture_and_nothing_else(
    tintype: Tintype, provider: FakeProvider, clash: tuple[str, ...]
) -> None:
    done = tintype("gen", "a fox", "-o", "-", *clash)
    assert done.code == 2
    assert clash[0] in done.err
    assert provider.asked == []


def test_nothing_is_overwritten_and_nothing_drawn_for_it(
    tintype: Tintype, provider: FakeProvider, tmp_path: Path
) -> None:
    (tmp_path / "fox.png").write_bytes(b"mine")
    refused = tintype("gen", "a fox", "-o", "fox.png")
    assert refused.code == 2
    assert "'fox.png' exists" in refused.err
    assert "--force" in refused.err
    assert provider.asked == []
    assert (tmp_path / "fox.png").read_bytes() == b"mine"
    forced = tintype("gen", "a fox", "-o", "fox.png", "--force")
    assert forced.paths == [tmp_path / "fox.png"]
    assert opened((tmp_path / "fox.png").read_bytes()).format == "PNG"


def test_a_folder_gets_a_name_inside_it_and_a_missing_one_an_error(tintype: Tintype, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert tintype("gen", "a fox", "-o", "out").paths[0].parent == tmp_path / "out"
    missing = tintype("gen", "a fox", "-o", "nowhere/fox.png")
    assert missing.code == 2
    assert "there is no folder 'nowhere'" in missing.err


def test_quiet_says_nothing_but_the_path(tintype: Tintype) -> None:
    done = tintype("gen", "a fox", "--quiet", "-s", "512x512")
    assert done.err == ""
    assert len(done.paths) == 1


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("-",), b"a fox\n"),
        ((), b"a fox\n"),
        (("--prompt-file", "prompt.txt"), b""),
        (("--prompt-file", "-"), b"a fox"),
    ],
)
def test_the_prompt_may_come_from_elsewhere(
    tintype: Tintype, provider: FakeProvider, tmp_path: Path, arguments: tuple[str, ...], stdin: bytes
) -> None:
    (tmp_path / "prompt.txt").write_text("a fox\n")
    assert tintype("gen", *arguments, stdin=stdin).code == 0
    assert provider.asked[0].prompt == "a fox"


def test_pictures_and_mask_are_sent(tintype: Tintype, provider: FakeProvider, tmp_path: Path) -> None:
    first, second = png(Size(64, 64), "red"), png(Size(32, 32), "blue")
    (tmp_path / "a.png").write_bytes(first)
    (tmp_path / "b.png").write_bytes(second)
    done = tintype("edit", "a.png", "b.png", "make it night", "--mask", "a.png")
    (asked,) = provider.asked
    assert done.code == 0
    assert asked.prompt == "make it night"
    assert [image.as_bytes() for image in asked.images] == [first, second]
    assert asked.mask is not None


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("edit", "-", "make it night"), "picture"),
        (("gen", "make it night", "-i", "-"), "picture"),
        (("edit", "a.png"), "prompt"),
        (("edit", "a.png", "-"), "prompt"),
    ],
)
def test_stdin_is_a_picture_or_the_prompt(
    tintype: Tintype, provider: FakeProvider, tmp_path: Path, arguments: tuple[str, ...], stdin: str
) -> None:
    picture = png(Size(64, 64))
    (tmp_path / "a.png").write_bytes(picture)
    done = tintype(*arguments, stdin=picture if stdin == "picture" else b"make it night")
    assert done.code == 0, done.err
    assert provider.asked[0].prompt == "make it night"
    assert provider.asked[0].images[0].as_bytes() == picture


def test_previews_are_asked_for_and_watched(tintype: Tintype, provider: FakeProvider) -> None:
    assert tintype("gen", "a fox", "--previews", "2").code == 0
    assert (provider.asked[0].stream, provider.asked[0].partial_images) == (True, 2)


def test_several_pictures_with_previews_are_several_streams(tintype: Tintype, provider: FakeProvider) -> None:
    done = tintype("gen", "a fox", "-n", "2", "--previews", "1", "-o", "fox.png")
    assert [path.name for path in sorted(done.paths)] == ["fox-1.png", "fox-2.png"]
    assert [asked.n for asked in provider.asked] == [1, 1]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Refused("Your request was rejected by the safety system."), 4),
        (OutOfCredit("There is no money left."), 5),
        (Timeout("It took too long."), 6),
        (Unauthenticated("Who are you?"), 3),
        (Forbidden("Not with this key."), 3),
    ],
)
@pytest.mark.parametrize("previews", ["0", "2"])
def test_a_failure_is_one_sentence_and_a_code(
    tintype: Tintype,
    provider: FakeProvider,
    tmp_path: Path,
    fault: TintypeError,
    code: int,
    previews: str,
) -> None:
    provider.fails = fault
    failed = tintype("gen", "a fox", "--previews", previews)
    assert failed.out == ""
    assert failed.err.count("\n") == 1
    assert failed.err.startswith("tintype: ")
    assert failed.code == code
    assert list(tmp_path.iterdir()) == []


def test_the_server_says_which_models_it_has(tintype: Tintype) -> None:
    assert tintype("models").out == "gpt-image-2\n"
    assert tintype("models", "--json").documents[0][0]["owned_by"] == "openai"  # type: ignore[index]
    unknown = tintype("gen", "a fox", "-m", "gpt-image-9")
    assert unknown.code == 2
    assert "gpt-image-9" in unknown.err
    assert "gpt-image-2" in unknown.err


def test_strict_handling_is_asked_of_the_server(tintype: Tintype, provider: FakeProvider) -> None:
    assert tintype("gen", "a fox", "-s", "512x512").code == 0
    strict = tintype("gen", "a fox", "-s", "512x512", "--strict")
    assert strict.code == 2
    assert "512x512" in strict.err
    assert len(provider.asked) == 1


def test_what_a_tintype_server_tells_is_handed_on(
    tintype: Tintype, provider: FakeProvider, card: ModelCard
) -> None:
    provider.name = "illustrator"
    done = tintype("gen", "a fox", "-s", "512x512", "--seed", "7", "--json")
    (document,) = done.documents
    assert document["plan"] == "size=adjusted:512x512->816x816; seed=ignored"
    assert (document["provider"], document["model"]) == ("illustrator", "gpt-image-2")
    assert (document["twin"], document["charged"]) == (True, False)
    assert document["cost"] == (5 + 10 * 30) / 1e6
    assert "tintype: seed: ignored" in done.err
    assert done.err.count("size:") == 1
    assert done.err.endswith("(twin: not charged)\n")


def test_a_dry_run_asks_the_server_what_it_would_cost(tintype: Tintype, provider: FakeProvider) -> None:
    order = ("gen", "a fox", "-m", "gpt-image-2", "-s", "512x512", "-q", "medium", "--dry-run")
    rows = dict(line.split(maxsplit=1) for line in tintype(*order).out.splitlines())
    assert re.fullmatch(r"about \$0\.0\d+, \$0\.0\d+ at most", rows["cost"]), rows
    assert (rows["model"], rows["adjusted"]) == ("gpt-image-2", "size 512x512->816x816")
    (told,) = tintype(*order, "--json").documents
    assert 0 < told["cost"] < told["most"] < 0.1
    assert (told["charged"], told["provider"]) == (True, "fake")
    edit = ("edit", "a hat", "-i", "in.png", "-m", "gpt-image-2", "-s", "1024x1024", "-q", "low", "--dry-run")
    Path("in.png").write_bytes(png(Size(512, 512)))
    assert "at most" in tintype(*edit).out
    assert provider.asked == []


def test_what_a_server_says_instead_of_a_cost_is_told(tintype: Tintype, provider: FakeProvider) -> None:
    dry = tintype("gen", "a fox", "-m", "nobody", "--dry-run")
    assert dry.code == 0
    assert "cost      cost not known" in dry.out
    assert re.search(r"notice +127\S+ tells no cost: The model `nobody` does not exist", dry.out)
    assert provider.asked == []


def test_of_a_server_without_quotes_the_cost_is_not_known(
    tintype: Tintype, monkeypatch: pytest.MonkeyPatch
) -> None:
    with picture_host({}) as (url, _):
        monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        dry = tintype("gen", "a fox", "--dry-run")
    rows = dict(line.split(maxsplit=1) for line in dry.out.splitlines())
    assert (dry.code, rows["cost"], "notice" in rows) == (0, "cost not known", False)
