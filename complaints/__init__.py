"""Complaints: sources of public posts, what they say, and counts that can be trusted."""
