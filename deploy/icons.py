"""`python -m deploy.icons`: draw the portal's icon for home screens, as portal/icon.svg has it."""

from __future__ import annotations

from PIL import Image, ImageDraw

from deploy.local.paths import ROOT

FOLDER = ROOT / "portal" / "static" / "portal"
BLUE, WHITE = (0x14, 0x50, 0xC8, 255), (255, 255, 255, 255)
BOX = 32  # units of the drawing
CHECK = ((9, 17), (14, 22), (23, 10))
STROKE, CORNER = 3.4, 9.0
FINER = 4  # drawn so much larger, then made smaller: smooth edges
# name: pixels, whether it fills the square (the system cuts it), and how large the sign is in it
ICONS = {
    "icon-192": (192, False, 1.0),
    "icon-512": (512, False, 1.0),
    "icon-whole-512": (512, True, 0.8),  # maskable: the inner four fifths are safe
    "icon-whole-180": (180, True, 1.0),
}


def draw(pixels: int, fills: bool, size: float) -> Image.Image:
    scale = pixels * FINER / BOX
    image = Image.new("RGBA", (pixels * FINER,) * 2, BLUE if fills else (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if not fills:
        pen.rounded_rectangle((0, 0, *(pixels * FINER - 1,) * 2), CORNER * scale, fill=BLUE)
    middle = BOX / 2
    points = [
        ((middle + (x - middle) * size) * scale, (middle + (y - middle) * size) * scale)
        for x, y in CHECK
    ]
    width = STROKE * size * scale
    pen.line(points, fill=WHITE, width=round(width), joint="curve")
    for x, y in points:
        pen.circle((x, y), width / 2, fill=WHITE)
    return image.resize((pixels, pixels), Image.Resampling.LANCZOS)


def main() -> None:
    for name, drawing in ICONS.items():
        draw(*drawing).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
