"""Quantiles of the Beta distribution by numpy alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

POINTS = 8001


def beta_quantiles(a: float, b: float, shares: Sequence[float]) -> NDArray[np.float64]:
    """Return the values that Beta(a, b) stays below with the probabilities `shares`.

    Shape:   as many values as shares; shares between 0 and 1.
    Units:   ratios from 0.0 to 1.0, true to 1e-4 (the tests compare with scipy).
    Raises:  ValueError if a or b is below 0.5, where the density is infinite on this scale.
    Source:  s = sin(t)**2 turns the density into sin(t)**(2a-1) * cos(t)**(2b-1), which is
             finite at both ends for the Jeffreys prior (a = b = 0.5); then trapezoids.
    """
    if min(a, b) < 0.5:  # noqa: PLR2004 - the Jeffreys prior's own figure
        raise ValueError(f"Beta({a:g}, {b:g}): both must be at least 0.5")
    angles = centred_grid(a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = power(np.sin(angles), 2 * a - 1) + power(np.cos(angles), 2 * b - 1)
    density = np.exp(logs - logs.max())
    reached = np.concatenate(([0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(angles))))
    return np.asarray(np.sin(np.interp(np.asarray(shares) * reached[-1], reached, angles)) ** 2)


def centred_grid(a: float, b: float) -> NDArray[np.float64]:
    """Return angles where the density lives: ten spreads around its middle, inside 0 to 90°."""
    middle = float(np.arcsin(np.sqrt(a / (a + b))))
    spread = 10 / (2 * np.sqrt(a + b))  # the arcsine evens the spread of a share out
    low, high = max(0.0, middle - spread), min(np.pi / 2, middle + spread)
    return np.linspace(low, high, POINTS)


def power(base: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Return log(base ** exponent), with 0 ** 0 = 1."""
    if exponent == 0:
        return np.zeros_like(base)
    return np.asarray(exponent * np.log(np.clip(base, 0.0, None)))
