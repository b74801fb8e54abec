"""Pillow: decoding, scaling and encoding release the lock."""

import io

from PIL import Image

_picture = Image.effect_noise((900, 600), 80).convert("RGB")
_buffer = io.BytesIO()
_picture.save(_buffer, "JPEG")
JPEG = _buffer.getvalue()


def thumbnail(size=128):
    """A JPEG made small."""
    picture = Image.open(io.BytesIO(JPEG))
    picture = picture.resize((size, size))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()
