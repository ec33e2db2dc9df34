"""Nets the partner may hear or decide with: torch lives here only."""
