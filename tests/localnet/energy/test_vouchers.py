"""Credits on another chain: whose they are, and whose they only claim to be."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plurichain.chain import ChainClient, EnergyQueries, Journal, TxSender
from plurichain.chain.energy import messages
from plurichain.chain.ibc.packet_messages import transfer
from plurichain.energy.attributes import Attributes
from plurichain.energy.denom import compute_credit_denom
from plurichain.energy.names import DeviceStatus, KeyType, RetirementPurpose
from plurichain.energy.reading import Interval, compute_reading_hash
from plurichain.energy.state import IssuingBody, RegisteredPath
from plurichain.errors import EnergyError
from plurichain.harness import LocalChain, LocalChains, make_plurid_topologies
from plurichain.harness.links import LinkTopology, add_relayer
from plurichain.ibc.denom import DenomPath, Hop, voucher_denom
from plurichain.keyring import Key, derive_private_key
from plurichain.metering.account import Account
from plurichain.metering.charging import charge_storage
from plurichain.metering.explaining import explain_credit
from plurichain.metering.governing import register_path, remove_path, set_issuing_body
from plurichain.metering.issuing import issue_credits
from plurichain.metering.recording import record_attributes
from plurichain.metering.registering import register_device, set_device_status
from plurichain.metering.retiring import retire_credits
from plurichain.metering.submitting import sign_readings, submit_readings
from plurichain.relayer.clear import clear_channel
from plurichain.relayer.work import EndName
from plurichain.units import Coin
from tests.localnet.energy.conftest import BODY, get_yesterday, make_device, make_device_key

if TYPE_CHECKING:
    from plurichain.energy.device import Device

HOUR_NS = 3_600 * 10**9
ENERGY_WH = 5_000
KEY = make_device_key("crossing", KeyType.ED25519)
INTERVAL = Interval(get_yesterday(), get_yesterday() + 900, 0, ENERGY_WH)


def make_mill() -> Device:
    """Return the device whose credits cross."""
    return make_device(KEY, "crossing")


def make_attributes(chain_id: str) -> Attributes:
    """Return what the credit will be, before there is any chain."""
    device = make_mill()
    return Attributes(
        chain_id,
        device.device_id,
        device.technology,
        device.zone,
        device.capacity_w,
        INTERVAL.interval_start,
        INTERVAL.interval_end,
        compute_reading_hash(chain_id, device.device_id, INTERVAL),
        BODY,
    )


@dataclass(slots=True)
class Crossing:
    """Grid A, which issues; grid B; and a chain that calls itself A and has coins of that name."""

    chains: LocalChains
    a: Account
    b: Account
    fake: Account
    attributes: Attributes
    denom: str

    def send(self, name: str, amount: int) -> str:
        """Send credits from a chain to B, and have them received; return the voucher's denom."""
        account = self.a if name == "a" else self.fake
        link = self.chains.links[0 if name == "a" else 1]
        message = transfer(
            account.address,
            str(self.b.address),
            Coin(self.denom, amount),
            channel=link.a.channel_id,
            timeout_timestamp_ns=account.client.get_latest_header().time_ns + HOUR_NS,
        )
        account.send([message], purpose="transfer")
        with (
            self.chains.open_relay_chain(name) as source,
            self.chains.open_relay_chain("b") as target,
        ):
            keys = {
                chain.chain_id: [Key("relayer", chain.get_account("relayer").private_key)]
                for chain in (self.chains[name], self.chains["b"])
            }
            cleared = clear_channel(source, target, EndName("transfer", link.a.channel_id), keys)
        assert cleared.settled == 1
        return voucher_denom(DenomPath((Hop("transfer", link.b.channel_id),), self.denom))

    def path(self, name: str) -> str:
        """Return the path by which credits of that chain come to B."""
        return f"transfer/{self.chains.links[0 if name == 'a' else 1].b.channel_id}"


def open_registrar(stack: contextlib.ExitStack, chain: LocalChain, folder: Path) -> Account:
    """Open the faucet of a chain: registrar, issuing body and owner in one."""
    network = chain.network()
    key = Key("faucet", derive_private_key(chain.faucet_mnemonic))
    client = stack.enter_context(ChainClient(network))
    journal = stack.enter_context(Journal.open(folder / "journal.db"))
    sender = TxSender(client, key, journal)
    return Account(client, EnergyQueries(client), network.chain_id, key=key, sender=sender)


@pytest.fixture(scope="module")
def crossing(
    plurid_binary: Path,
    plurichain_chain_factory: Callable[..., LocalChain],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Crossing]:
    """Give the three chains, with the credit issued on A."""
    topologies = make_plurid_topologies(plurid_binary, 2)
    attributes = make_attributes(topologies["a"].chain_id)
    denom = compute_credit_denom(attributes)
    topologies["fake"] = replace(topologies["a"], denoms=(*topologies["a"].denoms, denom))
    # One by one: the harness itself refuses chains of one id side by side.
    chains = LocalChains(
        {
            name: plurichain_chain_factory(add_relayer(topology), name=name)
            for name, topology in topologies.items()
        }
    )
    chains.links = tuple(chains.open_links([LinkTopology("a", "b"), LinkTopology("fake", "b")]))
    with contextlib.ExitStack() as stack:
        a, b, fake = (
            open_registrar(stack, chains[name], tmp_path_factory.mktemp(name))
            for name in ("a", "b", "fake")
        )
        set_issuing_body(a, IssuingBody(BODY, "Registry", a.address, True))
        register_device(a, make_mill(), KEY)
        set_device_status(a, "crossing", DeviceStatus.ACTIVE)
        submit_readings(a, "crossing", sign_readings(KEY, a.chain_id, "crossing", [INTERVAL]))
        (coin,) = issue_credits(a, "crossing").credits
        assert coin == Coin(denom, ENERGY_WH), "the attributes make the denom"
        yield Crossing(chains, a, b, fake, attributes, denom)


def retire(account: Account, coin: Coin, attributes: Attributes | None = None) -> None:
    retire_credits(
        account,
        coin,
        beneficiary="the next town",
        purpose=RetirementPurpose.OBLIGATION,
        attributes=attributes,
    )


def expect_refusal(account: Account, coin: Coin, code: int, given: Attributes | None) -> None:
    """Have the chain itself refuse a retirement, which changes nothing."""
    before = account.client.get_balances(account.address), account.queries.list_retirements()
    message = messages.retire_credits(
        account.address,
        coin,
        beneficiary="the next town",
        purpose=RetirementPurpose.OBLIGATION,
        attributes=given,
    )
    outcome = account.sender.send([message], purpose="unchecked", gas=2_000_000)
    assert (outcome.codespace, outcome.code) == ("energy", code), outcome.log
    after = account.client.get_balances(account.address), account.queries.list_retirements()
    assert after == before


def test_a_voucher_is_retired_where_its_path_is_registered(crossing: Crossing) -> None:
    """Path and attributes together are the evidence; each alone is not enough."""
    b, attributes = crossing.b, crossing.attributes
    coin = Coin(crossing.send("a", 3_000), 1_000)
    with pytest.raises(EnergyError, match="is not registered"):
        retire(b, coin, attributes)
    expect_refusal(b, coin, 18, attributes)

    register_path(b, RegisteredPath(crossing.path("a"), "grid-c-1"))
    with pytest.raises(EnergyError, match="unverified origin: the attributes name the chain"):
        retire(b, coin, attributes)
    expect_refusal(b, coin, 18, attributes)
    remove_path(b, crossing.path("a"))
    register_path(b, RegisteredPath(crossing.path("a"), crossing.a.chain_id))

    with pytest.raises(EnergyError, match="attributes"):
        retire(b, coin)
    expect_refusal(b, coin, 18, None)
    other = replace(attributes, zone="elsewhere")
    with pytest.raises(EnergyError, match="attributes: they are those of"):
        retire(b, coin, other)
    expect_refusal(b, coin, 19, other)

    retire(b, coin, attributes)
    assert explain_credit(b, coin.denom).origin.verified, "evidence that was given is kept"
    denoms, _ = record_attributes(b, [attributes])
    assert denoms == (crossing.denom,)
    retire(b, Coin(coin.denom, 500))
    story = explain_credit(b, coin.denom)
    assert story.origin.verified
    assert (story.origin.origin_chain, story.origin.attributes) == (
        crossing.a.chain_id,
        attributes,
    )
    assert (story.supply_wh, story.retired_wh) == (1_500, 1_500)
    home = crossing.a.queries.get_credit(crossing.denom)
    assert (home.issued_wh, home.supply_wh, home.retired_wh) == (ENERGY_WH, ENERGY_WH, 0)


def test_a_chain_of_the_same_name_is_not_the_same_chain(crossing: Crossing) -> None:
    """Same chain id, same denom, same attributes: over a path that nobody registered."""
    b = crossing.b
    assert crossing.fake.chain_id == crossing.a.chain_id
    coin = Coin(crossing.send("fake", 777), 777)
    story = explain_credit(b, coin.denom)

    assert story.origin.credit_denom == crossing.denom
    assert not story.origin.verified
    assert crossing.path("fake") in story.origin.reason
    with pytest.raises(EnergyError, match="is not registered"):
        retire(b, coin, crossing.attributes)
    expect_refusal(b, coin, 18, crossing.attributes)


def test_a_storage_takes_vouchers_of_a_registered_path_only(crossing: Crossing) -> None:
    """What is charged on B was made on A, and comes out under B's own name."""
    b = crossing.b
    key = make_device_key("battery", KeyType.SECP256K1)
    set_issuing_body(b, IssuingBody(BODY, "Registry", b.address, True))
    device = make_device(key, "battery", technology="storage", efficiency_bp=9_000)
    register_device(b, device, key)
    set_device_status(b, "battery", DeviceStatus.ACTIVE)
    record_attributes(b, [crossing.attributes])
    path = RegisteredPath(crossing.path("a"), crossing.a.chain_id)
    register_path(b, path)
    good, bad = Coin(crossing.send("a", 100), 100), Coin(crossing.send("fake", 100), 100)

    with pytest.raises(EnergyError, match="is not registered"):
        charge_storage(b, "battery", [good, bad])
    receipt = charge_storage(b, "battery", [good])
    assert (receipt.credited_wh, receipt.state.storage_balance_wh) == (90, 90)
    assert not any(check.is_broken for check in b.queries.get_invariants().checks)
