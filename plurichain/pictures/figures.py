"""A figure and its two files: the only place that imports the plotting library to draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plurichain.errors import MissingExtra, StorageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PNG_DPI: Final = 144
#: Text stays text and ids follow from the content, so that an SVG is small and repeatable.
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "plurichain",
    "font.size": 10,
}


def write_figure(
    draw: Callable[[Figure], None], *, size: tuple[float, float], title: str, path: Path
) -> tuple[Path, Path]:
    """Write what ``draw`` draws as ``path`` with the suffixes .svg and .png; returns both paths.

    ``size`` in inches. Equal drawings give equal SVG files. Raises MissingExtra without the
    plotting library, StorageError if a file cannot be written.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(
            "pictures need matplotlib, which is not installed",
            remedy="install it with: pip install 'plurichain[plots]'",
        ) from error
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        svg, png = path.with_suffix(".svg"), path.with_suffix(".png")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(svg, metadata={"Date": None, "Title": title})
            figure.savefig(png, dpi=PNG_DPI, metadata={"Title": title})
        except OSError as error:
            raise StorageError(
                f"{path}: the picture cannot be written ({error.strerror})",
                remedy="choose a folder that can be written to",
            ) from error
    return svg, png
