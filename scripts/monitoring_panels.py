"""What a person on call looks at, from the top down: questions, and panels that answer them.

In expressions ``@name`` is a metric of the chains that the reader chose, in legends
``@CHANNEL`` names a channel.
"""

from __future__ import annotations

from scripts.monitoring_panel import (
    WAITING,
    count_unknown,
    latency,
    lines,
    stat,
    sum_known,
    table,
)

STUCK = (
    stat(
        "Overdue packets",
        "Packets that should have gone on, by block time, as far as is known; and of how many "
        "channels not all is.",
        (sum_known("kind", "@overdue_packets"), "{{kind}}"),
        count_unknown("kind", "@overdue_packets"),
        worst=1,
        width=12,
    ),
    stat(
        "Alerts",
        "Alerts of Prometheus that fire now.",
        (
            'count by (alertname) (ALERTS{alertname=~"Plurichain.*",alertstate="firing"})',
            "{{alertname}}",
        ),
        worst=1,
        width=12,
    ),
    lines(
        "What waits, by class",
        "What is known. received-unacked waits for an application, and not for a relayer.",
        (sum_known("class", WAITING), "{{class}}"),
        count_unknown("class", WAITING),
    ),
    table(
        "Overdue, by channel",
        "Where to look.",
        ("@overdue_packets > 0", "@CHANNEL: {{kind}}"),
    ),
)
SINCE = (
    lines(
        "Age of the oldest packet that waits",
        "By block time, of the chain that has to act: a node that lags makes none older.",
        ("@oldest_seconds > 0", "@CHANNEL: {{class}}"),
        unit="s",
    ),
    table(
        "Alarms of the tracker, and how long they stand",
        "By block time.",
        ("@alarm_age_seconds", "{{chain}}: {{kind}}"),
        unit="s",
    ),
    lines(
        "From sending to receiving",
        "Half and 95 of 100 packets of the last quarter of an hour took at most this.",
        latency("receive_latency_seconds", 0.5),
        latency("receive_latency_seconds", 0.95),
        unit="s",
    ),
    lines(
        "From sending to settled",
        "The acknowledgement's way back included.",
        latency("settle_latency_seconds", 0.5),
        latency("settle_latency_seconds", 0.95),
        unit="s",
    ),
)
FAULT = (
    stat(
        "Nodes",
        "1: what each chain's node says is fresh; 0: it is stale, failing, or was never heard.",
        (
            'plurichain_ibc_chain_contact{chain=~"$chain",state="fresh"} == 1',
            "{{chain}}: {{state}}",
        ),
        (
            '0 * (plurichain_ibc_chain_contact{chain=~"$chain",state!="fresh"} == 1)',
            "{{chain}}: {{state}}",
        ),
        worst=1,
        is_low_bad=True,
        width=8,
    ),
    stat(
        "Newest block is old by",
        "A chain that halted, or a node that did; below 0 a clock is wrong.",
        ("@chain_block_age_seconds", "{{chain}}"),
        unit="s",
        worst=300,
        width=4,
    ),
    stat(
        "Tracker is behind by",
        "Blocks that the node has and that were not read yet.",
        ("@chain_lag_blocks", "{{chain}}"),
        worst=100,
        width=4,
    ),
    stat(
        "Clients: time left",
        "By the clock of the chain that holds the client.",
        ("@client_expiry_seconds", "{{chain}} {{client}} for {{counterparty}}"),
        unit="s",
        worst=259_200,
        is_low_bad=True,
        width=8,
    ),
    stat(
        "Clients that work",
        "1: active.",
        ("@client_active", "{{chain}} {{client}} for {{counterparty}}"),
        worst=1,
        is_low_bad=True,
    ),
    stat(
        "Channels that are open",
        "1: open.",
        ("@channel_open", "@CHANNEL"),
        worst=1,
        is_low_bad=True,
    ),
    stat(
        "Wallets of relayers", "In the smallest unit.", ("@wallet_balance", "{{chain}} {{wallet}}")
    ),
    stat(
        "Missing in wallets",
        "Below what they should hold.",
        ("@wallet_least_balance - @wallet_balance > 0", "{{chain}} {{wallet}}"),
        worst=1,
    ),
    lines(
        "Who relays",
        "Messages a second that had an effect, and such as came after a rival's.",
        ("sum by (relayer, result) (rate(@relayed_total[5m]))", "{{relayer}}: {{result}}"),
        unit="ops",
    ),
    lines(
        "Whose transactions fail",
        "A second; they pay fees for nothing.",
        (
            "sum by (chain, relayer) (rate(@failed_transactions_total[5m]))",
            "{{chain}}: {{relayer}}",
        ),
        unit="ops",
    ),
)
MONEY = (
    stat(
        "Tokens by verdict",
        "Escrow beside what stands for it, at the last audit.",
        ("sum by (verdict) (@conservation_tokens)", "{{verdict}}"),
    ),
    stat(
        "Tokens that do not add up",
        "Whose money is missing, or made from nothing.",
        ('plurichain_ibc_conservation_tokens{chain=~"$chain",verdict="broken"} > 0', "@CHANNEL"),
        worst=1,
    ),
    table(
        "Greatest difference",
        "Of any token of the channel, in the smallest unit; 0: it adds up.",
        ("@conservation_difference", "@CHANNEL"),
    ),
    stat(
        "Last audit",
        "How long ago.",
        ("max(@conservation_age_seconds)", "oldest"),
        unit="s",
        worst=86_400,
    ),
    stat(
        "Packets compared with state",
        "different: the chain holds other packets than it told.",
        ("sum by (verdict) (@commitment_checks)", "{{verdict}}"),
    ),
)
UNKNOWN = (
    stat(
        "Age of all this",
        "How long ago the database was read.",
        ("plurichain_ibc_snapshot_age_seconds", "{{instance}}"),
        unit="s",
        worst=60,
    ),
    stat(
        "Reading the database fails",
        "1: it does; and how often in the last hour.",
        ("plurichain_ibc_snapshot_failing", "now"),
        ("increase(plurichain_ibc_snapshot_failures_total[1h])", "in the last hour"),
        worst=1,
    ),
    stat(
        "Channels read whole",
        "1: no block is missing that may tell of their packets.",
        ("@channel_complete", "@CHANNEL"),
        worst=1,
        is_low_bad=True,
    ),
    stat(
        "Channels as of now",
        "1: nodes of both chains answer and were read to their heads.",
        ("@channel_current", "@CHANNEL"),
        worst=1,
        is_low_bad=True,
    ),
    stat(
        "Blocks that are missing",
        "They could not be read.",
        ("@coverage_missing_blocks", "{{chain}}"),
        worst=1,
    ),
    stat(
        "Packets seen in no block",
        "They are in the chain's state alone.",
        ("@unread_commitments", "@CHANNEL"),
        worst=1,
    ),
    stat(
        "Open packets without an age",
        "Their beginning was not read.",
        ("@unaged_packets", "@CHANNEL"),
        worst=1,
    ),
    stat(
        "Odd events",
        "With no place in a packet's life, in the last hour.",
        ("increase(@oddities_total[1h])", "{{chain}}"),
        worst=1,
    ),
    stat(
        "Shown together as other",
        "There are too many to show each.",
        ("plurichain_ibc_folded", "{{what}}"),
        worst=1,
        width=12,
    ),
    stat("Version", "Of the exporter.", ("plurichain_ibc_build_info", "{{version}}"), width=12),
)
ROWS = {
    "Is it stuck?": STUCK,
    "Since when?": SINCE,
    "Whose fault?": FAULT,
    "Is money missing?": MONEY,
    "What is not known?": UNKNOWN,
}
"""Panels by the question that they answer."""
