"""The shop's pages, one file for each part of the shop."""
