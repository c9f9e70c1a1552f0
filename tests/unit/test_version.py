"""The version is the same wherever it is asked for."""

from importlib import metadata

import plurichain


def test_installed_version_is_the_packages_own() -> None:
    assert metadata.version("plurichain") == plurichain.__version__
