"""`plurichain auction clear`: problem files in, results out; no chain and no key needed."""

from __future__ import annotations

import json

import click

from plurichain.cli.commands import Command
from plurichain.cli.files import open_input
from plurichain.cli.options import output_option
from plurichain.cli.output import JSON, TABLE, is_output_closed, show_bytes, show_record, show_rows
from plurichain.errors import InputError


@click.command(
    "clear",
    cls=Command,
    example="plurichain auction clear problem.json\n"
    "plurichain auction clear --ndjson - < problems.ndjson",
)
@click.argument("file", metavar="FILE|-")
@click.option("--ndjson", is_flag=True, help="One problem a line in, one result a line out.")
@output_option(default=JSON)
def clear(file: str, ndjson: bool, output: str) -> None:
    """Compute allocation and payments of the problem in FILE (`-`: standard input).

    Prints one line of JSON with integers as decimal strings. A refused problem is one line
    of reason and exit status 1; with --ndjson it is {"refused": "reason"} in its place.
    """
    from plurichain.clearing.clear import clear_json, clear_ndjson

    if ndjson and output == TABLE:
        raise click.UsageError("--ndjson prints one JSON line a problem, not a table")
    try:
        with open_input(file) as stream:
            if ndjson:
                for line in clear_ndjson(stream):
                    show_bytes(line.encode())
                    if is_output_closed():
                        break
                return
            result = clear_json(stream.read())
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", remedy="name a file that exists") from None
    if output == TABLE:
        _show_table(result)
    else:
        show_bytes(result.encode())


def _show_table(result: str) -> None:
    fields = json.loads(result)
    rows = [
        {"bidder": bidder, "allocation": units, "payment": fields["payment"][bidder]}
        for bidder, units in fields["allocation"].items()
    ]
    show_record(
        {key: fields[key] for key in ("status", "welfare", "clearing_price", "surplus")}, TABLE
    )
    show_rows(rows, TABLE, empty="no bids")
