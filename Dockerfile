# The app, without the libraries that compute embeddings. docs/operating.md says how it is run.
FROM python:3.11.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/whypath
WORKDIR /source
COPY requirements-app.lock ./
RUN /opt/whypath/bin/pip install --no-deps --require-hashes --requirement requirements-app.lock
COPY . ./
RUN /opt/whypath/bin/pip install --no-deps --no-build-isolation . \
    && /opt/whypath/bin/pip uninstall --yes hatchling pip setuptools

FROM python:3.11.13-slim-bookworm
LABEL org.opencontainers.image.title="whypath" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/whypath /opt/whypath
ENV PATH=/opt/whypath/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin whypath \
    && install --directory --owner=whypath /project
USER 10001
WORKDIR /project
VOLUME /project
EXPOSE 8080
# It asks whether the process answers, not whether the graph does: a restart mends the former only.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/api/health/live', timeout=2)"]
ENTRYPOINT ["whypath", "--project", "/project"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
