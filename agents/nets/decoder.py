"""The net behind the relation between two parts: what is heard, what was played, what the memory has; what comes next.

A decoder in the way of GPT, but every step is fed three things at once: the
label heard in the segment before, the label played in it, and which labels
the memory has. It guesses the label of this segment. Positions are told only by
how long ago (a learnt bias a head), so the stage may keep a window and go on
for ever; ``agents.relation`` computes the same in numpy::

    heard[t-1]  played[t-1]  memory
         \\          |         /
              + (width)             x layers: look back, think
                                      -> labels[t]
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

WIDTH, LAYERS, HEADS, WINDOW = 128, 2, 4, 64


class Net(nn.Module):
    """The relation as torch learns it. K labels, and one more for nobody, nothing yet."""

    def __init__(
        self, labels: int, vector: int = 0, width: int = WIDTH, layers: int = LAYERS, heads: int = HEADS, window: int = WINDOW
    ) -> None:
        super().__init__()
        self.labels, self.layers, self.heads, self.window = labels, layers, heads, window
        self.own = nn.Parameter(0.5 * torch.randn(labels + 1, width) / width**0.5)
        self.heard = nn.Parameter(0.5 * torch.randn(labels + 1, width) / width**0.5)
        self.memory = nn.Parameter(torch.randn(labels, width) / (labels * width) ** 0.5)
        self.vector = nn.Parameter(torch.randn(vector, width) / width**0.5) if vector else None
        self.outside = nn.Parameter(torch.full((labels,), 4.0))
        self.blocks = nn.ModuleList(Look(width, heads, window) for _ in range(layers))
        self.norm = nn.Parameter(torch.ones(width))
        self.out = nn.Parameter(torch.randn(width, labels) * 0.5 / width**0.5)
        self.out_bias = nn.Parameter(torch.zeros(labels))

    def forward(self, heard: Tensor, own: Tensor, memory: Tensor, vector: Tensor | None = None) -> Tensor:
        """heard, own: (B, T) labels of the segments before; memory: (B, K); vector: (B, T, D). Answers log-probabilities (B, T, K)."""
        x = self.heard[heard] + self.own[own] + (memory @ self.memory)[:, None]
        if vector is not None and self.vector is not None:
            x = x + vector @ self.vector * (heard < self.labels)[..., None]
        ago = torch.arange(x.shape[1])[:, None] - torch.arange(x.shape[1])[None]
        for block in self.blocks:
            x = block(x, ago)
        scores = (norm(x) * self.norm) @ self.out + self.out_bias + (memory - 1)[:, None] * self.outside
        return functional.log_softmax(scores, -1)

    def told(self) -> dict[str, NDArray[np.float16]]:
        """Its numbers by name, in half precision, as ``agents.relation`` reads them."""
        return {name.removeprefix("blocks."): p.detach().numpy().astype(np.float16) for name, p in self.named_parameters()}

    @torch.no_grad()
    def fill(self, weights: dict[str, NDArray[np.float16]]) -> Net:
        """The numbers back from such a table."""
        for name, p in self.named_parameters():
            p.copy_(torch.from_numpy(weights[name.removeprefix("blocks.")].astype(np.float32)))
        return self


class Look(nn.Module):
    """One layer: looks back over the window, then thinks."""

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.norm1, self.norm2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.ones(width))
        self.qkv = nn.Parameter(torch.randn(width, 3 * width) / width**0.5)
        self.mix = nn.Parameter(torch.randn(width, width) * 0.5 / width**0.5)
        self.bias = nn.Parameter(-torch.linspace(0.5, 0.02, heads)[:, None] * torch.arange(window))
        self.up = nn.Parameter(torch.randn(width, 4 * width) / width**0.5)
        self.up_bias = nn.Parameter(torch.zeros(4 * width))
        self.down = nn.Parameter(torch.randn(4 * width, width) * 0.25 / width**0.5)

    def forward(self, x: Tensor, ago: Tensor) -> Tensor:
        """x: (B, T, width); ago: (T, T) how many segments lie between."""
        B, T, width = x.shape
        q, k, v = ((norm(x) * self.norm1) @ self.qkv).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        bias = self.bias[:, ago.clamp(0, self.window - 1)].masked_fill((ago < 0) | (ago >= self.window), float("-inf"))
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        x = x + seen.transpose(1, 2).reshape(B, T, width) @ self.mix
        return x + functional.relu((norm(x) * self.norm2) @ self.up + self.up_bias).square() @ self.down


def norm(x: Tensor) -> Tensor:
    """The same direction, each number about one."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)
