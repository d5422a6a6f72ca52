"""What is redacted contains nothing that identifies its source, is consistent, and is not accepted as a document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import redacted
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import approval_document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.redact import folder, names
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.redact.redactor import FILE, Redactor
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.redact.vocabulary import PARTS, known
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder as report
from hostile_records import RUN, poisoned
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from plans import VERSIONS, case_of, plan_of

NOW = "2026-05-01T00:00:00Z"


def _unknown(text: str) -> bool:
    """Return True for a text of which no part is a word in the collection's own files."""
    return all(part.casefold() not in known() for part in PARTS.findall(text))


LABEL = st.from_regex(r"[a-z][a-z0-9]{3,10}(-[a-z0-9]{3,6})?", fullmatch=True).filter(_unknown)
# Words of the collection's own, which a name of several labels may be made of as well.
OWN = st.sampled_from(sorted(word for word in known() if re.fullmatch(r"[a-z]{4,9}", word)))
ANY = st.one_of(LABEL, OWN)
DOMAIN = st.builds(lambda *labels: ".".join(labels), ANY, ANY, ANY).filter(
    lambda name: name not in known() and not FILE.fullmatch(name)
)
HOST = st.one_of(LABEL, DOMAIN)
OCTET = st.integers(1, 254)
V4 = st.builds(lambda *octets: ".".join(map(str, octets)), OCTET, OCTET, OCTET, OCTET)
# An address as kernels, logs and people write it, where it may be taken for a version.
V4_ODD = st.builds(
    lambda octets, form: form[0] + form[1].join(map(str, octets)),
    st.lists(OCTET, min_size=4, max_size=4),
    st.sampled_from([("", "_"), ("", "-"), ("v", "."), ("v", "_"), ("x.", ".")]),
)
MAC_ODD = st.builds(
    lambda groups, between: between.join(groups),
    st.lists(st.text("0123456789abcdef", min_size=4, max_size=4), min_size=3, max_size=3),
    st.sampled_from(".-"),
)
MAIL = st.builds(lambda user, place: f"{user}@{place}", ANY, st.one_of(ANY, DOMAIN))
V6 = st.ip_addresses(v=6).map(str).filter(lambda text: len(text) > 6)
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
SERIAL = st.from_regex(r"[A-Z]{3}[0-9]{8}", fullmatch=True).filter(_unknown)
MAC = st.lists(st.integers(16, 255), min_size=6, max_size=6).map(lambda parts: ":".join(f"{one:02x}" for one in parts))
# Without shrinking a failing example, which takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
SETTLED = settings(max_examples=8, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))


@st.composite
def owners(draw: st.DrawFn) -> dict[str, str]:
    """Return what is particular to one host: names by what they are."""
    return {
        "host": draw(HOST),
        "user": draw(LABEL),
        "other": draw(HOST),
        "v4": draw(V4),
        "odd v4": draw(V4_ODD),
        "odd mac": draw(MAC_ODD),
        "mail": draw(MAIL),
        "v6": draw(V6),
        "machine": draw(HEX),
        "serial": draw(SERIAL),
        "mac": draw(MAC),
        "word": draw(st.text("абвгдежзиклмнопрсту", min_size=4, max_size=9).filter(_unknown)),
    }


def _poison(own: dict[str, str]) -> str:
    return (
        f" /home/{own['user']}/x.cfg {own['user']}@{own['other']} {own['v4']}:8080 [{own['v6']}] id={own['machine']}"
        f" SN:{own['serial']} ether {own['mac']} {own['word']} http://{own['other']}/a {own['host'].upper()}: "
        f"C:\\Users\\{own['user']}\\x {own['user']}: {own['host'].partition('.')[0]}-eth0"
        f" {own['odd v4']} {own['odd mac']}. {own['mail']}"
    )


def _record(own: dict[str, str]) -> dict[str, Any]:
    """Return a host's record with all that is particular to it behind every text that a host sent."""
    plan = plan_of(case_of("full"), own["host"])
    plan["carried"]["machine"] = own["machine"]
    results = {"planned": {"plan": plan, "approval": {"status": "drifted", "difference": [_poison(own)]}}}
    collected = {"findings": plan["findings"], "evidence": [{"id": _poison(own), "value": {_poison(own): [1]}}]}
    results["collected"] = {**collected, "unknowns": [], "complete": True, "removed_before": [], "earlier_runs": []}
    record = runs.of_run(own["host"], "migrate", {**RUN, "change_id": own["serial"]}, results)
    facts = poisoned({"outcomes": record["outcomes"], "verification": record["verification"]}, _poison(own))
    return {**record, **facts, "exceptions": [{"approver": own["user"], "reason": own["word"], "hosts": [own["host"]]}]}


def _fleet(home: Path, fleet: list[dict[str, str]]) -> dict[str, str]:
    """Write records, plan, approval and report of a fleet, redact them together; return the texts by path."""
    home.mkdir()
    for own in fleet:
        records.write(records.path_of(str(home / "in" / "records"), own["host"]), _record(own))
    plans = ((own["host"], plan_of(case_of("full"), own["host"])) for own in fleet)
    plan = document.compose(plans, {fleet[0]["other"]: _poison(fleet[0])}, VERSIONS)
    asked: dict[str, Any] = {"approver": fleet[0]["user"], "reason": fleet[0]["word"], "valid_until": None}
    approval = approval_document.compose(plan, {**asked, "hosts": [], "classes": [], "rings": []}, NOW)
    for name, content in (("plan", plan), ("approval", approval)):
        (home / "in" / f"{name}.json").write_text(json.dumps(content))
    report.make(str(home / "in" / "records"), str(home / "in" / "report"), ())
    made = folder.make([str(home / "in")], str(home / "out"))
    assert {"oscal-assessment-results.json", "report.html"} <= {Path(path).name for path in made.left_out}
    return {path: Path(path).read_text() for path in made.paths.values()}


def _decoded(content: Any) -> str:
    """Return every text of a document with no escapes in it."""
    if isinstance(content, dict):
        return "\n".join(_decoded(one) for pair in content.items() for one in pair)
    return "\n".join(map(_decoded, content)) if isinstance(content, list) else str(content)


@SETTLED
@given(fleet=st.lists(owners(), min_size=1, max_size=2, unique_by=lambda own: own["host"]))
def test_no_original_is_left_and_every_document_says_so(
    tmp_path_factory: pytest.TempPathFactory, fleet: list[dict[str, str]]
) -> None:
    made = _fleet(tmp_path_factory.mktemp("redact") / "x", fleet)
    assert len(made) == len(fleet) + 3
    for path, text in made.items():
        content = json.loads(text)
        assert content["redacted"] is True
        assert content["kind"].endswith(" (redacted)")
        shown = (_decoded(content) + path.rpartition("/out/")[2]).casefold()
        for own in fleet:
            left = {name: value for name, value in own.items() if value.casefold() in shown}
            assert not left, (path, left)


@settings(max_examples=60, deadline=None, phases=PHASES)
@given(own=owners(), before=st.text(max_size=20), after=st.text(max_size=20))
def test_no_original_is_left_in_a_text(own: dict[str, str], before: str, after: str) -> None:
    pseudonyms = names.Pseudonyms()
    names.Names(pseudonyms, known()).look({"host": own["host"], "account": own["user"]})
    text = Redactor(pseudonyms, known()).text(f"{before} {_poison(own)} {after}").casefold()
    assert not {name: value for name, value in own.items() if value.casefold() in text}


@pytest.mark.parametrize(
    "text",
    [
        "v10.11.12.13",
        "10_1_2_3",
        "10-1-2-3",
        "0011.2233.4455",
        "0011-2233-4455",
        "admin@server",
        "root@mail.server",
    ],
)
def test_what_has_the_form_of_a_version_or_known_words_and_is_an_address_goes(text: str) -> None:
    shown = Redactor(names.Pseudonyms(), known()).text(f"to {text}, as")
    assert re.fullmatch(r"to (name|mac|mail)-1, as", shown), shown


@pytest.mark.parametrize("text", ["12.1.0-1297", "11.1.0.3013", "6.1.0-18-amd64", "1.2.3-4", "v2.19.4", "0.103.12"])
def test_a_version_stays(text: str) -> None:
    assert Redactor(names.Pseudonyms(), known()).text(text) == text


def test_an_original_is_called_the_same_in_all_documents_and_another_otherwise(tmp_path: Path) -> None:
    first = {"host": "zqweb.zqcorp.zqtld", "user": "zqalice", "other": "zqproxy.zqcorp.zqtld", "v4": "10.1.2.3"}
    first |= {
        "v6": "fd00::1:2",
        "machine": "a1" * 16,
        "serial": "ABC12345678",
        "mac": "00:11:22:33:44:55",
        "word": "имя",
        "odd v4": "v10.11.12.13",
        "odd mac": "0011.2233.4455",
        "mail": "admin@server",
    }
    second = {**first, "host": "zqdb.zqcorp.zqtld", "v4": "10.1.2.4"}
    made = _fleet(tmp_path / "x", [first, second])
    texts = {Path(path).relative_to(tmp_path / "x" / "out").as_posix(): text for path, text in made.items()}
    hosts = {json.loads(text)["host"] for name, text in texts.items() if name.startswith("records/")}
    plan = json.loads(next(text for name, text in texts.items() if name.endswith("plan.json")))
    assert len(hosts) == 2
    assert set(plan["hosts"]) == hosts
    assert {f"records/{host}.json" for host in hosts} <= set(texts)
    assert set(plan["classes"]) == {entry["digest"] for entry in plan["hosts"].values()}
    for text in texts.values():
        assert len(set(re.findall(r"/home/(user-\d+)/name-", text))) <= 1


def test_the_collection_s_own_words_stay(tmp_path: Path) -> None:
    plan = document.compose([("zqhost", plan_of(case_of("full"), "zqhost"))], {}, VERSIONS)
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    made = folder.make([str(tmp_path / "plan.json")], str(tmp_path / "out"))
    text = Path(next(iter(made.paths.values()))).read_text()
    before = next(iter(plan["classes"].values()))
    after = next(iter(json.loads(text)["classes"].values()))
    kept = {step["title"] for step in after["steps"]} & {step["title"] for step in before["steps"]}
    others = [step["title"] for step in after["steps"] if step["title"] not in kept]
    # Files to which the site, or a package, gave the name.
    assert [re.sub(r"name-\d+", "…", title) for title in others] == [
        "Load … separately, before the engine gets them",
        "Write /var/lib/clamav/…",
        "Remove /usr/local/share/man/man1/…",
    ]
    assert [step["id"] for step in after["steps"]] == [step["id"] for step in before["steps"]]
    assert [(one["id"], one["version"]) for one in after["findings"]] == [
        (one["id"], one["version"]) for one in before["findings"]
    ]


@pytest.mark.parametrize(
    ("sources", "output"),
    [
        (["avshift/records/.."], "avshift/redacted"),
        (["avshift/records/../plan.json"], "avshift/redacted"),
        (["linked/.."], "linked/../redacted"),
        (["avshift", "linked"], "avshift/redacted"),
        (["avshift"], "avshift/records/../redacted"),
        (["avshift"], "out/to"),
    ],
)
def test_no_path_leads_to_an_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: list[str], output: str
) -> None:
    home = tmp_path / "avshift"
    record = runs.of_run("zqhost", "plan", RUN, {"planned": {"plan": plan_of(case_of("clean"), "zqhost")}})
    records.write(home / "records/zqhost.json", record)
    plan = document.compose([("zqhost", plan_of(case_of("clean"), "zqhost"))], {}, VERSIONS)
    (home / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "linked").symlink_to(home / "records")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/to").symlink_to(home / "redacted")
    before = {path: path.read_bytes() for path in home.rglob("*.json")}
    monkeypatch.chdir(tmp_path)
    first = folder.make(sources, output)
    assert {path: path.read_bytes() for path in before} == before
    assert first.paths.keys() <= {str(path) for path in before}
    assert all(home / "redacted" in Path(path).parents for path in first.paths.values())
    assert folder.make(sources, output).paths == first.paths


def test_a_link_among_redacted_documents_is_not_followed(tmp_path: Path) -> None:
    plan = document.compose([("zqhost", plan_of(case_of("clean"), "zqhost"))], {}, VERSIONS)
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan/plan.json").write_text(json.dumps(plan))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/plan").symlink_to(tmp_path / "plan")
    with pytest.raises(AvshiftError) as raised:
        folder.make([str(tmp_path / "plan")], str(tmp_path / "out"))
    assert raised.value.code == "not_written"
    assert json.loads((tmp_path / "plan/plan.json").read_text()) == plan


@pytest.mark.parametrize("serial", ["123456-789012", "12-345678.901234", "v123456_123456"])
def test_a_serial_number_in_groups_is_no_version(serial: str) -> None:
    redactor = Redactor(names.Pseudonyms(), known())
    assert serial not in redactor.text(f"disk {serial} failed")
    versions = "12.1.0-1297 10.0.10240.20710 5.14.0-427.13.1 2024.123456"
    assert redactor.text(versions) == versions


def test_a_name_that_a_pseudonym_could_be_is_no_pseudonym(tmp_path: Path) -> None:
    for host in ("host-1", "host-2", "zqhost"):
        plan = plan_of(case_of("clean"), host)
        record = runs.of_run(host, "plan", RUN, {"planned": {"plan": plan}})
        records.write(records.path_of(str(tmp_path / "in"), host), record)
    made = folder.make([str(tmp_path / "in")], str(tmp_path / "out"))
    assert {Path(path).stem for path in made.paths.values()} == {"host-3", "host-4", "host-5"}


@pytest.mark.parametrize("mark", [{"kind": "avshift.endpoint record (redacted)"}, {"redacted": True}])
def test_every_reader_refuses_a_redacted_document(tmp_path: Path, mark: dict[str, Any]) -> None:
    (tmp_path / "plan").mkdir()
    content = {**redacted.marked({"kind": "x"}), **mark}
    path = tmp_path / "plan" / "a.json"
    path.write_text(json.dumps(content))
    for read in (
        lambda: list(records.read(str(path.parent))),
        lambda: report.make(str(path.parent), str(tmp_path / "report"), ()),
        lambda: document.read(str(path)),
        lambda: approval_document.parse(path.read_bytes(), str(path), {}, NOW),
        lambda: folder.make([str(path)], str(tmp_path / "out")),
    ):
        with pytest.raises(AvshiftError) as raised:
            read()
        assert raised.value.code == "document_redacted"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "file_damaged"), ('{"kind": "avshift.endpoint record"}', "file_damaged"), ("[]", "nothing_to_redact")],
)
def test_what_cannot_be_redacted_is_refused_and_nothing_written(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(AvshiftError) as raised:
        folder.make([str(tmp_path)], str(tmp_path / "out"))
    assert raised.value.code == code
    assert not (tmp_path / "out").exists()
