"""Building and signing through the public API, beside cosmpy and beside a bare loop.

All three make the same transaction: one bank send of another amount each time, signed DIRECT. The
bare loop is what no client written in Python can beat: protobuf messages and libsecp256k1, and
nothing around them. cosmpy knows no unordered transactions and signs ordered ones.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable

import coincurve
from cosmpy.aerial.tx import SigningCfg, Transaction, TxFee
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.crypto.keypairs import PrivateKey

from plurichain.chain import ChainClient, Journal, TxSender, protos
from plurichain.chain.transactions import messages
from plurichain.chain.transactions.signing import build_auth_info, build_body, sign_tx
from plurichain.keyring import Key
from plurichain.units import Coin
from scripts.bench_client import figures
from scripts.bench_client.stage import Stage, open_stage

COUNT = 4_000
COSMPY_COUNT = 400
SAMPLE = 100
GAS = 100_000
TIMEOUT_NS = 1_800_000_000_000_000_000
CHAIN_ID = "plurichain-local-1"
NUMBER = 7
PRIVATE = bytes(range(1, 33))
DENOM = "upluri"

key = Key("sender", PRIVATE)
recipient = Key("recipient", bytes(range(2, 34))).address


def sign_ours() -> int:
    """Use the functions that the sender uses."""
    for number in range(1, COUNT + 1):
        message = messages.bank_send(key.address, recipient, [Coin(DENOM, number)])
        sign_tx(
            key,
            body=build_body([message], timeout_ns=TIMEOUT_NS + number),
            auth_info=build_auth_info(
                key.public_key, account_sequence=0, fee=[Coin(DENOM, 2_500)], gas_limit=GAS
            ),
            chain_id=CHAIN_ID,
            account_number=NUMBER,
        )
    return COUNT


def sign_bare() -> int:
    """Use protobuf and libsecp256k1 alone."""
    private = coincurve.PrivateKey(PRIVATE)
    public = private.public_key.format()
    sender, to = str(key.address), str(recipient)
    for number in range(1, COUNT + 1):
        send = protos.bank_tx.MsgSend(
            from_address=sender,
            to_address=to,
            amount=[protos.coin.Coin(denom=DENOM, amount=str(number))],
        )
        packed = protos.any_message.Any(
            type_url="/cosmos.bank.v1beta1.MsgSend", value=send.SerializeToString()
        )
        seconds, nanos = divmod(TIMEOUT_NS + number, 1_000_000_000)
        body = protos.tx.TxBody(
            messages=[packed],
            unordered=True,
            timeout_timestamp=protos.timestamp.Timestamp(seconds=seconds, nanos=nanos),
        ).SerializeToString()
        signer = protos.tx.SignerInfo(
            public_key=protos.any_message.Any(
                type_url="/cosmos.crypto.secp256k1.PubKey",
                value=protos.secp256k1.PubKey(key=public).SerializeToString(),
            ),
            mode_info=protos.tx.ModeInfo(single=protos.tx.ModeInfo.Single(mode=1)),
            sequence=0,
        )
        fee = protos.tx.Fee(amount=[protos.coin.Coin(denom=DENOM, amount="2500")], gas_limit=GAS)
        info = protos.tx.AuthInfo(signer_infos=[signer], fee=fee).SerializeToString()
        document = protos.tx.SignDoc(
            body_bytes=body, auth_info_bytes=info, chain_id=CHAIN_ID, account_number=NUMBER
        ).SerializeToString()
        raw = protos.tx.TxRaw(
            body_bytes=body,
            auth_info_bytes=info,
            signatures=[private.sign_recoverable(document)[:64]],
        ).SerializeToString()
        hashlib.sha256(raw).hexdigest()
    return COUNT


def sign_cosmpy() -> int:
    """Use cosmpy as its documentation does."""
    wallet = LocalWallet(PrivateKey(PRIVATE), prefix="pluri")
    sender, to = str(key.address), str(recipient)
    for number in range(1, COSMPY_COUNT + 1):
        send = protos.bank_tx.MsgSend(
            from_address=sender,
            to_address=to,
            amount=[protos.coin.Coin(denom=DENOM, amount=str(number))],
        )
        tx = Transaction()
        tx.add_message(send)
        tx.seal(
            SigningCfg.direct(wallet.public_key(), number), fee=TxFee(f"2500{DENOM}", gas_limit=GAS)
        )
        tx.sign(wallet.signer(), CHAIN_ID, NUMBER)
        tx.complete()
    return COSMPY_COUNT


def measure(runs: int) -> None:
    """Print the three rates, the two ratios, and how many of a sample a node accepts."""
    ways: dict[str, Callable[[], int]] = {
        "plurichain": sign_ours,
        "coincurve and protobuf alone": sign_bare,
        "cosmpy": sign_cosmpy,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for work in ways.values():
        work()
    # In turn, so that a busy moment of the machine hits all of them.
    for _, (name, work) in itertools.product(range(runs), ways.items()):
        rates[name].append(figures.measure_rate(work))
    for name, samples in rates.items():
        figures.show_samples(f"built and signed a second: {name}", samples)
    ours, bare, cosmpy = rates.values()
    figures.show_ratio("built and signed, ratio to cosmpy", ours, cosmpy, target=6)
    figures.show_ratio("built and signed, share of the bare loop", ours, bare, target=0.75)
    with open_stage(accounts=1) as stage:
        figures.show("of a sample, accepted by a node", accepted=send_sample(stage), sample=SAMPLE)


def send_sample(stage: Stage) -> int:
    """Send a sample made in the very way that is timed; return how many were accepted."""
    with (
        ChainClient(stage.network) as client,
        Journal.open(stage.folder / "sample.db") as journal,
    ):
        sender = TxSender(client, stage.town, journal)
        to = stage.bidders[0].address
        hashes = [
            sender.submit(
                [messages.bank_send(stage.town.address, to, [Coin(DENOM, number)])],
                purpose="sample",
                gas=GAS,
            )
            for number in range(1, SAMPLE + 1)
        ]
        outcomes = sender.tracker.wait_all(hashes)
    return sum(outcome.status == "accepted" for outcome in outcomes)
