"""Imports in the admin: the page of an import, what is remembered of files, and prices of parts."""

from imports.admin import kept, sessions

__all__ = ["kept", "sessions"]
