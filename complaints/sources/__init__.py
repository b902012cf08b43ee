"""Sources of posts: one file each; the file's name is its key in config.toml."""
