"""What is exposed: every metric of the catalog, valid in both formats, labels few and harmless."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from plurichain.errors import InputError, UsageError
from plurichain.ibc.overdue import AlarmKind
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.metrics.catalog import PREFIX, SPECS
from plurichain.tracker.monitoring.metrics.collector import SnapshotCollector
from plurichain.tracker.monitoring.metrics.labels import (
    LONGEST,
    MOST_CHANNELS,
    MOST_SERIES,
    RelayerNames,
    make_label,
)
from plurichain.tracker.monitoring.metrics.refreshing import Taken
from plurichain.tracker.monitoring.metrics.writer import find_folded
from plurichain.tracker.monitoring.snapshot.items import ChannelItem, Snapshot, WalletItem
from plurichain.tracker.reading import End
from tests.unit.tracker.monitoring.snapshots import FRESH, RELAYER, make_channel, make_snapshot

HOSTILE = [
    'a"} 1\nplurichain_ibc_packets{x="',
    "back\\slash",
    "\u202emoc.knab",
    "tab\tand\x00null",
    "x" * 5_000,
    "\udc80",
    "línea",
    "other",
    "unknown",
    "",
]


def expose(snapshot: Snapshot | None, names: RelayerNames | None = None) -> dict[str, dict]:
    """Return samples by name and labels, as Prometheus and as an OpenMetrics reader see them."""
    registry = CollectorRegistry(auto_describe=False)
    taken = Taken() if snapshot is None else Taken(snapshot, 0.0, 0.1)
    registry.register(SnapshotCollector(lambda: taken, names or RelayerNames({})))
    text = generate_latest(registry).decode()
    found: dict[str, dict] = {}
    for family in parse_text(text):
        for sample in family.samples:
            key = tuple(sorted(sample.labels.items()))
            assert key not in found.setdefault(sample.name, {}), f"{sample.name}{key} twice"
            found[sample.name][key] = sample.value
    families = list(parse_openmetrics(generate_openmetrics(registry).decode()))
    assert {sample.name for family in families for sample in family.samples} == found.keys()
    return found


def pick(found: dict[str, dict], name: str, **labels: str) -> float:
    """Return the one sample with these labels among others."""
    rows = [
        value for key, value in found[PREFIX + name].items() if labels.items() <= dict(key).items()
    ]
    assert len(rows) == 1, (name, labels, rows)
    return rows[0]


def test_every_metric_of_the_catalog_is_exposed_with_its_labels() -> None:
    found = expose(make_snapshot())
    for spec in SPECS:
        name = spec.full_name + ("_count" if spec.kind.value == "histogram" else "")
        assert name in found, name
        for key in found[name]:
            assert {label for label, _ in key} == set(spec.labels)
    assert len({spec.name for spec in SPECS}) == len(SPECS)


def test_figures_are_those_of_the_snapshot() -> None:
    found = expose(make_snapshot(), RelayerNames.parse([f"ours={RELAYER}"]))
    here = {"chain": "grid-1", "port": "transfer", "channel": "channel-0"}
    assert pick(found, "packets", **here, **{"class": "received-unacked"}) == 3
    assert pick(found, "packets", **here, **{"class": "unreceived"}) == 0
    assert math.isnan(pick(found, "packets", **here, **{"class": "unknown"}))
    assert pick(found, "oldest_seconds", **here, **{"class": "received-unacked"}) == 90.5
    assert pick(found, "oldest_seconds", **here, **{"class": "unreceived"}) == 0
    assert math.isnan(pick(found, "oldest_seconds", **here, **{"class": "unknown"}))
    assert pick(found, "overdue_packets", **here, kind="stuck-answer") == 2
    assert math.isnan(pick(found, "overdue_packets", **here, kind="stuck-receive"))
    assert pick(found, "chain_contact", chain="grid-1", state="fresh") == 1
    assert pick(found, "chain_contact", chain="grid-2", state="failing") == 1
    assert pick(found, "chain_lag_blocks", chain="grid-1") == 2
    assert math.isnan(pick(found, "chain_lag_blocks", chain="grid-2"))
    assert pick(found, "coverage_missing_blocks", chain="grid-2") == 10
    assert pick(found, "client_expiry_seconds", client="07-tendermint-0") == -60
    assert pick(found, "wallet_balance", wallet="ours") == 2**70
    relayed = {"chain": "grid-1", "kind": "receive"}
    assert pick(found, "relayed_total", **relayed, relayer="ours", result="effected") == 7
    assert pick(found, "relayed_total", **relayed, relayer="other", result="redundant") == 5
    assert pick(found, "conservation_difference", channel="channel-0") == -4
    assert pick(found, "conservation_tokens", channel="channel-0", verdict="broken") == 1
    assert pick(found, "alarms", chain="grid-1", kind="stuck-answer") == 1
    assert pick(found, "alarms", chain="grid-1", kind="chain-halted") == 0
    assert math.isnan(pick(found, "alarms", chain="grid-2", kind="chain-halted"))
    assert pick(found, "receive_latency_seconds_bucket", le="0.5") == 1
    assert pick(found, "receive_latency_seconds_bucket", le="+Inf") == 3
    assert pick(found, "receive_latency_seconds_sum") == 3_602.5


def test_what_could_not_be_audited_does_not_add_up() -> None:
    shot = make_snapshot()
    unknown = replace(shot.conservation[0], denom="b", verdict="unknown", difference=None)
    for difference, shown in ((0, math.nan), (-4, -4)):
        rows = (replace(shot.conservation[0], difference=difference), unknown)
        value = pick(expose(replace(shot, conservation=rows)), "conservation_difference")
        assert value == shown or (math.isnan(value) and math.isnan(shown))


def test_an_end_that_only_sends_back_is_audited_at_the_other_one() -> None:
    """Else the alert that no audit was ever made of it would stand for ever."""
    shot = make_snapshot()
    (row,) = shot.conservation
    away = replace(row, chain_id="grid-2", channel="channel-7")
    found = expose(replace(shot, conservation=(away,)))
    assert pick(found, "conservation_age_seconds", channel="channel-0") == 1


def test_without_a_snapshot_nothing_is_claimed() -> None:
    found = expose(None)
    assert found.keys() == {
        PREFIX + name
        for name in ("build_info", "snapshot_age_seconds", "snapshot_duration_seconds",
                     "snapshot_failing", "snapshot_failures_total")
    }  # fmt: skip
    assert math.isnan(pick(found, "snapshot_age_seconds"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_shown_escaped_and_end_nothing(text) -> None:
    shot = make_snapshot()
    channel = replace(shot.channels[0], peer_chain_id=text, overdue={})
    client = replace(shot.clients[0], peer_chain_id=text, client_id=text)
    alarm = replace(shot.alarms[0], subject=text, text=text)
    chain = replace(shot.chains[1], chain_id=text)
    found = expose(
        replace(
            shot,
            channels=(channel,),
            clients=(client,),
            alarms=(alarm, replace(alarm, kind=text)),
            chains=(shot.chains[0], chain),
            wallets=(replace(shot.wallets[0], name=text or "x", denom=text),),
            conservation=(replace(shot.conservation[0], denom=text),),
        ),
    )
    labels = {value for rows in found.values() for key in rows for _, value in key}
    assert all(
        len(value) <= LONGEST and value.isascii() and value.isprintable() for value in labels
    )
    assert text not in labels - {"other", "unknown"} or text == ""
    counterparty = pick_label(found, "channel_complete", "counterparty")
    assert counterparty == make_label(text)


def pick_label(found: dict[str, dict], name: str, label: str) -> str:
    (key,) = found[PREFIX + name]
    return dict(key)[label]


def test_a_wallet_that_was_given_as_an_address_has_its_relayers_name() -> None:
    shot = make_snapshot()
    wallet = replace(shot.wallets[0], name=RELAYER)
    more = replace(wallet, denom="watthour", amount=3)
    found = expose(replace(shot, wallets=(wallet, more)), RelayerNames.parse([f"us={RELAYER}"]))
    assert pick(found, "wallet_balance", wallet="us") == 2**70
    assert pick(found, "wallet_balance", wallet="us#2") == 3
    found = expose(replace(shot, wallets=(wallet,)))
    assert pick(found, "wallet_balance", wallet=RELAYER) == 2**70


def test_labels_stay_different() -> None:
    names = [*HOSTILE[:-1], "\\u202emoc.knab", "x" * 4_999, "\\other", "grid-1", "a b"]
    assert len({make_label(name) for name in names}) == len(names)
    assert make_label("grid-1") == "grid-1"
    assert make_label(None) == "unknown"


def test_more_channels_than_are_shown_are_one_other_that_adds_up() -> None:
    many = 250
    channels = tuple(
        replace(
            make_channel("grid-1"),
            end=End(ProtocolVersion.CLASSIC, "transfer", f"channel-{number}"),
            counts=dict.fromkeys(StoryClass, 1),
        )
        for number in range(many)
    )
    found = expose(replace(make_snapshot(), channels=channels, wallets=()))
    assert max(len(rows) for rows in found.values()) <= MOST_SERIES
    assert pick(found, "packets", channel="other", **{"class": "acked"}) == many - MOST_CHANNELS
    assert pick(found, "packets", channel="channel-99", **{"class": "acked"}) == 1
    assert pick(found, "folded", what="channels") == many - MOST_CHANNELS
    assert pick(found, "oldest_seconds", channel="other", **{"class": "received-unacked"}) == 90.5
    # What is known of them is certain, whatever is not known; that there are none is not.
    unknown = replace(channels[-1], counts={**channels[-1].counts, StoryClass.ACKED: None})
    found = expose(replace(make_snapshot(), channels=(*channels[:-1], unknown)))
    assert pick(found, "packets", channel="other", **{"class": "acked"}) == many - MOST_CHANNELS - 1
    none = dict.fromkeys(StoryClass, 0)
    empty = tuple(replace(each, counts=none) for each in channels[:-1])
    found = expose(replace(make_snapshot(), channels=(*empty, unknown)))
    assert math.isnan(pick(found, "packets", channel="other", **{"class": "acked"}))


def make_quiet_channel(chain_id: str, number: int = 0) -> ChannelItem:
    """A channel that is current, with nothing under way."""
    counts: dict[StoryClass, int | None] = dict.fromkeys(StoryClass, 0)
    return replace(
        make_channel(chain_id, number), counts=counts, overdue={}, unaged=0, is_current=True
    )


def test_what_is_overdue_in_a_channel_that_is_not_shown_is_told() -> None:
    """Whatever is not known of others beside it: else nobody is woken for it."""
    stuck = {AlarmKind.STUCK_RECEIVE: 2}
    shown = tuple(make_quiet_channel("grid-1", number) for number in range(MOST_CHANNELS))
    blind = replace(make_channel("grid-1", 101), overdue={})
    dark = replace(make_quiet_channel("grid-1", 102), overdue=stuck, is_current=False)
    found = expose(replace(make_snapshot(), channels=(*shown, blind, dark)))
    other = {"channel": "other", "kind": "stuck-receive"}
    assert math.isnan(pick(found, "overdue_packets", **other)), "nothing of it is of now"
    bright = replace(make_quiet_channel("grid-1", 103), overdue=stuck)
    found = expose(replace(make_snapshot(), channels=(*shown, blind, dark, bright)))
    assert pick(found, "overdue_packets", **other) == 2
    assert pick(found, "channel_current", channel="other") == 0


def test_where_a_class_is_not_known_nothing_is_known_not_to_be_overdue() -> None:
    quiet = make_quiet_channel("grid-1")
    counts = dict.fromkeys(quiet.counts) | {StoryClass.UNRECEIVED: 1}
    waiting = replace(quiet, counts=counts, is_current=False)
    found = expose(replace(make_snapshot(), channels=(waiting,)))
    for kind in ("stuck-receive", "stuck-acknowledgement", "refund-overdue"):
        assert math.isnan(pick(found, "overdue_packets", kind=kind)), kind
    found = expose(replace(make_snapshot(), channels=(quiet,)))
    assert pick(found, "overdue_packets", kind="stuck-acknowledgement") == 0


def test_chains_share_what_can_be_shown() -> None:
    chains = [f"grid-{number}" for number in range(10)]
    shot = make_snapshot()
    channels = tuple(make_quiet_channel(name, number) for name in chains for number in range(50))
    found = expose(
        replace(
            shot,
            chains=tuple(replace(shot.chains[0], chain_id=name) for name in chains),
            channels=channels,
            conservation=(),
        )
    )
    rows = [dict(key) for key in found[PREFIX + "channel_open"]]
    for name in chains:
        own = {row["channel"] for row in rows if row["chain"] == name}
        assert own == {*(f"channel-{number}" for number in range(10)), "other"}
    assert pick(found, "folded", what="channels") == 400
    assert find_folded(["a"] * 3 + ["b"] * 3, 4) == {2, 5}


def test_no_metric_grows_beyond_its_limit_whatever_chains_make() -> None:
    shot = make_snapshot()
    chains = tuple(replace(shot.chains[0], chain_id=f"grid-{n}") for n in range(40))
    snapshot = replace(
        shot,
        chains=chains,
        channels=tuple(make_channel(chain.chain_id, n) for chain in chains for n in range(20)),
        clients=tuple(
            replace(shot.clients[0], chain_id=chain.chain_id, client_id=f"07-tendermint-{n}")
            for chain in chains
            for n in range(20)
        ),
        wallets=tuple(
            WalletItem(chain.chain_id, f"w{n}", "a", f"d{n}", 1, 1, FRESH)
            for chain in chains
            for n in range(20)
        ),
        relayers=tuple(
            replace(shot.relayers[0], chain_id=chain.chain_id, signer=f"s{n}")
            for chain in chains
            for n in range(50)
        ),
        alarms=tuple(
            replace(shot.alarms[0], chain_id=chain.chain_id, kind=kind.value)
            for chain in chains
            for kind in AlarmKind
        ),
    )
    found = expose(snapshot, RelayerNames.parse([f"ours={RELAYER}"]))
    assert {name: len(rows) for name, rows in found.items() if len(rows) > MOST_SERIES} == {}


def test_no_text_of_a_packet_and_no_address_is_a_label() -> None:
    shot = make_snapshot()
    found = expose(shot)
    labels = {value for rows in found.values() for key in rows for _, value in key}
    assert not labels & {RELAYER, shot.wallets[0].address, shot.wallets[0].denom}
    assert not any("secret memo" in value for value in labels)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ours", "not NAME=ADDRESS"),
        ("=pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch", "not NAME=ADDRESS"),
        ("o urs=pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch", "not NAME=ADDRESS"),
        ("other=pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch", "is taken"),
        ("ours=pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwccx", "not bech32"),
    ],
)
def test_a_relayer_that_cannot_be_named_is_refused(text, words) -> None:
    with pytest.raises((UsageError, InputError), match=words):
        RelayerNames.parse([text])


def test_one_key_is_one_relayer_on_every_chain() -> None:
    from plurichain.identifiers import Address

    elsewhere = str(replace(Address.parse(RELAYER), prefix="other"))
    names = RelayerNames.parse([f"ours={RELAYER}"])
    assert names.find(elsewhere) == "ours"
    assert names.find("") == "unknown"
    assert names.find("no address") == "other"
    with pytest.raises(UsageError, match="both"):
        RelayerNames.parse([f"ours={RELAYER}", f"theirs={elsewhere}"])
