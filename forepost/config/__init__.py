"""config.toml → one frozen Config; every fault is found in one pass."""

from forepost.config.duration import Seconds, parse_duration
from forepost.config.load import Config, default_path, load, parse
from forepost.config.secret import Secret
from forepost.config.tables import (
    Complaints,
    Decide,
    FlowPlan,
    LoadTests,
    Paths,
    Reports,
    Shop,
    StorePlan,
    Watch,
)

__all__ = [
    "Complaints",
    "Config",
    "Decide",
    "FlowPlan",
    "LoadTests",
    "Paths",
    "Reports",
    "Seconds",
    "Secret",
    "Shop",
    "StorePlan",
    "Watch",
    "default_path",
    "load",
    "parse",
    "parse_duration",
]
