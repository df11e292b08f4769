"""The WSGI entry point: `gunicorn dealbrain.wsgi`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from dealbrain.checks import refuse_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealbrain.settings")

application = get_wsgi_application()
refuse_unsafe()  # as every command does: a server is none
