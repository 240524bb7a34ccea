"""Settings come from a file, then the environment; what is wrong is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tintype.gateway.settings import Settings


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tintype.toml"
    path.write_text('port = 9000\nhost = "0.0.0.0"\n[stand_in]\n"dall-e-*" = "gpt-image-2"\n')
    settings = Settings.load({"PORT": "9001", "TINTYPE_HEARTBEAT": "2.5"}, path)
    assert (settings.host, settings.port, settings.heartbeat) == ("0.0.0.0", 9001, 2.5)
    assert settings.stand_in == {"dall-e-*": "gpt-image-2"}
    assert Settings.load({"PUBLIC_BASE_URL": "https://t.test/x"}, path).public_base_url == "https://t.test/x"


@pytest.mark.parametrize(
    ("text", "environ", "fetch", "allow"),
    [
        ("", {}, True, []),
        ('fetch = false\nfetch_allow = ["10.0.0.0/8", "::1"]', {}, False, ["10.0.0.0/8", "::1/128"]),
        ("fetch = false", {"TINTYPE_FETCH": "true"}, True, []),
        (
            "",
            {"TINTYPE_FETCH": "0", "TINTYPE_FETCH_ALLOW": "10.0.0.0/8, fd00::/8"},
            False,
            ["10.0.0.0/8", "fd00::/8"],
        ),
        ('fetch_allow = ["10.0.0.0/8"]', {"TINTYPE_FETCH_ALLOW": ""}, True, []),
    ],
)
def test_where_pictures_are_fetched_from(
    tmp_path: Path, text: str, environ: dict[str, str], fetch: bool, allow: list[str]
) -> None:
    path = tmp_path / "tintype.toml"
    path.write_text(text)
    settings = Settings.load(environ, path)
    assert (settings.fetch, list(map(str, settings.fetch_allow))) == (fetch, allow)


@pytest.mark.parametrize(
    ("text", "environ", "message"),
    [
        ("prot = 1", {}, "there is no setting 'prot'"),
        ("port = 'x'", {}, "port cannot be 'x': it must be a whole number"),
        ("port = [", {}, "tintype.toml"),
        ("data = 3", {}, "data cannot be 3: it must be a folder"),
        ("", {"DATA": ""}, r"\$DATA: data cannot be '': it must be a folder"),
        ("stand_in = 3", {}, "stand_in cannot be 3"),
        (
            "",
            {"TINTYPE_METRICS_KEY": "key\n"},
            "metrics_key cannot be that: it must be a text without blanks",
        ),
        ("", {"PORT": "-1"}, r"\$PORT: port cannot be '-1'"),
        ("port = true", {}, "port cannot be True"),
        ("picture_lifetime = nan", {}, "picture_lifetime cannot be nan: it must be a number that is not"),
        ("", {"PUBLIC_BASE_URL": "t.test"}, r"\$PUBLIC_BASE_URL: .* an address such as https://"),
        ("deadline = inf", {}, "deadline cannot be inf: it must be a number, and at most 1,000,000,000"),
        ("", {"TINTYPE_GRACE": "nan"}, r"\$TINTYPE_GRACE: grace cannot be 'nan'"),
        ("port = 80.5", {}, "port cannot be 80.5: it must be a whole number"),
        ("grace = nan", {}, "grace cannot be nan: it must be a number that is not negative"),
        ("grace = inf", {}, "grace cannot be inf: it must be a number, and at most 1,000,000,000"),
        ("", {"TINTYPE_HEARTBEAT": "nan"}, r"\$TINTYPE_HEARTBEAT: heartbeat cannot be 'nan'"),
        ("gallery_days = 1e99", {}, "at most 1,000,000,000"),
        ("max_body = 0", {}, "max_body cannot be 0: it must be a number above 0"),
        ("deadline = 0", {}, "deadline cannot be 0: it must be a number above 0"),
        ("picture_lifetime = 0.0", {}, "picture_lifetime cannot be 0.0: it must be a number above 0"),
        ("public_base_url = 'images.example'", {}, "public_base_url cannot be 'images.example'"),
        ("public_base_url = 'ftp://a.example'", {}, "it must be an address such as https://"),
        ("public_base_url = 'http://[a.example'", {}, "it must be an address such as https://"),
        ("", {"TINTYPE_DATABSE": "off"}, r"\$TINTYPE_DATABSE: .* did you mean TINTYPE_DATABASE"),
        ("fetch = 'perhaps'", {}, "fetch cannot be 'perhaps': it must be true or false"),
        ("fetch_allow = ['10.0.0.1/8']", {}, "it must be a list of networks such as 10.0.0.0/8"),
        ("fetch_allow = true", {}, "it must be a list of networks"),
        (
            "",
            {"TINTYPE_FETCH_ALLOW": "localhost"},
            r"\$TINTYPE_FETCH_ALLOW: fetch_allow cannot be 'localhost'",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, environ: dict[str, str], message: str) -> None:
    path = tmp_path / "tintype.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        Settings.load(environ, path)


def test_variables_of_others_are_left_alone() -> None:
    """Kubernetes sets some of these for a service called tintype."""
    others = {
        "TINTYPE_SERVICE_HOST": "10.0.0.1",
        "TINTYPE_PORT": "tcp://10.0.0.1:8080",
        "TINTYPE_PORT_8080_TCP_PORT": "8080",
        "TINTYPE_DEBUG": "1",
    }
    assert Settings.load({**others, "TINTYPE_DIFFUSION_DTYPE": "float32"}) == Settings()


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        Settings.load({}, tmp_path / "none.toml")
    with pytest.raises(ValueError, match=r"\$TINTYPE_CONFIG is empty"):
        Settings.load({"TINTYPE_CONFIG": ""})


@pytest.mark.parametrize("name", ["secret", "webhook_secret", "metrics_key"])
def test_the_secret_is_shown_to_nobody(tmp_path: Path, name: str) -> None:
    settings = Settings.load({f"TINTYPE_{name.upper()}": "the-secret-of-this-house"}, None)
    assert getattr(settings, name) == "the-secret-of-this-house"
    assert "the-secret" not in repr(settings)
    path = tmp_path / "tintype.toml"
    path.write_text(f'{name} = ["the-secret-of-this-house"]\n')
    with pytest.raises(ValueError, match=f"{name} cannot be that: it must be a text") as caught:
        Settings.load({}, path)
    assert "the-secret" not in str(caught.value)
