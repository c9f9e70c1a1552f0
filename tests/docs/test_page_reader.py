"""The reader of pages itself: what it lets pass and what not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import Command, PageFile, is_match, read_page

FIRST, SECOND = ("pluri1" + letter * 38 for letter in "qz")
PAGE = """\
Text.

```toml terms.toml
side = "reverse"
```

```console
$ first \\
>   --option
one
two
$ echo $?
0
```

```text
$ not run
```
"""


def test_page_in_order(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(PAGE, encoding="utf-8")

    assert read_page(path).steps == [
        PageFile("terms.toml", 'side = "reverse"\n'),
        Command(8, "first \\\n  --option", ("one", "two")),
        Command(12, "echo $?", ("0",)),
    ]


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        (("a  b",), "a b\n"),
        (("hash  " + "ab" * 32,), "hash " + "cd" * 32 + "\n"),
        (("waiting, in 9 min 58 s",), "waiting, in 3.2 s\n"),
        (("open at height 12",), "open at height 7\n"),
        (('  "height": 12,',), '  "height": 7,\n'),
        (
            ("localnet  node0  running  17  4  127.0.0.1:1",),
            "localnet node0 running 9 3 127.0.0.1:2",
        ),
        (("first", "…", "last"), "first\nx\ny\nlast\n"),
        (("first", "…", "last"), "first\nlast\n"),
        (("cost … ueur",), "cost 5 ueur\n"),
        ((), ""),
        (
            ("bidder  payment", f"{FIRST}  5", f"{SECOND}  7"),
            f"bidder payment\n{FIRST} 7\n{SECOND} 5\n",
        ),
    ],
)
def test_same_shape(expected: tuple[str, ...], printed: str) -> None:
    assert is_match(expected, printed)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        (("payment  5",), "payment  6\n"),
        ((f"{FIRST}  5", f"{SECOND}  7"), f"{FIRST} 5\n{SECOND} 5\n"),
        (("one",), "one\ntwo\n"),
        (("one", "two"), "one\n"),
        (("first", "…", "last"), "first\nx\n"),
        (("status  accepted",), "status  failed\n"),
        ((), "error\n"),
    ],
)
def test_other_shape(expected: tuple[str, ...], printed: str) -> None:
    assert not is_match(expected, printed)
