"""Canonical bytes and a small canonical protobuf for the pure layers."""
