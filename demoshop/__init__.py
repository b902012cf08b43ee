"""A shop to break on purpose, with its payment provider, mail, CDN and town of customers.

Imports nothing of Forepost: the two meet over HTTP only. Start it with `python -m demoshop`.
"""
