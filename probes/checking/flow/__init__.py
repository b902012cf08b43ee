"""The check's own flow, kept apart from those that are watched."""
