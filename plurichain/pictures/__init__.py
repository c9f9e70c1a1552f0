"""Result objects as pictures, SVG and PNG. The only importer of the plotting library.

The library is an extra: whoever calls in without it gets one line that names it.
"""
