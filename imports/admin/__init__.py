"""Imports in the admin: the page of an import, what is remembered of files, prices of parts, possible duplicates."""

from imports.admin import kept, sessions, twins

__all__ = ["kept", "sessions", "twins"]
