"""Traces by OpenTelemetry; needs the extra `trace`. Only the chooser in `app.py` imports this."""

from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.rest.gate import Scope

_TIMEOUT_S = 3
"""For a collector to take a batch; more spans wait meanwhile, and the oldest are dropped."""


class OtlpTracer:
    """Sends a span of each request to a collector, by OTLP over HTTP; a `Tracer` of the gate.

    A span carries the route, not the path: ids say who likes what. It continues the caller's trace
    where the request has a `traceparent`. `OTEL_EXPORTER_OTLP_HEADERS` and the other variables of
    OpenTelemetry's exporter hold.
    """

    def __init__(self, url: str) -> None:
        resource = Resource.create(
            {"service.name": "whypath", "service.version": version("whypath")}
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=url, timeout=_TIMEOUT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("whypath")
        self._callers = TraceContextTextMapPropagator()

    def record(self, scope: Scope, route: str, status: int, begun_ns: int, ended_ns: int) -> None:
        """Note a request that was answered; times in nanoseconds since the epoch."""
        given = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"traceparent", b"tracestate")
        }
        span = self._tracer.start_span(
            f"{scope['method']} {route}".rstrip(),
            context=self._callers.extract(given) if given else None,
            kind=SpanKind.SERVER,
            start_time=begun_ns,
            attributes={
                "http.request.method": scope["method"],
                "http.route": route,
                "http.response.status_code": status,
                "whypath.request_id": scope["request_id"],
            },
        )
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end(end_time=ended_ns)

    def close(self) -> None:
        """Send what is not sent yet."""
        self._provider.shutdown()
