"""`tintype batch`: what is ordered, what is not ordered twice, and what is told of it."""

from __future__ import annotations

import errno
import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tintype.accounts.keys import Keys
from tintype.cli.lines import read_lines
from tintype.cli.results import FILE, Result, Results
from tintype.core import Dialect, Events, Image, ImageRequest, Incoming, ModelCard, Size
from tintype.core.errors import BadRequest, Refused, TintypeError, TooManyRequests, Unauthenticated
from tintype.dialects import all_dialects
from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings
from tintype.server.opening import Rooms

from ..fakes import FakeProvider
from ..pictures import opened, png
from ..serving import fake_gateway, picture_host, serving
from ..whole.houses import house
from .conftest import Tintype
from .test_process import COMMAND, environ, hears_ctrl_c

__all__ = ("environ", "hears_ctrl_c")


@dataclass
class Painter(FakeProvider):
    """Fails the prompts in `faults`, each as often as there are errors for it; counts how many it draws at a time."""

    faults: dict[str, list[TintypeError]] = field(default_factory=dict)
    running: int = 0
    most: int = 0

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        if self.faults.get(request.prompt):
            self.asked.append(request)
            raise self.faults[request.prompt].pop(0)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            async for event in super().generate(request, card):
                yield event
        finally:
            self.running -= 1

    @property
    def prompts(self) -> list[str]:
        return sorted(request.prompt for request in self.asked)


@pytest.fixture
def provider() -> Painter:
    return Painter()


def jobs(folder: Path, *lines: dict[str, Any] | str, name: str = "jobs.jsonl") -> str:
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / name).write_text("".join(f"{text}\n" for text in texts))
    return name


def results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out" / FILE).read_text().splitlines()]


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").iterdir() if path.name != FILE)


FOX = {"prompt": "a fox", "size": "64x64", "model": "tintype-illustrator", "quality": "low"}
A, B, C = ({"prompt": name, "custom_id": name} for name in "abc")


def test_each_line_becomes_pictures_and_a_line_of_results(tintype: Tintype, tmp_path: Path) -> None:
    name = jobs(
        tmp_path,
        {**FOX, "custom_id": "fox", "n": 2},
        "",
        {**FOX, "output_format": "jpeg"},
        {"custom_id": "to/cat", "method": "POST", "url": "/v1/images/generations", "body": FOX},
    )
    done = tintype("batch", name, "-o", "out")
    assert done.code == 0, done.err
    assert pictures(tmp_path) == ["3-1.jpg", "fox-1.png", "fox-2.png", "to_cat-1.png"]
    assert {opened((tmp_path / "out" / each).read_bytes()).size for each in pictures(tmp_path)} == {(64, 64)}
    told = {each["line"]: each for each in results(tmp_path)}
    assert [told[line]["custom_id"] for line in (1, 3, 4)] == ["fox", None, "to/cat"]
    assert told[1]["files"] == ["fox-1.png", "fox-2.png"]
    assert {each["status"] for each in told.values()} == {"done"}
    assert (told[1]["cost"], told[1]["charged"], told[1]["error"]) == ("0.000000", False, None)
    assert done.err.splitlines()[0] == "3 orders, 4 pictures: free"
    assert done.err.splitlines()[1].startswith("3 orders done · 4 pictures · ")


def test_what_a_server_draws_for_nothing_is_charged_to_nobody(tintype: Tintype, tmp_path: Path) -> None:
    with serving(open_gateway(Settings(database="off"), {})) as url:
        done = tintype("batch", jobs(tmp_path, FOX), "-o", "out", "--url", f"{url}/v1")
    assert done.code == 0, done.err
    (told,) = results(tmp_path)
    assert (told["cost"], told["charged"]) == ("0.000000", False)


def test_a_dry_run_tells_the_total_and_makes_nothing(tintype: Tintype, tmp_path: Path) -> None:
    name = jobs(
        tmp_path,
        {"prompt": "a fox", "size": "1024x1024", "quality": "medium", "n": 2},
        {"prompt": "a fox", "model": "dall-e-3"},
    )
    dry = tintype("batch", name, "-o", "out", "--dry-run")
    assert dry.code == 0
    assert dry.out == "2 orders, 3 pictures: about $0.105 (twins: not charged)\n"
    (document,) = tintype("batch", name, "-o", "out", "--dry-run", "--json").documents
    assert document == {
        "orders": 2,
        "done": 0,
        "pictures": 3,
        "cost": "0.000000",
        "not_charged": "0.105370",
        "unknown": 0,
    }
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("server")
def test_a_server_is_asked_what_it_would_cost(tintype: Tintype, provider: Painter, tmp_path: Path) -> None:
    name = jobs(
        tmp_path, {"prompt": "a fox", "size": "1024x1024", "quality": "medium", "n": 3}, {**B, "n": 1}
    )
    dry = tintype("batch", name, "-o", "out", "--dry-run")
    assert re.fullmatch(r"2 orders, 4 pictures: about \$0\.\d+\n", dry.out)
    assert provider.asked == []
    unknown = tintype("batch", jobs(tmp_path, A, {**B, "model": "nobody"}), "-o", "out", "--dry-run")
    assert unknown.code == 2
    assert "line 2: " in unknown.err
    assert "nobody" in unknown.err


def test_a_key_that_may_not_ask_so_often_is_told_by_what_is_alike(
    tintype: Tintype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    async def key(rooms: Rooms) -> None:
        assert rooms.database is not None
        made.append((await Keys(rooms.database).make("batch", requests_per_minute=2))[1])

    with house(FakeProvider(), tmp_path / "data", prepare=key) as at:
        monkeypatch.setenv("OPENAI_API_KEY", made[0])
        like = [{"prompt": str(number), "model": "m", "n": 2} for number in range(4)]
        name = jobs(tmp_path, *like, {"prompt": "another", "model": "m", "n": 3})
        dry = tintype("batch", name, "-o", "out", "--dry-run", "--url", f"{at.url}/v1")
    assert dry.out == "5 orders, 11 pictures: about $0.08, 1 order whose cost is not known\n", dry.err


def test_of_a_server_without_quotes_the_cost_is_told_as_unknown(tintype: Tintype, tmp_path: Path) -> None:
    with picture_host({}) as (url, _):
        dry = tintype("batch", jobs(tmp_path, A, {**B, "n": 3}), "-o", "out", "--dry-run", "--url", url)
    assert dry.out == "2 orders, 4 pictures: 2 orders whose cost is not known\n"


WRONG = {
    "{nope": "JSON",
    r'{"prompt": "\ud83d"}': "cut in the middle of a letter",
    "[]": "object",
    '{"size": "64x64"}': "prompt",
    '{"prompt": "a", "n": 11}': "n",
    '{"prompt": "a", "size": "huge"}': "size",
    '{"prompt": "a", "image": "nowhere.png"}': "nowhere.png",
    '{"prompt": "a", "image": "text.txt"}': "text.txt",
    '{"prompt": "a", "custom_id": 7}': "custom_id",
    '{"prompt": "a", "custom_id": "ok"}': "line 1",
    json.dumps({"prompt": "a", "custom_id": "漢" * 100}): "so long a name",
    '{"url": "/v1/chat/completions", "body": {"prompt": "a"}}': "/v1/images/generations",
    '{"method": "GET", "body": {"prompt": "a"}}': "POST",
    '{"body": {"prompt": "a"}, "n": 2}': "n: it belongs into",
    '{"body": "a"}': "body",
    '{"prompt": "a", "model": "nobody"}': "nobody",
    '{"prompt": "a", "background": "transparent", "model": "gpt-image-2"}': "background",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_line_that_is_no_order_is_named_before_anything_is_ordered(
    tintype: Tintype, tmp_path: Path, line: str
) -> None:
    (tmp_path / "text.txt").write_text("not a picture")
    name = jobs(tmp_path, {**FOX, "custom_id": "ok"}, line)
    wrong = tintype("batch", name, "-o", "out")
    assert wrong.code == 2
    first, last = wrong.err.splitlines()
    assert first.startswith("tintype: line 2: ")
    assert WRONG[line] in first
    assert last == "tintype: 1 line of 'jobs.jsonl' cannot be ordered, so nothing was."
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("nowhere.jsonl", "-o", "out"), "nowhere.jsonl"),
        (("jobs.jsonl",), "--out"),
        (("jobs.jsonl", "-o", "out", "-c", "0"), "concurrency"),
        (("jobs.jsonl", "-o", "jobs.jsonl"), "out"),
        (("jobs.jsonl", "-o", "out", "--url", "here"), "--url is 'here'"),
        (("jobs.jsonl", "-o", ""), "-o is empty"),
        (("jobs.jsonl", "-o", "out", "--url", "http://127.0.0.1:9", "--local"), "--local"),
    ],
)
def test_a_wrong_command_is_one_sentence(
    tintype: Tintype, tmp_path: Path, arguments: tuple[str, ...], named: str
) -> None:
    jobs(tmp_path, FOX)
    wrong = tintype("batch", *arguments, "--quiet")
    assert wrong.code == 2
    assert named in wrong.err
    assert wrong.err.count("\n") == 1


@pytest.mark.usefixtures("server")
def test_what_failed_stops_nothing_and_is_all_that_the_next_run_orders(
    tintype: Tintype, provider: Painter, tmp_path: Path
) -> None:
    provider.faults["b"] = [Refused("Not that.")]
    name = jobs(tmp_path, A, B, C)
    first = tintype("batch", name, "-o", "out")
    assert first.code == 1
    assert "tintype: line 2: Not that.\n" in first.err
    assert "2 orders done · 1 failed · 2 pictures" in first.err
    failed = next(each for each in results(tmp_path) if each["custom_id"] == "b")
    assert (failed["status"], failed["files"], failed["error"]["code"]) == (
        "failed",
        [],
        "moderation_blocked",
    )
    provider.asked.clear()
    again = tintype("batch", name, "-o", "out")
    assert again.code == 0
    assert provider.prompts == ["b"]
    assert again.err.startswith("1 order, 1 picture (2 done before): ")
    assert pictures(tmp_path) == ["a-1.png", "b-1.png", "c-1.png"]
    provider.asked.clear()
    third = tintype("batch", name, "-o", "out")
    assert (third.code, third.err) == (0, "nothing to order (3 done before)\n")
    assert provider.asked == []


@pytest.mark.usefixtures("server")
def test_lines_of_results_as_they_come(tintype: Tintype, tmp_path: Path) -> None:
    done = tintype("batch", jobs(tmp_path, A, B), "-o", "out", "--json", "--quiet")
    assert done.err == ""
    assert sorted(done.documents, key=str) == sorted(results(tmp_path), key=str)


@pytest.mark.usefixtures("server")
def test_whoever_reads_no_more_of_them_cuts_no_order_off(
    environ: dict[str, str], provider: Painter, server: str, tmp_path: Path
) -> None:
    name = jobs(tmp_path, A, B, C)
    provider.pause = 0.3
    order = [*COMMAND, "batch", name, "-o", "out", "--json", "-c", "2", "--url", server]
    heard, told = os.pipe()
    os.close(heard)
    with os.fdopen(told, "wb") as nobody:
        ended = subprocess.run(
            order, env=environ, cwd=tmp_path, stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=30
        )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "2 orders done · 1 not ordered" in ended.stderr
    assert pictures(tmp_path) == ["a-1.png", "b-1.png"]
    assert len(results(tmp_path)) == 2


@pytest.mark.usefixtures("server")
def test_whoever_is_busy_is_asked_again(tintype: Tintype, provider: Painter, tmp_path: Path) -> None:
    provider.faults["a"] = [TooManyRequests("Slowly.", retry_after=0.01) for _ in range(3)]
    assert tintype("batch", jobs(tmp_path, A), "-o", "out").code == 0
    assert provider.prompts == ["a"] * 4
    provider.faults["b"] = [TooManyRequests("Slowly.", retry_after=0.01) for _ in range(99)]
    failed = tintype("batch", jobs(tmp_path, B), "-o", "out")
    assert failed.code == 1
    assert provider.prompts.count("b") < 30, "it gives up"
    assert results(tmp_path)[-1]["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.usefixtures("server")
def test_a_key_that_is_refused_ends_it(tintype: Tintype, provider: Painter, tmp_path: Path) -> None:
    provider.faults["a"] = [Unauthenticated("Who are you?")]
    refused = tintype("batch", jobs(tmp_path, A, B, C), "-o", "out", "-c", "1")
    assert refused.code == 3
    assert "3 not ordered" in refused.err
    assert provider.prompts == ["a"]
    assert results(tmp_path) == []


@pytest.mark.usefixtures("server")
def test_so_many_at_a_time_and_not_more(tintype: Tintype, provider: Painter, tmp_path: Path) -> None:
    provider.pause = 0.05
    name = jobs(tmp_path, *({"prompt": f"{number}"} for number in range(9)))
    assert tintype("batch", name, "-o", "out", "-c", "3").code == 0
    assert provider.most == 3


@pytest.mark.usefixtures("server")
def test_pictures_lie_beside_the_file_of_jobs(tintype: Tintype, provider: Painter, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    picture, mask = png(Size(64, 64), "red"), png(Size(64, 64))
    (tmp_path / "in" / "a.png").write_bytes(picture)
    (tmp_path / "in" / "mask.png").write_bytes(mask)
    plain = bytes(Image.from_bytes(picture).as_base64()).decode()
    lines: list[dict[str, Any]] = [
        {"prompt": "1", "image": "a.png", "mask": "mask.png"},
        {"prompt": "2", "images": [{"image_url": "a.png"}, str(tmp_path / "in" / "mask.png")]},
        {"prompt": "3", "image": f"data:image/png;base64,{plain}"},
        {"url": "/v1/images/edits", "body": {"prompt": "4", "image": plain}},
    ]
    done = tintype("batch", f"in/{jobs(tmp_path / 'in', *lines)}", "-o", "out")
    assert done.code == 0, done.err
    asked = {request.prompt: request for request in provider.asked}
    assert [image.as_bytes() for image in asked["1"].images] == [picture]
    assert asked["1"].mask is not None
    assert asked["1"].mask.as_bytes() == mask
    assert [image.as_bytes() for image in asked["2"].images] == [picture, mask]
    assert [image.as_bytes() for image in asked["3"].images] == [picture]
    assert [image.as_bytes() for image in asked["4"].images] == [picture]


class Listening:
    """OpenAI's dialect, remembering under which keys it was asked."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.keys: dict[str, list[str]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)

    def read(self, incoming: Incoming) -> ImageRequest:
        request = self._dialect.read(incoming)
        if key := incoming.headers.get("idempotency-key"):  # who only asks what it would cost has none
            self.keys.setdefault(request.prompt, []).append(key)
        return request


@pytest.fixture
def listening(provider: Painter, card: ModelCard) -> Iterator[tuple[str, Listening]]:
    dialects = list(all_dialects())
    at = next(at for at, each in enumerate(dialects) if each.name == "openai-images")
    ear: Any = Listening(dialects[at])
    dialects[at] = ear
    with serving(fake_gateway(provider, card), dialects=dialects) as url:
        yield f"{url}/v1", ear


def test_an_order_goes_under_a_key_that_is_its_own_and_stays(
    tintype: Tintype, listening: tuple[str, Listening], provider: Painter, tmp_path: Path
) -> None:
    url, ear = listening
    (tmp_path / "a.png").write_bytes(png(Size(64, 64), "red"))
    lines = [{"prompt": "1"}, {"prompt": "2"}, {"prompt": "3", "image": "a.png"}]
    name = jobs(tmp_path, *lines)
    for each in ("1", "2", "3"):
        provider.faults[each] = [Refused("No.")]
    assert tintype("batch", name, "-o", "out", "--url", url).code == 1
    assert tintype("batch", name, "-o", "out", "--url", url).code == 0
    assert [len(keys) for keys in ear.keys.values()] == [2, 2, 2]
    assert all(len(set(keys)) == 1 for keys in ear.keys.values()), "the same in the second run"
    keys = {key for keys in ear.keys.values() for key in keys}
    assert len(keys) == 3
    assert all(key.startswith("tintype-batch-") and len(key) < 255 for key in keys)
    (tmp_path / "a.png").write_bytes(png(Size(64, 64), "blue"))
    (line,) = (each for each in read_lines(tmp_path / name, "", strict=False)[0] if each.number == 3)
    assert line.idempotency not in keys, "another picture is another order"


@pytest.mark.usefixtures("server")
def test_a_name_that_was_another_orders_is_refused(
    tintype: Tintype, provider: Painter, tmp_path: Path
) -> None:
    assert tintype("batch", jobs(tmp_path, {"prompt": "a"}), "-o", "out").code == 0
    other = tintype("batch", jobs(tmp_path, {"prompt": "b"}, {"prompt": "a"}), "-o", "out")
    assert other.code == 2
    assert "another order called '1'" in other.err
    assert provider.prompts == ["a"]


@pytest.mark.usefixtures("server")
def test_a_result_cut_short_by_the_end_of_a_batch_is_ordered_again(
    tintype: Tintype, provider: Painter, tmp_path: Path
) -> None:
    name = jobs(tmp_path, A, B)
    assert tintype("batch", name, "-o", "out", "-c", "1").code == 0
    path = tmp_path / "out" / FILE
    path.write_bytes(path.read_bytes()[:-20])
    (tmp_path / "out" / "b-1.png").unlink()
    again = tintype("batch", name, "-o", "out")
    assert again.err.startswith("1 order, 1 picture (1 done before): ")
    assert provider.prompts == ["a", "b"], "the server has the picture still, and does not sell it again"
    assert pictures(tmp_path) == ["a-1.png", "b-1.png"]
    assert [each["custom_id"] for each in results(tmp_path)] == ["a", "b"]


def test_a_file_of_something_else_is_left_alone(tintype: Tintype, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / FILE).write_text("mine\n")
    refused = tintype("batch", jobs(tmp_path, FOX), "-o", "out")
    assert refused.code == 2
    assert FILE in refused.err
    assert (tmp_path / "out" / FILE).read_text() == "mine\n"


def test_one_batch_at_a_time_writes_into_a_folder(tmp_path: Path) -> None:
    first, second = Results(tmp_path), Results(tmp_path)
    first.open()
    with pytest.raises(BadRequest, match="another batch"):
        second.open()
    first.close()


class Started:
    """A batch as a process of its own, at a painter who takes his time."""

    def __init__(self, environ: dict[str, str], folder: Path, url: str, *arguments: str) -> None:
        self.folder = folder
        order = [*COMMAND, "batch", "jobs.jsonl", "-o", "out", "--url", url, *arguments]
        self.process = subprocess.Popen(order, env=environ, cwd=folder, stderr=subprocess.PIPE, text=True)

    def until(self, provider: Painter, asked: int) -> None:
        deadline = time.monotonic() + 20
        while len(provider.asked) < asked:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def end(self) -> tuple[int, str]:
        try:
            _, err = self.process.communicate(timeout=20)
            return self.process.returncode, err
        finally:
            self.process.kill()


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_waits_for_what_runs_and_the_next_run_orders_the_rest(
    environ: dict[str, str], provider: Painter, server: str, tintype: Tintype, tmp_path: Path
) -> None:
    jobs(tmp_path, A, B, C, {"prompt": "d"})
    provider.pause = 1.0
    started = Started(environ, tmp_path, server, "-c", "2")
    started.until(provider, 2)
    started.process.send_signal(signal.SIGINT)
    code, err = started.end()
    assert code == 130, err
    assert "Ctrl-C again" in err
    assert "2 orders done · 2 not ordered · 2 pictures" in err
    assert sorted(each["custom_id"] for each in results(tmp_path)) == ["a", "b"]
    provider.pause = 0
    assert tintype("batch", "jobs.jsonl", "-o", "out").code == 0
    assert provider.prompts == ["a", "b", "c", "d"]


@pytest.mark.usefixtures("hears_ctrl_c")
def test_a_second_ctrl_c_ends_it(
    environ: dict[str, str], provider: Painter, server: str, tmp_path: Path
) -> None:
    jobs(tmp_path, A, B)
    provider.pause = 30
    started = Started(environ, tmp_path, server)
    started.until(provider, 2)
    begun = time.monotonic()
    started.process.send_signal(signal.SIGINT)
    assert started.process.stderr is not None
    while "Ctrl-C again" not in started.process.stderr.readline():
        pass
    started.process.send_signal(signal.SIGINT)
    code, err = started.end()
    assert (code, time.monotonic() - begun < 15) == (130, True)
    assert "Traceback" not in err
    assert results(tmp_path) == []
    assert pictures(tmp_path) == []


def test_a_batch_that_was_killed_orders_again_under_the_same_keys(
    environ: dict[str, str],
    listening: tuple[str, Listening],
    provider: Painter,
    tintype: Tintype,
    tmp_path: Path,
) -> None:
    url, ear = listening
    jobs(tmp_path, A, B, C)
    provider.pause = 30
    started = Started(environ, tmp_path, url, "-c", "2")
    started.until(provider, 2)
    started.process.kill()
    started.end()
    provider.pause = 0
    assert tintype("batch", "jobs.jsonl", "-o", "out", "--url", url).code == 0
    assert [len(ear.keys[each]) for each in "abc"] == [2, 2, 1]
    assert all(len(set(keys)) == 1 for keys in ear.keys.values())
    assert pictures(tmp_path) == ["a-1.png", "b-1.png", "c-1.png"]


def test_a_disk_that_is_full_ends_it_and_the_next_run_orders_what_is_missing(
    provider: Painter, server: str, tintype: Tintype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs(tmp_path, A, B, C)
    write = Path.write_bytes

    def fails_for_b(path: Path, data: bytes) -> int:
        if provider.prompts[-1] == "b":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", fails_for_b)
        run = tintype("batch", "jobs.jsonl", "-o", "out", "-c", "1")
    assert run.code == 1
    assert "'out/b-1.png' cannot be written: No space left on device" in run.err
    assert "1 order done · 2 not ordered" in run.err
    assert [each["custom_id"] for each in results(tmp_path)] == ["a"]
    assert pictures(tmp_path) == ["a-1.png"]
    assert tintype("batch", "jobs.jsonl", "-o", "out").code == 0
    assert pictures(tmp_path) == ["a-1.png", "b-1.png", "c-1.png"]


def test_a_result_that_cannot_be_written_leaves_no_half_of_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    earlier, later = (Result(custom_id=name, line=1, status="done") for name in "ab")
    results = Results(tmp_path)
    results.open()
    results.add(earlier)
    write, room = os.write, iter([10])

    def until_it_is_full(file: int, data: bytes) -> int:
        if not (left := next(room, 0)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[:left])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", until_it_is_full)
        with pytest.raises(TintypeError, match="No space left"):
            results.add(later)
    results.add(later)
    results.close()
    assert list(Results(tmp_path).earlier) == ["a", "b"]


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_a_terminal_is_asked_first(environ: dict[str, str], tmp_path: Path, answer: str, code: int) -> None:
    name = jobs(tmp_path, FOX)
    terminal, end = pty.openpty()
    order = [*COMMAND, "batch", name, "-o", "out"]
    with subprocess.Popen(order, env=environ, cwd=tmp_path, stdin=end, stdout=end, stderr=end) as started:
        os.close(end)
        seen = b""
        while b"go on? [y/N] " not in seen:
            seen += os.read(terminal, 4096)
        assert b"1 order, 1 picture: free" in seen
        assert not (tmp_path / "out").exists()
        os.write(terminal, f"{answer}\n".encode())
        while True:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
    os.close(terminal)
    assert started.returncode == code, seen
    assert (tmp_path / "out" / "1-1.png").exists() is (answer == "y")
    assert (b"nothing was ordered" in seen) is (answer != "y")


@pytest.mark.parametrize("kind", ["pipe", "folder", "/dev/zero"])
def test_a_picture_that_is_no_file_is_told(tintype: Tintype, tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "jobs.jsonl").write_text(json.dumps({"prompt": "a", "image": kind}))
    done = tintype("batch", "jobs.jsonl", "-o", "out")
    assert done.code == 2
    assert f"line 1: image: '{kind}' is not a file" in done.err


def test_a_picture_without_end_is_told(tintype: Tintype) -> None:
    done = tintype("edit", "--image", "/dev/zero", "a hat")
    assert done.code == 2
    assert "'/dev/zero' is larger than 50,000,000 bytes" in done.err
