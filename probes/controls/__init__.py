"""The controls of any shop, found by web standards; a table says what those do not tell.

    controls = Controls(page, {"to_checkout": "link: Zur Kasse"})
    controls.need("to_checkout").click()
    controls.how("to_checkout")     # 'table: link: Zur Kasse'

`names.toml` beside this file lists them, `probes/words.toml` holds the words by which people
know them, in the major languages of shops.
"""

from probes.controls.finder import Controls, Found
from probes.controls.grammar import NONE, Way, check_table, read_ways
from probes.controls.names import CONTROLS, Control, Kind
from probes.controls.presets import Preset, load_preset, preset, presets
from probes.controls.words import phrases

__all__ = [
    "CONTROLS",
    "NONE",
    "Control",
    "Controls",
    "Found",
    "Kind",
    "Preset",
    "Way",
    "check_table",
    "load_preset",
    "phrases",
    "preset",
    "presets",
    "read_ways",
]
