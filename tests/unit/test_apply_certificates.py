"""A certificate is removed with all links to it, and no other one is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.files import certificate_remove
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.trust import certificates as collected
from ansible_collections.avshift.endpoint.plugins.module_utils.linux import certificates
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files.tree import Tree
from support import FIXTURES

BUNDLE = (FIXTURES / "outputs/certificates.subject/bundle-with-the-vendor-s.txt").read_text(encoding="utf-8")
PARTS = [f"{part}-----END CERTIFICATE-----\n" for part in BUNDLE.split("-----END CERTIFICATE-----\n")[:2]]
DIGESTS = [hashlib.sha256(next(certificates.pem_blocks(part.encode()))).hexdigest() for part in PARTS]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two certificates, of which the second is to be removed, and the tool that builds its bundle."""
    for folder in ("local", "ssl", "share"):
        (tmp_path / folder).mkdir()
    for name, part in zip(("other", "vendor"), PARTS, strict=True):
        (tmp_path / "local" / f"{name}.crt").write_text(part, encoding="utf-8")
        (tmp_path / "ssl" / f"{name}.pem").symlink_to(tmp_path / "local" / f"{name}.crt")
        (tmp_path / "ssl" / f"{name[0]}0ff.0").symlink_to(f"{name}.pem")
    (tmp_path / "ssl" / "bundle.crt").write_text("".join(PARTS), encoding="utf-8")
    (tmp_path / "choice.conf").write_text("# chosen\nsite/other.crt\nsite/vendor.crt\n", encoding="utf-8")

    def made_anew(argv: list[str], *_limits: Any, **_more: str) -> None:
        assert argv == ["tool"]
        there = sorted((tmp_path / "local").iterdir())
        (tmp_path / "ssl" / "bundle.crt").write_text("".join(map(Path.read_text, there)), encoding="utf-8")

    monkeypatch.setattr(collected, "CERTIFICATE_LINKS", str(tmp_path / "ssl"))
    monkeypatch.setattr(certificate_remove, "CHOSEN", str(tmp_path / "choice.conf"))
    monkeypatch.setattr(certificate_remove, "CERTIFICATES", str(tmp_path / "share"))
    monkeypatch.setattr(certificate_remove, "MADE", (str(tmp_path / "ssl" / "bundle.crt"),))
    monkeypatch.setattr(certificate_remove, "must", made_anew)
    return tmp_path


def _target(store: Path, **changed: Any) -> dict[str, Any]:
    links = [str(store / "ssl" / name) for name in ("v0ff.0", "vendor.pem")]
    plain = {"store": "system", "sha256": DIGESTS[1], "files": [str(store / "local" / "vendor.crt")], "deselect": []}
    return {**plain, "links": links, "tools": ["tool"], **changed}


def _names(store: Path) -> list[str]:
    return sorted(path.name for folder in ("local", "ssl") for path in (store / folder).iterdir())


LEFT = ["bundle.crt", "o0ff.0", "other.crt", "other.pem"]


def test_certificate_goes_with_its_links_and_out_of_the_bundle(store: Path) -> None:
    target = _target(store)
    assert certificate_remove.look(target) is False
    certificate_remove.do(target)
    assert certificate_remove.look(target) is True
    assert _names(store) == LEFT
    assert (store / "ssl/bundle.crt").read_text(encoding="utf-8") == PARTS[0]
    assert (store / "choice.conf").read_text(encoding="utf-8") == "# chosen\nsite/other.crt\nsite/vendor.crt\n"


@pytest.mark.parametrize("gone", [["local/vendor.crt"], ["local/vendor.crt", "ssl/v0ff.0"], ["ssl/vendor.pem"]])
def test_run_that_was_cut_off_is_brought_to_its_end(gone: list[str], store: Path) -> None:
    for name in gone:
        (store / name).unlink()
    target = _target(store)
    assert certificate_remove.look(target) is False
    certificate_remove.do(target)
    assert certificate_remove.look(target) is True
    assert _names(store) == LEFT


def test_bundle_that_was_not_made_anew_is_not_done(store: Path) -> None:
    for name in ("local/vendor.crt", "ssl/v0ff.0", "ssl/vendor.pem"):
        (store / name).unlink()
    assert certificate_remove.look(_target(store)) is False


def test_file_that_holds_another_certificate_by_now_stays(store: Path) -> None:
    (store / "local/vendor.crt").write_text(PARTS[0], encoding="utf-8")
    with pytest.raises(EndpointError) as caught:
        certificate_remove.do(_target(store))
    assert caught.value.code == "certificate_drifted"
    assert (store / "local/vendor.crt").exists()


def test_what_a_distribution_s_list_chooses_is_chosen_no_more(store: Path) -> None:
    (store / "local/vendor.crt").unlink()
    target = _target(store, files=[], deselect=["site/vendor.crt"])
    certificate_remove.do(target)
    assert (store / "choice.conf").read_text(encoding="utf-8") == "# chosen\nsite/other.crt\n!site/vendor.crt\n"
    assert certificate_remove.look(target) is True


def test_links_that_lead_to_a_file_by_another_link_are_found(store: Path) -> None:
    found = collected.links_to(str(store / "local/vendor.crt"), Tree())
    assert found == [str(store / "ssl" / name) for name in ("v0ff.0", "vendor.pem")]
