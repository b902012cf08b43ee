"""One file a channel; its name is its table `[alerts.<name>]`."""
