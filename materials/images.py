"""JPEG and PNG: one picture, whole, within its number of pixels; and what is shown of it. Pure."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from materials.content import (
    PIXELS,
    Kind,
    RejectedFile,
    begins_as,
    stream,
    unreadable,
    with_second_file,
)

FORMATS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG"}
WIDEST = 1600  # pixels of a preview


def pages(data: bytes) -> int:
    """Return 1; ``RejectedFile`` for no picture, too large a one, or one with more behind."""
    kind = begins_as(data)
    assert kind in FORMATS
    _require_end(data, kind)
    with _opened(data, kind) as picture:
        picture.load()  # to its last line
    return 1


def _opened(data: bytes, kind: Kind) -> Image.Image:
    """Open a picture by its one reader; its header alone says how large it is."""
    Image.MAX_IMAGE_PIXELS = None  # it is looked at here, before a pixel is read
    picture = Image.open(stream(data), formats=[FORMATS[kind]])
    if picture.width * picture.height > PIXELS or not (picture.width and picture.height):
        raise too_many_pixels()
    if getattr(picture, "n_frames", 1) != 1:
        raise unreadable(kind)
    return picture


def too_many_pixels() -> RejectedFile:
    most = PIXELS // 1_000_000
    return RejectedFile(
        "pixels",
        f"图片超过 {most * 100} 万像素，请缩小后上传",
        f"The picture has more than {most} million pixels. Make it smaller, and send that.",
    )


def _require_end(data: bytes, kind: Kind) -> None:
    """Nothing stands behind the picture: a second file there is read by others, not by us."""
    if kind is Kind.PNG:
        if not data.endswith(b"IEND\xaeB`\x82"):
            raise with_second_file() if b"IEND" in data else unreadable(kind)
        if data.count(b"IEND\xaeB`\x82") != 1:
            raise with_second_file()
    elif not data.rstrip(b"\x00").endswith(b"\xff\xd9"):
        raise with_second_file() if b"\xff\xd9" in data else unreadable(kind)
    if b"PK\x05\x06" in data[-70_000:] or b"%PDF-" in data[:2048]:
        raise with_second_file()


def preview(data: bytes) -> bytes:
    """Return the picture as it is shown: upright, at most ``WIDEST`` wide, made anew as JPEG.

    Nothing but pixels is left: neither the place and time that a camera writes, nor a comment.
    """
    kind = begins_as(data)
    assert kind in FORMATS
    with _opened(data, kind) as picture:
        picture.draft("RGB", (WIDEST, WIDEST))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((WIDEST, WIDEST * 4))
        return encoded(upright)


def encoded(picture: Image.Image) -> bytes:
    """Return pixels on white as JPEG."""
    with_alpha = picture.convert("RGBA")
    paper = Image.new("RGB", with_alpha.size, "white")
    paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
    made = io.BytesIO()
    paper.save(made, "JPEG", quality=85)
    return made.getvalue()
