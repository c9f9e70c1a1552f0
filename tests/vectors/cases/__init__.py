"""The cases of every subject, from which scripts/gen-vectors writes the files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.vectors.cases import (
    admissibility,
    bids,
    class_lots,
    clearing,
    energy,
    hashes,
    ibc,
    light_client,
    money,
    refusals,
    terms,
    terms_rules,
    terms_toml,
)
from tests.vectors.cases.common import Vector

SUBJECTS: Final[dict[str, tuple[Callable[[], list[Vector]], ...]]] = {
    "bids": (bids.make_vectors,),
    "terms": (terms.make_vectors,),
    "terms_rules": (terms_rules.make_vectors,),
    "terms_toml": (terms_toml.make_vectors,),
    "hashes": (hashes.make_vectors,),
    "admissibility": (admissibility.make_vectors,),
    "money": (money.make_vectors,),
    "class_lots": (class_lots.make_vectors,),
    "ibc": (ibc.make_vectors,),
    "light_client": (light_client.make_vectors,),
    "clearing": (clearing.make_vectors, refusals.make_vectors),
    **energy.SUBJECTS,
}
