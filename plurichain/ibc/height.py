"""Heights, as everything here uses them; they live in encoding, beside their bytes."""

from plurichain.encoding.height import NO_HEIGHT, Height, revision_of

__all__ = ["NO_HEIGHT", "Height", "revision_of"]
