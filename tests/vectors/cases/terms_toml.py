"""Terms as TOML text, their bytes, and how they are written again."""

from __future__ import annotations

from tests.vectors.cases.common import Vector, vector
from tests.vectors.cases.terms import CLASS, field, text

SOURCE = "TOML and bytes written out by hand from the table in README.md"
SMALL = """side = "forward"
payment_rule = "last_accepted"
quantity = 100000
lot_denom = "watthour"
payment_denom = "ueur"
price_limit = 500
commit_window = "15s"
reveal_window = "1m30s"
"""
SMALL_BYTES = (
    "01"
    + field(1, "01")
    + field(2, "02")
    + field(4, f"{100000:016x}")
    + text(5, "watthour")
    + text(6, "ueur")
    + field(8, f"{500:032x}")
    + field(12, f"{15 * 10**9:016x}")
    + field(13, f"{90 * 10**9:016x}")
)
LARGE = """title = "Town \\u0022A\\u0022 \\u005C ⚡"
side = "reverse"
payment_rule = "vcg"
quantity = "18446744073709551615"
lot_denom = "watthour"
payment_denom = "ueur"
reserve_price = "340282366920938463463374607431768211455"
max_quantity = 9223372036854775807
max_steps = 8
max_bidders = 50
deposit = ["1ueur", "2upluri"]
commit_window = "2562047h47m16s854ms775us807ns"
reveal_window = "1ns"
settlement = "award"
delivery_window = "24h"
delivery_start = 2026-06-01T10:00:00Z
delivery_end = 2026-06-01T11:00:00Z
"""
LARGE_BYTES = (
    "01"
    + field(1, "02")
    + field(2, "05")
    + field(4, "f" * 16)
    + text(5, "watthour")
    + text(6, "ueur")
    + field(7, "f" * 32)
    + field(9, "7" + "f" * 15)
    + field(10, "0008")
    + field(
        11,
        "000200000004" + b"ueur".hex() + f"{1:032x}" + "00000006" + b"upluri".hex() + f"{2:032x}",
    )
    + field(12, "7" + "f" * 15)
    + field(13, f"{1:016x}")
    + field(14, "02")
    + field(15, f"{86400 * 10**9:016x}")
    + field(16, f"{50:08x}")
    + text(17, 'Town "A" \\ ⚡')
    + field(18, f"{1780308000:016x}")
    + field(19, f"{1780311600:016x}")
)
# Another spelling of the same terms: order, numbers as text, defaults, comments, an offset.
SPELLED = """# The small sale
reveal_window = "90s"
commit_window = "15000ms"
kinds = ["schedule"]
max_steps = 16
settlement = "coins"
price_limit = "500"
quantity = 100_000
payment_denom = 'ueur'
"lot_denom" = "watthour"
payment_rule = "last_accepted"
side = "forward"
"""


def _refused(name: str, toml: str, *words: str) -> Vector:
    return vector(f"refused: {name}", SOURCE, {"toml": toml}, {"error": list(words)})


CLASS_SMALL = SMALL.replace('lot_denom = "watthour"\n', "")
CLASS_TABLE = """
[credit_class]
interval_from = 2026-06-01T00:00:00Z
interval_until = 2026-06-02T00:00:00Z
technologies = ["solar_pv", "wind"]
zones = ["north"]
origins = ["grid-a-1"]
"""
CLASS_BYTES = SMALL_BYTES.replace(text(5, "watthour"), "") + field(20, CLASS)


def _changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new)


def make_vectors() -> list[Vector]:
    """Return TOML texts with their bytes, or with what the refusal says."""
    small = {"terms_bytes": SMALL_BYTES, "toml": SMALL}
    one_coin = _changed("price_limit = 500\n", 'price_limit = 500\ndeposit = "5ueur"\n')
    coin_bytes = SMALL_BYTES.replace(
        field(12, f"{15 * 10**9:016x}"),
        field(11, "000100000004" + b"ueur".hex() + f"{5:032x}") + field(12, f"{15 * 10**9:016x}"),
    )
    return [
        vector("small", SOURCE, {"toml": SMALL}, small),
        vector("small, spelled otherwise", SOURCE, {"toml": SPELLED}, small),
        vector("every key", SOURCE, {"toml": LARGE}, {"terms_bytes": LARGE_BYTES, "toml": LARGE}),
        vector(
            "one coin", SOURCE, {"toml": one_coin}, {"terms_bytes": coin_bytes, "toml": one_coin}
        ),
        vector(
            "a class",
            SOURCE,
            {"toml": CLASS_SMALL + CLASS_TABLE.replace('"solar_pv", "wind"', '"wind", "solar_pv"')},
            {"terms_bytes": CLASS_BYTES, "toml": CLASS_SMALL + CLASS_TABLE},
        ),
        vector(
            "any credit",
            SOURCE,
            {"toml": CLASS_SMALL + "[credit_class]\n"},
            {
                "terms_bytes": CLASS_BYTES.replace(CLASS, "0" * 32 + "0000" * 3).replace(
                    f"0014{len(CLASS) // 2:08x}", f"0014{22:08x}"
                ),
                "toml": CLASS_SMALL + "\n[credit_class]\n",
            },
        ),
        _refused("not TOML", _changed('"forward"', "forward"), "terms.toml", "line 1"),
        _refused("nothing", "", "terms.toml", "side is missing"),
        _refused("a key twice", SMALL + 'side = "forward"\n', "terms.toml", "line 9"),
        _refused("an unknown key", SMALL + "reserve = 5\n", "line 9", "'reserve'"),
        _refused("a table", SMALL + "[lot]\nquantity = 5\n", "line 9", "'lot'"),
        _refused("an unknown word", _changed('"forward"', '"up"'), "line 1", "side", "'up'"),
        _refused("a number for a word", _changed('"forward"', "1"), "line 1", "side", "1"),
        _refused("a float", _changed("100000", "1e5"), "line 3", "quantity", "100000.0"),
        _refused("a negative number", _changed("100000", "-5"), "line 3", "quantity", "-5"),
        _refused(
            "a negative number in text", _changed("100000", '"-5"'), "line 3", "quantity", "-5"
        ),
        _refused("a truth", _changed("100000", "true"), "line 3", "quantity", "True"),
        _refused("an enormous number", _changed("100000", "9" * 5000), "terms.toml", "too large"),
        _refused(
            "an enormous number in text",
            _changed("100000", f'"{"9" * 5000}"'),
            "line 3",
            "quantity",
        ),
        _refused("2^64", _changed("100000", str(2**64)), "line 3", "quantity", str(2**64)),
        _refused("a list of numbers", _changed("100000", "[1]"), "line 3", "quantity"),
        _refused(
            "a duration without unit", _changed('"15s"', '"15"'), "line 7", "commit_window", "'15'"
        ),
        _refused("a duration in numbers", _changed('"15s"', "15"), "line 7", "commit_window", "15"),
        _refused("a duration of 0", _changed('"15s"', '"0s"'), "line 7", "commit_window", "0"),
        _refused("a bad denom", _changed('"ueur"', '"u"'), "line 5", "payment_denom", "'u'"),
        _refused("a broken rule", _changed("price_limit = 500", ""), "price_limit"),
        _refused(
            "a broken rule with its line",
            SMALL + "reserve_price = 501\n",
            "line 9",
            "reserve_price",
            "501",
        ),
        _refused(
            "a local date",
            SMALL + "delivery_start = 2026-06-01T10:00:00\n",
            "line 9",
            "delivery_start",
        ),
        _refused(
            "half a second",
            SMALL + "delivery_end = 2026-06-01T10:00:00.5Z\n",
            "line 9",
            "delivery_end",
        ),
        _refused(
            "a date before 1970",
            SMALL + "delivery_end = 1969-01-01T00:00:00Z\n",
            "line 9",
            "delivery_end",
        ),
        _refused("a kind twice", SMALL + 'kinds = ["schedule", "schedule"]\n', "line 9", "kinds"),
        _refused("kinds as text", SMALL + 'kinds = "schedule"\n', "line 9", "kinds"),
        _refused("an unknown kind", SMALL + 'kinds = ["bundle"]\n', "line 9", "kinds", "'bundle'"),
        _refused("a deposit without denom", SMALL + 'deposit = "5"\n', "line 9", "deposit", "'5'"),
        _refused("a deposit of 0", SMALL + 'deposit = "0ueur"\n', "line 9", "deposit"),
        _refused(
            "a deposit denom twice", SMALL + 'deposit = ["1ueur", "2ueur"]\n', "line 9", "deposit"
        ),
        _refused("a deposit in numbers", SMALL + "deposit = 5\n", "line 9", "deposit", "5"),
        _refused("no window", _changed('commit_window = "15s"\n', ""), "commit_window is missing"),
        _refused("a class as text", CLASS_SMALL + 'credit_class = "wind"\n', "credit_class"),
        _refused(
            "an unknown key of a class",
            CLASS_SMALL + "[credit_class]\nzone = []\n",
            "credit_class",
            "'zone'",
        ),
        _refused(
            "a word of a class twice",
            CLASS_SMALL + '[credit_class]\nzones = ["n", "n"]\n',
            "credit_class.zones",
            "twice",
        ),
        _refused(
            "a class window that is no date",
            CLASS_SMALL + "[credit_class]\ninterval_from = 5\n",
            "credit_class.interval_from",
        ),
    ]
