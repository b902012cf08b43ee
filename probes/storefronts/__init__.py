"""Storefronts: how one platform’s pages are operated. One file each."""
