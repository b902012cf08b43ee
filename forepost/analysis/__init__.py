"""Pure rules over plain values: no clock, no store, no network."""
