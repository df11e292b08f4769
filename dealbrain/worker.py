"""The worker that `manage.py rqworker` starts, by RQ["WORKER_CLASS"]."""

from __future__ import annotations

from typing import Any

from rq import Worker
from rq.serializers import JSONSerializer


class JsonWorker(Worker):
    """Reads jobs as the queue writes them. `rqworker` on its own takes them for pickles, whatever the queue says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "serializer": JSONSerializer})
