"""Kinds of settings that several flows have: what cannot be meant is refused with the config."""

from typing import Annotated

from pydantic import Field

Budget = Annotated[float, Field(gt=0, allow_inf_nan=False)]  # ms
Within = Annotated[float, Field(gt=0, le=3_600)]  # s
Settle = Annotated[int, Field(ge=0, le=60_000)]  # ms
Cents = Annotated[int, Field(gt=0)]
Words = Annotated[str, Field(min_length=1)]
