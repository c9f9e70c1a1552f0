"""The command line: parse, call a service, show what it says.

Modules of groups are loaded by name when they are used, so that `plurichain --help` and
the offline commands start without gRPC, protobuf or rich.
"""
