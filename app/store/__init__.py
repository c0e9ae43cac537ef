"""A project on disk: no Qt, no torch."""
