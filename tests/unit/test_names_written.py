"""A name of any bytes, written as text in a plan, can be restored from that text."""

from __future__ import annotations

from ansible_collections.avshift.endpoint.plugins.module_utils.collect.items import printable
from ansible_collections.avshift.endpoint.plugins.module_utils.posix import names
from hypothesis import example, given
from hypothesis import strategies as st

RAW = st.lists(st.one_of(st.binary(max_size=4), st.sampled_from([b"\\x", b"\\x5c", b"\\xe9", b"\xe9", b"\\"]))).map(
    b"".join
)


@given(RAW)
@example(b"\\xe9lan")
@example(b"\\x5cxe9")
@example(b"\xe9lan")
@example(b"\\\xe9")
@example(b"dev-disk-by\\x2dlabel.device")
def test_name_of_any_bytes_is_found_again(raw: bytes) -> None:
    name = "/home/" + raw.decode("utf-8", "surrogateescape")
    told = printable(name)
    assert told.encode("utf-8")
    assert names.meant(told) == name


@given(st.text())
def test_text_that_is_no_path_stays_as_it_is(text: str) -> None:
    plain = text.encode("utf-8", "ignore").decode()
    assert printable("=" + plain) == "=" + plain
