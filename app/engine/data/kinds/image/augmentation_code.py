"""Augmentation as code: the steps that some settings use, with their numbers, as functions.

Each says what `Augmentation` does; a test compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.augmentation import Augmentation

if TYPE_CHECKING:
    from app.engine.data.augmentation_settings import AugmentationSettings

_EDGE = "What comes in continues the edge."


def augmentation_code(
    settings: AugmentationSettings, height: int, width: int, white: int
) -> tuple[str, str]:
    """Returns code that defines `augment(pictures, generator)`, and what it does in words.

    Both are "" where the settings change nothing. pictures: (B, C, H, W) of whole tones from 0 to
    `white`.
    """
    augmentation = Augmentation(settings)
    functions: dict[str, str] = {}
    if settings.rotate or settings.scale:
        functions["resample"] = _resample(augmentation)
    elif augmentation.flip or augmentation.shift:
        functions["move"] = _move(augmentation, height, width)
    if settings.light:
        functions["change_light"] = _change_light(settings.light)
    if settings.erase:
        functions["erase"] = _erase(settings.erase)

    if not functions:
        return "", ""

    functions = {name: text.replace("WHITE", str(white)) for name, text in functions.items()}
    words = f"Varies training pictures anew each time: {augmentation.words}."
    if len(functions) == 1:
        ((name, text),) = functions.items()
        return text.replace(f"def {name}(", "def augment("), words

    calls = "".join(f"    pictures = {name}(pictures, generator)\n" for name in functions)
    whole = (
        "def augment(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:\n"
        f'    """Varies training pictures, anew each time."""\n{calls}    return pictures\n'
    )
    return "\n\n".join([*functions.values(), whole]), words


def _move(augmentation: Augmentation, height: int, width: int) -> str:
    """Mirroring and shifting by whole pixels; draws are taken as the program takes them."""
    down = round(augmentation.shift * height)
    aside = round(augmentation.shift * width)
    done = ["mirrors half of the pictures"] if augmentation.flip else []
    done += ["shifts each by whole pixels"] if down or aside else []
    what = " and ".join(done) or "draws numbers that change nothing at this size"
    lines = [
        "draws = torch.rand((3, count, 1), generator=generator)",
        "columns = torch.arange(width).expand(count, width)",
    ]
    if augmentation.flip:
        lines.append("columns = torch.where(draws[0] < 0.5, width - 1 - columns, columns)")
    if aside:
        lines += [
            f"columns = columns + (draws[1] * {2 * aside + 1}).floor().long() - {aside}",
            "columns = columns.clamp(0, width - 1)",
        ]

    lines.append("")
    if down:
        lines += [
            f"rows = torch.arange(height) + (draws[2] * {2 * down + 1}).floor().long() - {down}",
            "rows = rows.clamp(0, height - 1)",
            "pictures = pictures.gather(2, rows[:, None, :, None].expand_as(pictures))",
        ]

    lines.append("return pictures.gather(3, columns[:, None, None, :].expand_as(pictures))")
    return _function("move", f"{what[:1].upper()}{what[1:]}. {_EDGE}", lines)


def _resample(augmentation: Augmentation) -> str:
    settings = augmentation.settings
    mirror = " * mirror" if augmentation.flip else ""
    mirrors = ["mirror = torch.where(draws[2] < 0.5, -1.0, 1.0)"] if augmentation.flip else []
    shift = f"2 * {augmentation.shift!r}"
    lines = [
        "draws = torch.rand((5, count), generator=generator)",
        f"angle = (2 * draws[0] - 1) * math.radians({settings.rotate!r})",
        f"size = torch.exp((2 * draws[1] - 1) * math.log1p({settings.scale!r}))",
        *mirrors,
        "cos = torch.cos(angle) / size",
        "sin = torch.sin(angle) / size",
        "",
        "# One affine map for everything together, so that it is interpolated once.",
        f"aside = (2 * draws[3] - 1) * {shift}",
        f"down = (2 * draws[4] - 1) * {shift}",
        f"first_row = [cos{mirror}, -sin * (height / width){mirror}, aside]",
        "second_row = [sin * (width / height), cos, down]",
        "theta = torch.stack([*first_row, *second_row], dim=1).view(count, 2, 3)",
        "grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)",
        "",
        "edge = torch.tensor([1 - 1 / width, 1 - 1 / height])",
        "grid = torch.minimum(torch.maximum(grid, -edge), edge)",
        "moved = functional.grid_sample(pictures.float(), grid, align_corners=False)",
        "return moved.round().clamp(0, WHITE).to(pictures.dtype)",
    ]
    return _function("resample", f"Mirrors, turns, scales and shifts by one map. {_EDGE}", lines)


def _change_light(light: float) -> str:
    lines = [
        "draws = 2 * torch.rand((2, count, 1, 1, 1), generator=generator) - 1",
        "pixels = pictures.float()",
        "mean = pixels.mean(dim=(1, 2, 3), keepdim=True)",
        f"contrast = 1 + draws[0] * {light!r}",
        f"brightness = draws[1] * {light!r} * WHITE / 2",
        "changed = (pixels - mean) * contrast + mean + brightness",
        "return changed.clamp(0, WHITE).round().to(pictures.dtype)",
    ]
    return _function(
        "change_light",
        "Changes the contrast about each picture's mean, then the brightness.",
        lines,
    )


def _erase(erase: float) -> str:
    lines = [
        "draws = torch.rand((4, count, 1), generator=generator)",
        "",
        "def inside(side: int, size: torch.Tensor, position: torch.Tensor) -> torch.Tensor:",
        f"    length = (size * {erase!r} * side).ceil()",
        "    start = (position * (side - length + 1)).floor()",
        "    positions = torch.arange(side)",
        "    return (positions >= start) & (positions < start + length)",
        "",
        "rows = inside(height, draws[0], draws[1])",
        "columns = inside(width, draws[2], draws[3])",
        "hidden = rows[:, None, :, None] & columns[:, None, None, :]",
        "mean = pictures.float().mean(dim=(2, 3), keepdim=True)",
        "return torch.where(hidden, mean.round().clamp(0, WHITE).to(pictures.dtype), pictures)",
    ]
    return _function("erase", "Hides a rectangle of each picture with its mean colour.", lines)


def _function(name: str, what: str, lines: list[str]) -> str:
    """Returns a function of these lines; it takes only the sizes that they use."""
    body = "".join(f"    {line}\n" if line else "\n" for line in lines)
    sizes = ["count", "_", "height", "width"]
    used = [size if size == "_" or size in body else "_" for size in sizes]
    head = f"def {name}(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:\n"
    if used == ["count", "_", "_", "_"]:
        return f'{head}    """{what}"""\n    count = len(pictures)\n{body}'

    return f'{head}    """{what}"""\n    {", ".join(used)} = pictures.shape\n{body}'
