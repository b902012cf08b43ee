"""Oscar's own models, under the forked app."""

from oscar.apps.shipping.models import *  # type: ignore[import-untyped]  # noqa: F403 - as documented
