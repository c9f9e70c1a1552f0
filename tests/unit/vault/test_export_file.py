from __future__ import annotations

from pathlib import Path

import pytest

from plurichain.errors import InputError, NewerFormatError, VaultError
from plurichain.vault import Vault
from plurichain.vault.export_file import format_export, parse_export
from tests.unit.vault.test_vault import BIDDER, KEY, make_opening


def make_export(folder: Path, *attempts: int) -> str:
    with Vault.open(folder, KEY) as vault:
        for attempt in attempts:
            vault.store(make_opening(attempt=attempt))
        return format_export(vault.list_rows())


def test_an_export_brings_openings_to_another_machine(tmp_path: Path) -> None:
    text = make_export(tmp_path / "old", 1, 2)
    content = parse_export(text, source="file")

    assert make_opening().salt.hex() not in text
    assert make_opening().bid_bytes.hex() not in text
    assert content.damaged == ()
    with Vault.open(tmp_path / "new") as vault:
        assert [vault.add_row(row) for row in content.rows] == [True, True]
        assert [vault.add_row(row) for row in content.rows] == [False, False]
    with Vault.open(tmp_path / "new", KEY) as vault:
        assert vault.list_all() == (make_opening(), make_opening(attempt=2))


def test_an_import_replaces_nothing(tmp_path: Path) -> None:
    [row] = parse_export(make_export(tmp_path / "old", 1), source="file").rows
    other = make_opening(price=51)
    with Vault.open(tmp_path / "new", KEY) as vault:
        vault.store(other)
        assert not vault.add_row(row)
        assert vault.get("plurigrid-1", 3, BIDDER, 1) == other


@pytest.mark.parametrize(
    "damage",
    ['"attempt": 2', "not json", "[]", pytest.param("[" * 100_000, id="nested"), '{"chain_id": 1}'],
)
def test_a_damaged_line_is_named_and_does_not_block_the_rest(tmp_path: Path, damage: str) -> None:
    lines = make_export(tmp_path, 1, 5).splitlines()
    lines[1] = lines[1].replace('"attempt": 1', damage) if "attempt" in damage else damage
    content = parse_export("\n".join(lines), source="file")

    assert content.damaged == (2,)
    assert [row.attempt for row in content.rows] == [5]


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    text = make_export(tmp_path, 1)
    for wrong in ("", "{}", "[1]", "[" * 100_000, "no", text.replace("plurichain vault", "other")):
        with pytest.raises(InputError, match="not an export"):
            parse_export(wrong, source="file")
    with pytest.raises(InputError, match="without a version"):
        parse_export(text.replace('"version": 1', '"version": "1"'), source="file")
    with pytest.raises(NewerFormatError, match="export of version 2"):
        parse_export(text.replace('"version": 1', '"version": 2'), source="file")


def test_plain_rows_are_not_taken_in(tmp_path: Path) -> None:
    from dataclasses import replace

    [row] = parse_export(make_export(tmp_path, 1), source="file").rows
    plain = replace(row, codec=0)
    plain = replace(plain, digest=plain.compute_digest())
    with Vault.open(tmp_path / "new") as vault, pytest.raises(VaultError, match="is damaged"):
        vault.add_row(plain)


def test_the_stored_sample_opens(project_root: Path, tmp_path: Path) -> None:
    path = project_root / "tests" / "data" / "stored" / "vault-export-v1.jsonl"
    content = parse_export(path.read_text(encoding="utf-8"), source="sample")
    with Vault.open(tmp_path, KEY) as vault:
        for row in content.rows:
            vault.add_row(row)
        assert vault.list_all() == (make_opening(), make_opening(attempt=2))
