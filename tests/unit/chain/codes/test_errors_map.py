from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from plurichain.chain.codes.errors_map import CHAIN_ERRORS, get_chain_error, make_local_error
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.errors import (
    FundsShort,
    InsufficientFunds,
    PhaseError,
    TransactionExpired,
    TransactionFailed,
    TransactionRejected,
    TransactionUnknown,
)

REGISTERED = re.compile(r"\.Register\(\w+, (\d+),")


def find_module(root: Path, name: str) -> Path:
    script = f". scripts/go-env && cd localnet && go list -m -f '{{{{.Dir}}}}' {name}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    return Path(done.stdout.strip())


def read_codes(path: Path) -> set[int]:
    return {int(code) for code in REGISTERED.findall(path.read_text())}


@pytest.mark.parametrize("module", ["auction", "energy"])
def test_every_code_of_our_modules_is_mapped(project_root: Path, module: str) -> None:
    codes = read_codes(project_root / f"localnet/x/{module}/types/errors.go")

    assert len(codes) >= 25
    assert codes == {code for space, code in CHAIN_ERRORS if space == module}


def test_every_code_of_the_sdk_and_bank_is_mapped(project_root: Path) -> None:
    sdk = find_module(project_root, "github.com/cosmos/cosmos-sdk")
    codes = read_codes(sdk / "types/errors/errors.go")

    assert len(codes) >= 40
    assert codes <= {code for space, code in CHAIN_ERRORS if space == "sdk"}
    feegrant = find_module(project_root, "cosmossdk.io/x/feegrant")
    for name, path in (
        ("bank", sdk / "x/bank/types/errors.go"),
        ("authz", sdk / "x/authz/errors.go"),
        ("feegrant", feegrant / "errors.go"),
    ):
        codes = read_codes(path)
        assert codes, name
        assert codes <= {code for space, code in CHAIN_ERRORS if space == name}


IBC_FILES = {
    "client": "core/02-client/types/errors.go",
    "clientv2": "core/02-client/v2/types/errors.go",
    "connection": "core/03-connection/types/errors.go",
    "channel": "core/04-channel/types/errors.go",
    "channelv2": "core/04-channel/v2/types/errors.go",
    "port": "core/05-port/types/errors.go",
    "commitment": "core/23-commitment/types/errors.go",
    "host": "core/24-host/errors.go",
    "ibc": "core/errors/errors.go",
    "transfer": "apps/transfer/types/errors.go",
    "interchainaccounts": "apps/27-interchain-accounts/types/errors.go",
    "icacontroller": "apps/27-interchain-accounts/controller/types/errors.go",
    "icahost": "apps/27-interchain-accounts/host/types/errors.go",
    "07-tendermint": "light-clients/07-tendermint/errors.go",
}


def test_every_code_of_ibc_is_mapped(project_root: Path) -> None:
    modules = find_module(project_root, "github.com/cosmos/ibc-go/v10") / "modules"
    for name, path in IBC_FILES.items():
        codes = read_codes(modules / path)
        assert codes, name
        assert codes == {code for space, code in CHAIN_ERRORS if space == name}, name


def test_what_the_chain_said_before_sending_is_kept_for_programs() -> None:
    error = make_local_error("channel", 22, "failed to simulate tx: redundant")

    assert error.refusal == ("channel", 22, "failed to simulate tx: redundant")


def test_every_entry_says_what_and_most_say_what_to_do() -> None:
    for key, error in CHAIN_ERRORS.items():
        assert error.meaning, key
        assert "\n" not in error.meaning + error.remedy, key


def test_a_code_of_another_module_is_told_by_its_numbers() -> None:
    assert get_chain_error("wasm", 5).meaning == "the chain refuses it (codespace 'wasm', code 5)"


def test_the_same_code_before_sending_and_after() -> None:
    assert type(make_local_error("sdk", 5, "spendable 1")) is FundsShort
    assert type(make_local_error("auction", 7, "")) is PhaseError
    with pytest.raises(InsufficientFunds, match="money is short: 5 missing") as caught:
        Outcome("AB", OutcomeStatus.FAILED, 3, 22, "auction", "5 missing").raise_for_status()
    assert (caught.value.tx_hash, caught.value.codespace, caught.value.code) == (
        "AB",
        "auction",
        22,
    )


@pytest.mark.parametrize(
    ("status", "kind", "exit_status"),
    [
        (OutcomeStatus.FAILED, TransactionFailed, 4),
        (OutcomeStatus.REJECTED, TransactionRejected, 3),
        (OutcomeStatus.EXPIRED, TransactionExpired, 3),
        (OutcomeStatus.UNKNOWN, TransactionUnknown, 5),
    ],
)
def test_every_outcome_has_its_exit_status(
    status: OutcomeStatus, kind: type[Exception], exit_status: int
) -> None:
    with pytest.raises(kind) as caught:
        Outcome("AB", status, code=13, codespace="sdk").raise_for_status()
    assert getattr(caught.value, "exit_status") == exit_status  # noqa: B009
    assert getattr(caught.value, "tx_hash") == "AB"  # noqa: B009

    Outcome("AB", OutcomeStatus.ACCEPTED, height=1).raise_for_status()
