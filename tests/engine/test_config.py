"""Settings: argument before environment before default."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from engine.config import OutsideChanges, Settings, load_settings
from engine.errors import InvalidRequest


def test_the_argument_wins_over_the_environment(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "asked", {"HOLDALL_DATA_DIR": str(tmp_path / "environment")})

    assert settings.data_dir == tmp_path / "asked"


def test_the_environment_wins_over_the_default(tmp_path: Path) -> None:
    settings = load_settings(environ={"HOLDALL_DATA_DIR": str(tmp_path), "HOLDALL_JWT_SECRET": "s3cret"})

    assert settings.data_dir == tmp_path
    assert settings.jwt_secret == "s3cret"


@pytest.mark.parametrize("environ", [{}, {"HOLDALL_DATA_DIR": "", "HOLDALL_JWT_SECRET": ""}])
def test_without_wishes_the_systems_own_place_is_used(environ: dict[str, str]) -> None:
    settings = load_settings(environ=environ)

    assert settings.data_dir == Path(platformdirs.user_data_dir("Holdall", appauthor=False))
    assert settings.jwt_secret is None
    assert (settings.host, settings.port) == ("127.0.0.1", 54321)


def test_the_servers_address_comes_from_the_environment() -> None:
    settings = load_settings(environ={"HOLDALL_HOST": "192.0.2.1", "HOLDALL_PORT": "8080"})

    assert (settings.host, settings.port) == ("192.0.2.1", 8080)


def test_what_becomes_of_outside_changes_comes_from_the_environment() -> None:
    assert load_settings(environ={}).outside_changes is None
    for way in OutsideChanges:
        assert load_settings(environ={"HOLDALL_OUTSIDE_CHANGES": way.value}).outside_changes is way
    with pytest.raises(InvalidRequest, match="take-in, report, off"):
        load_settings(environ={"HOLDALL_OUTSIDE_CHANGES": "sometimes"})


def test_how_the_house_is_kept_comes_from_the_environment() -> None:
    kept = load_settings(environ={})
    assert (kept.cleanup_interval_s, kept.orphan_grace_s, kept.missing_grace_s) == (3600, 86_400, 604_800)
    assert (kept.scrub_bytes_per_s, kept.scrub_interval_s) == (8_000_000, 2_592_000)

    variables = ("CLEANUP_INTERVAL_S", "ORPHAN_GRACE_S", "MISSING_GRACE_S", "SCRUB_BYTES_PER_S", "SCRUB_INTERVAL_S")
    kept = load_settings(environ={f"HOLDALL_{name}": str(number) for number, name in enumerate(variables, 1)})
    assert (kept.cleanup_interval_s, kept.orphan_grace_s, kept.missing_grace_s) == (1, 2, 3)
    assert (kept.scrub_bytes_per_s, kept.scrub_interval_s) == (4, 5)


def test_whose_tokens_count_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plain = load_settings(environ={})
    assert (plain.jwt_public_key_file, plain.jwks_file, plain.jwt_audience, plain.jwt_issuer) == (None,) * 4
    assert (plain.jwt_leeway_s, plain.external_service_role) == (5, False)

    variables = {
        "HOLDALL_JWT_PUBLIC_KEY_FILE": "key.pem", "HOLDALL_JWKS_FILE": str(tmp_path / "keys.json"),
        "HOLDALL_JWT_AUDIENCE": "us", "HOLDALL_JWT_ISSUER": "https://id.example", "HOLDALL_JWT_LEEWAY_S": "0",
        "HOLDALL_JWT_EXTERNAL_SERVICE_ROLE": "allow",
    }  # fmt: skip
    chosen = load_settings(environ=variables)
    assert (chosen.jwt_public_key_file, chosen.jwks_file) == (Path.cwd() / "key.pem", tmp_path / "keys.json")
    assert (chosen.jwt_audience, chosen.jwt_issuer) == ("us", "https://id.example")
    assert (chosen.jwt_leeway_s, chosen.external_service_role) == (0, True)
    assert load_settings(environ=dict.fromkeys(variables, "")).jwt_leeway_s == 5
    assert not load_settings(environ={"HOLDALL_JWT_EXTERNAL_SERVICE_ROLE": "refuse"}).external_service_role


@pytest.mark.parametrize(
    ("name", "value"),
    [("LEEWAY_S", "-1"), ("LEEWAY_S", "301"), ("LEEWAY_S", "1.5"), ("LEEWAY_S", "a"), ("EXTERNAL_SERVICE_ROLE", "yes"),
     ("EXTERNAL_SERVICE_ROLE", "1"), ("EXTERNAL_SERVICE_ROLE", "Allow")],
)  # fmt: skip
def test_rules_for_tokens_that_are_none_are_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=f"HOLDALL_JWT_{name}"):
        load_settings(environ={f"HOLDALL_JWT_{name}": value})


@pytest.mark.parametrize("port", ["http", "-1", "65536", "80.0", " 80", "٣", "9" * 5000])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(InvalidRequest, match="HOLDALL_PORT"):
        load_settings(environ={"HOLDALL_PORT": port})


def test_a_relative_folder_is_fixed_to_where_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load_settings(Path("here/../data"), {}).data_dir == Path.cwd() / "data"


def test_a_tilde_means_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert load_settings(environ={"HOLDALL_DATA_DIR": "~/holdall"}).data_dir == tmp_path / "holdall"


def test_loading_settings_makes_no_folder(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "later", {})

    assert settings.storage_dir == tmp_path / "later" / "storage"
    assert settings.database_path == tmp_path / "later" / "holdall.db"
    assert list(tmp_path.iterdir()) == []


def test_the_secret_is_never_shown(tmp_path: Path) -> None:
    assert "s3cret" not in repr(Settings(data_dir=tmp_path, jwt_secret="s3cret"))
