"""Artefacts of an attempt: pictures, page, trace, HAR and film, and how long they are kept."""
