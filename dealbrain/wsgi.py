"""The WSGI entry point: `gunicorn dealbrain.wsgi`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from dealbrain.checks import refuse_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealbrain.settings")

application = get_wsgi_application()
refuse_unsafe(everything=True)  # as `check` does: a server is no command. And the first visitor waits for no imports.
