FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/golive
COPY requirements/run.lock requirements/build.lock requirements/
RUN /opt/golive/bin/pip install --require-hashes -r requirements/run.lock -r requirements/build.lock
COPY pyproject.toml README.md ./
COPY bot bot
COPY handlers handlers
COPY schedules schedules
COPY cards cards
COPY storage storage
RUN /opt/golive/bin/pip install --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Golive" \
      org.opencontainers.image.description="The chat bot that keeps software delivery projects on track"
ENV PATH=/opt/golive/bin:$PATH PYTHONUNBUFFERED=1 LOG_FORMAT=json \
    DATABASE_URL=sqlite+aiosqlite:////data/golive.db
RUN useradd --system --uid 10001 --user-group --home-dir /data golive \
    && install -d -o golive -g golive /data
COPY --from=build /opt/golive /opt/golive
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["golive", "serve", "--host", "0.0.0.0", "--port", "8000"]
