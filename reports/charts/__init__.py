"""Charts: one file a picture; its name is its key in config.toml."""
