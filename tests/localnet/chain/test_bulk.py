"""Many transactions of many keys at once, on a real chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import pytest

from plurichain.chain import ChainClient, Journal
from plurichain.chain.progress import TxProgress, TxStage
from plurichain.chain.sending.bulk import BulkSender, Order
from plurichain.chain.transactions import messages
from plurichain.chain.transactions.drafts import Draft
from plurichain.chain.transactions.outcome import OutcomeStatus
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.errors import CostError, NotFound, PhaseError
from plurichain.harness import Faucet
from plurichain.identifiers import Address
from plurichain.keyring import Key, derive_private_key, make_mnemonic
from plurichain.units import Coin, parse_coins

KEYS = 10
EACH = 10


@pytest.fixture
def keys(localnet_faucet: Faucet) -> list[Key]:
    made = [Key(f"bulk{n}", derive_private_key(make_mnemonic(12))) for n in range(KEYS)]
    localnet_faucet.fund({key.address: parse_coins("1000000upluri") for key in made})
    return made


def pay(key: Key, amount: int, *, gas: int | None = None, deadline_ns: int | None = None) -> Order:
    message = messages.bank_send(key.address, key.address, [Coin("upluri", amount)])
    return Order(key, Draft((message,), "pay", not_after_ns=deadline_ns, gas=gas))


def test_a_hundred_are_accepted_each_in_one_block_and_once(
    client: ChainClient, journal: Journal, keys: list[Key]
) -> None:
    before = client.get_latest_header().height
    seen: list[TxProgress] = []

    outcomes = BulkSender(client, journal).send(
        [pay(key, number) for number in range(1, EACH + 1) for key in keys],
        on_progress=seen.append,
    )

    assert Counter(each.status for each in outcomes) == {OutcomeStatus.ACCEPTED: KEYS * EACH}
    assert not journal.list_pending()
    heights = range(before + 1, client.get_latest_header().height + 1)
    included = Counter(
        compute_tx_hash(tx) for height in heights for tx in client.get_block(height).txs
    )
    assert {included[each.tx_hash] for each in outcomes} == {1}
    stages = Counter(each.stage for each in seen)
    assert stages[TxStage.BROADCAST] == stages[TxStage.SETTLED] == KEYS * EACH


def test_what_runs_out_of_gas_is_sent_again_and_what_must_fail_fails_alone(
    client: ChainClient, journal: Journal, keys: list[Key], make_key: Callable[[str], Key]
) -> None:
    poor, coin = make_key("10000upluri"), (Coin("upluri", 1),)
    new = [Key("new", derive_private_key(make_mnemonic(12))).address for _ in range(KEYS)]

    def pay_all(key: Key, addresses: list[Address], purpose: str) -> Order:
        message = messages.bank_multi_send(key.address, [(each, coin) for each in addresses])
        return Order(key, Draft((message,), purpose))

    outcomes = BulkSender(client, journal, ttl_s=20).send(
        [
            # The first is simulated; accounts that do not exist yet are dearer.
            pay_all(keys[0], [key.address for key in keys], "known"),
            pay_all(keys[1], new, "new"),
            pay(keys[2], 1),
            pay(poor, 500_000),
        ]
    )

    assert [each.status.value for each in outcomes] == [
        "accepted",
        "accepted",
        "accepted",
        "failed",
    ]
    first, again = [each for each in journal.list_entries() if each.purpose == "new"][::-1]
    assert first.outcome.status is OutcomeStatus.FAILED
    assert (again.follows, again.tx_hash) == (first.tx_hash, outcomes[1].tx_hash)
    assert [each.purpose for each in journal.list_entries() if each.follows] == ["new"]
    assert all(client.get_balances(address) == {"upluri": 1} for address in new)


def test_nothing_is_sent_of_what_cannot_be_right(
    client: ChainClient, journal: Journal, keys: list[Key]
) -> None:
    sender = BulkSender(client, journal, max_fee=1)
    unknown = Key("unknown", derive_private_key(make_mnemonic(12)))
    assert client.network.gas_price > Fraction(0)

    with pytest.raises(CostError, match="more than the cap of 1"):
        sender.send([pay(keys[0], 1)])
    with pytest.raises(NotFound, match="no account"):
        sender.send([pay(keys[0], 1, gas=1), pay(unknown, 1, gas=1)])
    with pytest.raises(PhaseError, match="too late"):
        sender.send([pay(keys[0], 1, gas=1, deadline_ns=1)])

    assert journal.list_entries() == []
