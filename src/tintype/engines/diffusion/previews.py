"""Small pictures of unfinished latents: by a linear map that is fitted to the model's own autoencoder, or by a tiny one."""

from __future__ import annotations

from typing import Any

from PIL import Image

from ...core import Size
from . import installed
from .latents import Autoencoder, Pipeline, Tensor, autoencoder, encode, own_scale, pixels_per_cell, plane

RIDGE = 1e-3
"""Keeps the fit from leaning on channels that say next to nothing of colours."""


class Previewer:
    """Fitted once, when a model is loaded; a preview is then a product of small matrices.

    `tiny` is a `diffusers.AutoencoderTiny` for these latents: sharp previews of full size, for a few hundredths of a step.
    """

    def __init__(self, pipeline: Pipeline, device: Any, tiny: Autoencoder | None = None) -> None:
        self.cell = pixels_per_cell(pipeline)
        self._vae = autoencoder(pipeline)
        self._tiny = tiny
        if self._vae is None:
            raise ValueError("a pipeline without an autoencoder has no previews")
        self._matrix, self._offset = fit(self._vae, self.cell, device)

    def __call__(self, latents: Tensor, size: Size) -> list[Image.Image]:
        """One picture for each member of the batch, of one pixel for each cell (or full size from a tiny
        autoencoder). `size` is the finished picture's."""
        torch = installed.torch()

        with torch.no_grad():
            cells = plane(latents.detach(), size, self.cell, len(self._matrix))
            if self._tiny is not None:
                cells = own_scale(self._tiny, cells.float())
                colours = self._tiny.decode(cells.to(self._tiny.dtype)).sample.float()
            else:
                colours = self.colours(cells)
            values = ((colours.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
            return [Image.fromarray(each) for each in values.permute(0, 2, 3, 1).contiguous().cpu().numpy()]

    def colours(self, cells: Tensor) -> Tensor:
        """A plane on the pipeline's scale, to (batch, 3, height, width) from about -1 to 1."""
        torch = installed.torch()

        cells = own_scale(self._vae, cells.float())
        matrix, offset = self._matrix.to(cells.device), self._offset.to(cells.device)
        return torch.einsum("bchw,cr->brhw", cells, matrix) + offset.view(1, 3, 1, 1)


def fit(vae: Autoencoder, cell: int, device: Any) -> tuple[Tensor, Tensor]:
    """Least squares from latents to the colours beneath them, on fields of colour from one patch to eight by eight.

    Returns (channels, 3) and (3,), on the processor. Costs one encoding of 8 small pictures.
    """
    torch = installed.torch()
    functional = torch.nn.functional

    chance = torch.Generator().manual_seed(0)
    edge = max(128, 8 * cell)
    fields = [
        functional.interpolate(torch.rand(1, 3, patches, patches, generator=chance), (edge, edge), mode=mode)
        for patches in (1, 2, 4, 8)
        for mode in ("nearest", "bilinear")
    ]
    pixels = torch.cat(fields) * 2 - 1
    cells = encode(vae, pixels, device).cpu()
    colours = functional.interpolate(pixels, cells.shape[-2:], mode="area")
    known = cells.permute(0, 2, 3, 1).reshape(-1, cells.shape[1])
    wanted = colours.permute(0, 2, 3, 1).reshape(-1, 3)
    mean, middle = known.mean(0), wanted.mean(0)
    known, wanted = known - mean, wanted - middle
    squares = known.T @ known
    weight = RIDGE * squares.diagonal().mean() + 1e-12
    matrix = torch.linalg.solve(squares + weight * torch.eye(len(squares)), known.T @ wanted)
    return matrix, middle - mean @ matrix


def marks(steps: int, previews: int) -> list[int]:
    """After which steps, counted from 0, a preview is shown: evenly, and never after the last.

    >>> marks(20, 3), marks(4, 1), marks(2, 3), marks(1, 2)
    ([4, 9, 14], [1], [0], [])
    """
    wanted = [round((number + 1) * steps / (previews + 1)) - 1 for number in range(previews)]
    return sorted({step for step in wanted if 0 <= step < steps - 1})
