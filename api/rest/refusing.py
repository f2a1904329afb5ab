"""The answer to bytes that are no request, which no app gets to see."""

import logging
import secrets
from http import HTTPStatus

from api.rest.gate import SECURITY_HEADERS
from api.rest.problems import Problem

log = logging.getLogger("whypath.rest")


def refusal(problem: Problem) -> bytes:
    """The whole response, as it goes over the wire; the connection ends with it."""
    request_id = secrets.token_hex(8)
    response = problem.response(request_id)
    status = HTTPStatus(response.status_code)
    headers = [
        *response.raw_headers,
        *SECURITY_HEADERS,
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    log.info("refused what is no request: %s", problem.detail, extra={"request_id": request_id})
    head = b"".join(b"%b: %b\r\n" % pair for pair in headers)
    start = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    return b"%b%b\r\n%b" % (start, head, bytes(response.body))
