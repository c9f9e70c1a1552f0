"""Canonical bytes, hashes and denoms of energy; put together here by hand, hashed by hashlib."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.vectors.cases.common import LAYOUT, Vector, vector
from tests.vectors.cases.energy_common import (
    BODY,
    CHAIN,
    DEVICE,
    MIDNIGHT,
    NOON,
    PUBLIC_KEYS,
    QUARTER,
    lp,
    make_reading_message,
    show,
    u64,
)

HASH = hashlib.sha256(b"a reading").digest()


def _make_attributes(name: str, stamp: str, **changed: Any) -> Vector:
    given: dict[str, Any] = {
        "origin_chain": CHAIN,
        "device_id": DEVICE,
        "technology": "solar_pv",
        "zone": "CH-ZH",
        "capacity_w": 30_000,
        "interval_start": NOON,
        "interval_end": NOON + QUARTER,
        "reading_hash": HASH,
        "issuing_body": BODY,
        **changed,
    }
    data = b"\x01" + lp(given["origin_chain"]) + lp(given["device_id"]) + lp(given["technology"])
    data += lp(given["zone"]) + u64(given["capacity_w"]) + u64(given["interval_start"])
    data += u64(given["interval_end"]) + lp(given["reading_hash"]) + lp(given["issuing_body"])
    digest = hashlib.sha256(lp("plurichain/energy/credit/v1") + lp(data)).hexdigest()
    expected = {"bytes": data.hex(), "hash": digest, "denom": f"wh.{stamp}.{digest}"}
    given = {"function": "attributes", **show(given)}
    return vector(f"attributes: {name}", LAYOUT, given, expected)


def _make_reading(name: str, *numbers: int, chain_id: str = CHAIN, device: str = DEVICE) -> Vector:
    message = make_reading_message(chain_id, device, *numbers)
    names = ("interval_start", "interval_end", "counter_start_wh", "counter_end_wh")
    given = {"chain_id": chain_id, "device_id": device, **dict(zip(names, numbers, strict=True))}
    expected = {"message": message.hex(), "hash": hashlib.sha256(message).hexdigest()}
    return vector(f"reading: {name}", LAYOUT, {"function": "reading", **show(given)}, expected)


def _make_device(name: str, **changed: Any) -> Vector:
    given: dict[str, Any] = {
        "chain_id": CHAIN,
        "device_id": DEVICE,
        "owner": bytes(range(20)),
        "key_type": 1,
        "public_key": PUBLIC_KEYS[1],
        "technology": "solar_pv",
        "capacity_w": 30_000,
        "zone": "CH-ZH",
        "latitude_udeg": 47_376_900,
        "longitude_udeg": 8_541_700,
        "issuing_body": BODY,
        "efficiency_bp": 0,
        **changed,
    }
    data = b"\x01" + lp(given["chain_id"]) + lp(given["device_id"]) + lp(given["owner"])
    data += bytes((given["key_type"],)) + lp(given["public_key"]) + lp(given["technology"])
    data += u64(given["capacity_w"]) + lp(given["zone"]) + u64(given["latitude_udeg"])
    data += u64(given["longitude_udeg"]) + lp(given["issuing_body"])
    data += given["efficiency_bp"].to_bytes(4, "big")
    message = lp("plurichain/energy/device/v1") + lp(data)
    given = {"function": "device", **show(given)}
    return vector(f"device: {name}", LAYOUT, given, {"message": message.hex()})


def make_vectors() -> list[Vector]:
    """Return vectors of attributes, readings and devices."""
    greatest = 2**64 - 1
    last = 253_402_300_740
    return [
        _make_attributes("a quarter of an hour of sun", "20260621T1200"),
        _make_attributes("a zone that is not ASCII", "20260621T1200", zone="Zürich ⚡"),
        _make_attributes("greatest capacity", "20260621T1200", capacity_w=greatest),
        _make_attributes(
            "the first minute", "19700101T0000", interval_start=0, interval_end=60, device_id="a"
        ),
        _make_attributes(
            "the last minute", "99991231T2358", interval_start=last - 60, interval_end=last
        ),
        _make_attributes("another chain", "20260621T1200", origin_chain="grid-b-1"),
        _make_reading("a quarter of an hour", NOON, NOON + QUARTER, 1_000, 7_500),
        _make_reading("nothing metered", MIDNIGHT, MIDNIGHT + QUARTER, 7_500, 7_500),
        _make_reading("greatest counters", NOON, NOON + QUARTER, greatest - 1, greatest),
        _make_reading("another chain", NOON, NOON + QUARTER, 1_000, 7_500, chain_id="grid-b-1"),
        _make_reading("a short id", NOON, NOON + 3600, 0, 1, device="0"),
        _make_device("solar, secp256k1"),
        _make_device("wind, ed25519", key_type=2, public_key=PUBLIC_KEYS[2], technology="wind"),
        _make_device("south and west", latitude_udeg=-34_603_700, longitude_udeg=-58_381_600),
        _make_device("a storage", technology="storage", efficiency_bp=8_550),
        _make_device("an owner of 32 bytes", owner=bytes(range(100, 132))),
    ]
