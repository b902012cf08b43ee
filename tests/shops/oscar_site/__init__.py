"""A small shop on django-oscar, run as a child process: `python -m tests.shops.oscar_site`."""
