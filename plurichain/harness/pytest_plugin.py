"""Fixtures for tests against a real chain."""
