"""How gunicorn serves us: `gunicorn -c python:dealbrain.gunicorn_conf dealbrain.wsgi`. A command line wins over it."""

from __future__ import annotations

from pathlib import Path

from dealbrain.deadlines import REQUEST_SECONDS
from dealbrain.settings import WEB_CONCURRENCY

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes a file of its own in it

bind = "127.0.0.1:8000"  # a container listens on every address: `--bind=0.0.0.0:8000`
workers = WEB_CONCURRENCY  # of `.env` too, which gunicorn by itself does not read
timeout = REQUEST_SECONDS  # the slow few, an import or a preview over all listings, are let finish
accesslog = "-"
if SHARED_MEMORY.is_dir():
    worker_tmp_dir = str(SHARED_MEMORY)  # a heartbeat on a slow disk would end healthy workers
