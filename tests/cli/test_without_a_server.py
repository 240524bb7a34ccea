"""What is decided before anything is drawn, and the illustrator's own pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tintype.core import Size

from ..pictures import opened, picture, png
from ..serving import picture_host
from .conftest import Tintype


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("gen",), "no prompt"),
        (("gen", "a fox", "-n", "11"), "-n"),
        (("gen", "a fox", "-s", "huge"), "size"),
        (("gen", "a fox", "-f", "gif"), "png, jpeg, webp"),
        (("gen", "a fox", "-f", "png", "-o", "fox.jpg"), "contradicts"),
        (("gen", "a fox", "--background", "blue"), "transparent, opaque, auto"),
        (("gen", "a fox", "--transparent", "-m", "gpt-image-2"), "background"),
        (("gen", "a fox", "--compression", "101"), "compression"),
        (("gen", "a fox", "-m", "nobody"), "gpt-image-2"),
        (("gen", "a fox", "-i", "nowhere.png"), "nowhere.png"),
        (("gen", "a fox", "--prompt-file", "x"), "prompt"),
        (("gen", "-", "-i", "-"), "stdin"),
        (("gen", "a fox", "-o", "~nobody-here/fox.png"), "'~nobody-here/fox.png'"),
        (("gen", "a fox", "-i", "~nobody-here/fox.png"), "'~nobody-here/fox.png' cannot be read"),
        (("gen", "a fox", "-o", ""), "-o is empty"),
        (("gen", "a fox", "--output="), "--output is empty"),
        (("gen", "a fox", "--model", "", "-n", "2"), "--model is empty"),
        (("gen", "--prompt-file", "latin.txt"), "'latin.txt' is not text in UTF-8"),
        (("gen", "a fox", "--config", "latin.txt"), "latin.txt: it is not text in UTF-8"),
        (("gen", "a", "fox"), "fox"),
        (("gen", "a fox", "--nonsense"), "--nonsense"),
        (("edit", "make it night"), "make it night"),
        (("edit", "a.txt", "make it night"), "a.txt"),
        (("edit",), "picture"),
        (("paint",), "paint"),
        (("serve", "--data", ""), "--data is empty"),
        (("serve", "--port", "99999"), "65535"),
        (("serve", "--port", "many"), "--port"),
        (("serve", "--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_a_wrong_command_is_one_sentence_that_names_it(
    tintype: Tintype, tmp_path: Path, arguments: tuple[str, ...], named: str
) -> None:
    (tmp_path / "a.txt").write_text("not a picture")
    (tmp_path / "latin.txt").write_bytes("Öl".encode("latin-1"))
    wrong = tintype(*arguments)
    assert wrong.code == 2
    assert named in wrong.err
    assert wrong.err.startswith("tintype: ")
    assert wrong.err.count("\n") == 1
    assert wrong.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "latin.txt"]


def test_what_breaks_is_one_line_and_told_in_full_on_request(
    tintype: Tintype, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("on fire")

    monkeypatch.setattr("tintype.cli.drawing.draw", broken)
    told = tintype("gen", "a fox")
    assert (told.code, told.err) == (1, "tintype: RuntimeError('on fire') (TINTYPE_DEBUG=1 tells where)\n")
    monkeypatch.setenv("TINTYPE_DEBUG", "1")
    with pytest.raises(RuntimeError):
        tintype("gen", "a fox")


def test_a_prompt_from_a_pipe_is_text(tintype: Tintype) -> None:
    assert tintype("gen", "--dry-run", stdin="\ufeffÖl".encode()).code == 0
    refused = tintype("gen", "--dry-run", stdin="Öl".encode("latin-1"))
    assert (refused.code, refused.err) == (2, "tintype: prompt: what came on stdin is not text in UTF-8.\n")


def test_an_empty_word_is_no_empty_option(tintype: Tintype, tmp_path: Path) -> None:
    (tmp_path / "-m").write_text("")
    for words in (("gen", "--json", ""), ("gen", "--", ""), ("edit", "--", "-m", "")):
        assert "is empty: say" not in tintype(*words).err


def test_a_dry_run_tells_the_plan_and_the_cost(tintype: Tintype, tmp_path: Path) -> None:
    dry = tintype("gen", "a fox", "-s", "512x512", "--seed", "7", "-q", "medium", "--dry-run")
    rows = dict(line.split(maxsplit=1) for line in dry.out.splitlines())
    assert dry.code == 0
    assert rows["model"] == "gpt-image-2"
    assert "twin" in rows["drawn"]
    assert rows["adjusted"] == "size 512x512->816x816"
    assert rows["ignored"] == "seed"
    assert "quality" in rows["native"]
    assert "not charged" in rows["cost"]
    assert rows["cost"].startswith("about $0.")
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_as_json_has_the_published_number_of_tokens(tintype: Tintype) -> None:
    (dry,) = tintype("gen", "a fox", "-s", "1024x1024", "-q", "medium", "--dry-run", "--json").documents
    assert dry["usage"]["image_out"] == 1756
    assert dry["cost"] == pytest.approx(1756 * 30 / 1e6 + 2 * 5 / 1e6)
    assert (dry["charged"], dry["twin"]) == (False, True)


def test_the_models_have_prices_and_ends(tintype: Tintype) -> None:
    lines = {line.split()[0]: line for line in tintype("models").out.splitlines()}
    assert "$0.053" in lines["gpt-image-2"]
    assert "twin" in lines["gpt-image-2"]
    assert "free" in lines["tintype-illustrator"]
    assert "retired 2026-05-12, then gpt-image-2.5-sunburst" in lines["dall-e-3"]
    found = {model["id"]: model for model in json.loads(tintype("models", "--json").out)}
    assert found["gpt-image-2"]["price_1024x1024"] == 0.05268
    assert found["dall-e-3"]["price_1024x1024"] is None
    assert found["flux-pro"]["price_1024x1024"] == 0.05


def test_a_settings_file_is_read(tintype: Tintype, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('default_model = "gpt-image-1.5"\n')
    dry = tintype("gen", "a fox", "--dry-run", "--config", "mine.toml")
    assert dry.out.splitlines()[0].split() == ["model", "gpt-image-1.5"]


def test_the_illustrator_draws_the_same_picture_for_the_same_seed(tintype: Tintype) -> None:
    order = ("gen", "a fox", "-m", "tintype-illustrator", "-s", "128x128", "-q", "low", "--seed", "7")
    first, second = (tintype(*order) for _ in range(2))
    assert first.code == 0, first.err
    assert first.paths[0].read_bytes() == second.paths[0].read_bytes()
    assert "128x128 · low" in first.err
    assert first.err.endswith("free\n")


def test_a_twin_is_not_charged(tintype: Tintype) -> None:
    done = tintype("gen", "a fox", "-s", "1024x1024", "-q", "low", "--json")
    (document,) = done.documents
    assert (document["provider"], document["twin"], document["charged"]) == ("illustrator", True, False)
    assert done.err.endswith("(twin: not charged)\n")


def test_what_was_asked_is_written_into_the_png(tintype: Tintype) -> None:
    order = ("gen", "ein Fuchs im Schnee, ölig", "-m", "tintype-illustrator", "-s", "64x64", "-q", "low")
    written = opened(tintype(*order, "--seed", "7").paths[0].read_bytes())
    plain = opened(tintype(*order, "--seed", "7", "--no-metadata").paths[0].read_bytes())
    assert written.text["prompt"] == "ein Fuchs im Schnee, ölig"  # type: ignore[attr-defined]
    assert written.text["model"] == "tintype-illustrator"  # type: ignore[attr-defined]
    assert written.text["seed"] == "7"  # type: ignore[attr-defined]
    assert written.text["Software"].startswith("tintype ")  # type: ignore[attr-defined]
    assert plain.text == {}  # type: ignore[attr-defined]
    assert written.tobytes() == plain.tobytes()


def test_a_name_chooses_the_format(tintype: Tintype, tmp_path: Path) -> None:
    done = tintype("gen", "a fox", "-m", "tintype-illustrator", "-s", "64x64", "-q", "low", "-o", "fox.JPG")
    assert done.paths == [tmp_path / "fox.JPG"]
    assert opened(done.paths[0].read_bytes()).format == "JPEG"


def test_an_edit_keeps_the_size_of_its_picture(tintype: Tintype, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(Size(96, 64)))
    done = tintype("edit", "a.png", "watercolour", "-m", "tintype-illustrator", "-q", "low")
    assert opened(done.paths[0].read_bytes()).size == (96, 64)


def test_local_draws_here_whatever_the_environment_says(
    tintype: Tintype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    away = tintype("gen", "a fox")
    assert away.code == 1
    assert "127.0.0.1" in away.err
    here = tintype("gen", "a fox", "--local", "-m", "tintype-illustrator", "-s", "64x64", "-q", "low")
    assert here.code == 0


def test_the_doctor_finds_nothing_wrong(tintype: Tintype) -> None:
    found = tintype("doctor")
    verdicts = {line.split()[1]: line.split()[0] for line in found.out.splitlines()}
    assert found.code == 0, found.out
    assert verdicts["drawing"] == "ok"
    assert verdicts["openai"] == "off"
    assert "set OPENAI_API_KEY; until then its twins draw, free" in found.out


def test_the_doctor_names_what_is_wrong(
    tintype: Tintype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    (tmp_path / "tintype.toml").write_text("colour = 1\n")
    found = tintype("doctor")
    verdicts = {line.split()[1]: line.split()[0] for line in found.out.splitlines()}
    assert found.code == 1
    assert (verdicts["settings"], verdicts["server"]) == ("fail", "fail")
    assert "openai" not in verdicts, "how it is reached is not known"
    assert "sk-secret" not in found.out + found.err


def test_the_doctor_tells_what_would_set_it_up(tintype: Tintype) -> None:
    (vertex,) = [line for line in tintype("doctor").out.splitlines() if line.split()[1] == "vertex"]
    assert vertex.startswith("off ")
    assert "or GOOGLE_CLOUD_PROJECT with GOOGLE_APPLICATION_CREDENTIALS" in vertex


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_what_is_sold_by_the_picture_costs_so_much_for_each(tintype: Tintype, dry: tuple[str, ...]) -> None:
    told = tintype("gen", "a boat", "-m", "flux-pro", "-n", "2", "--json", *dry).documents
    assert sum(document["cost"] for document in told) == pytest.approx(0.1)


def test_a_picture_may_be_at_an_address(
    tintype: Tintype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ("-m", "tintype-illustrator", "-q", "low", "-o", "b.png")
    with picture_host({"/a.png": picture("png", 64, 32)}) as (url, _):
        refused = tintype("edit", f"{url}/a.png", "watercolour", *order)
        monkeypatch.setenv("TINTYPE_FETCH_ALLOW", "127.0.0.0/8")
        done = tintype("edit", f"{url}/a.png", "watercolour", *order)
    assert refused.code == 2
    assert "not public" in refused.err
    assert (done.code, done.paths) == (0, [tmp_path / "b.png"])
    assert "image: filled fetch(1)" in done.err
