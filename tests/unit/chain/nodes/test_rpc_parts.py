"""Parts of CometBFT's answers: what no chain says is refused before anything is made of it."""

from __future__ import annotations

import pytest

from plurichain.chain.nodes.rpc_parts import read_tx_result

RESULT = {"code": 5, "codespace": "sdk", "gas_used": "1", "gas_wanted": "2"}


@pytest.mark.parametrize("code", [0, 2**32 - 1])
def test_codes_have_32_bits(code: int) -> None:
    assert read_tx_result({**RESULT, "code": code}).code == code


@pytest.mark.parametrize("code", [-1, 2**32, 2**70])
def test_a_code_that_no_chain_gives(code: int) -> None:
    with pytest.raises(ValueError, match="code"):
        read_tx_result({**RESULT, "code": code})
