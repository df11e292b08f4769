FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
# Nobody can write it later, and each command would compile some 300 modules anew.
RUN python -m compileall -q .
# Only data/ is written to: the database of the embedded mode, its key, and files to import.
RUN useradd --system --no-create-home --uid 10001 dealbrain && mkdir -p data && chown -R dealbrain data
USER dealbrain

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["gunicorn", "-c", "python:dealbrain.gunicorn_conf", "--bind=0.0.0.0:8000", "dealbrain.wsgi"]
