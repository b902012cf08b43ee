"""Campaigns, a TOML file each: what is coming, how hard to test for it, and where."""
