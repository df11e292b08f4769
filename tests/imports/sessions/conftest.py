from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Any) -> None:
    """No test leaves a file."""
    settings.UPLOAD_ROOT = tmp_path
