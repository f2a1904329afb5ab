"""The tree of errors that a user can meet; each knows its exit code and its HTTP status.

    WhypathError
    ├── UsageError            the call or a setting is wrong            exit 2, HTTP 400
    │   ├── MappingError      whypath.toml is wrong
    │   ├── FilterError       a filter expression is wrong
    │   └── StatementError    a caller's Cypher is refused or wrong
    ├── DataError             a file cannot be used as it is            exit 1, HTTP 422
    ├── NotFoundError         no such user, item or run                 exit 1, HTTP 404
    ├── NotReadyError         nothing imported or trained yet           exit 1, HTTP 409
    ├── ArtifactError         a run's files are missing or not its own  exit 1, HTTP 409
    ├── ResourceError         memory, disk or permission is missing     exit 1, HTTP 507
    ├── EncoderError          an encoder of texts failed or gave nonsense   exit 1, HTTP 503
    └── StoreError            the graph store refused or failed         exit 1, HTTP 503
        ├── StoreUnavailableError   not reachable, or wrong credentials
        ├── StoreLockedError        another process holds the embedded graph
        ├── GraphVersionError       the graph was written by a newer version
        └── TimeLimitError          a caller's Cypher took too long      HTTP 504

A message is one sentence or two: what was wrong, the value, and what is legal or what to do next.
"""

import errno

RESOURCE_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the system allows no file of this size",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
}
"""What is lacking or forbidden, by the number of the system's error."""


class WhypathError(Exception):
    """Any failure that is told to the user in a sentence instead of a traceback."""

    exit_code = 1
    http_status = 500


class UsageError(WhypathError):
    """The call, an option or a setting is wrong; nothing was done."""

    exit_code = 2
    http_status = 400


class MappingError(UsageError):
    """The mapping file is wrong; the message names the table and key."""


class FilterError(UsageError):
    """A filter expression cannot be read; the message points at the place."""


class StatementError(UsageError):
    """A caller's own Cypher may not run or cannot; the message names the word or parameter."""


class DataError(WhypathError):
    """A data file is missing or cannot be used; the message names file and line."""

    http_status = 422


class NotFoundError(WhypathError):
    """The named user, item or run is not in the graph."""

    http_status = 404


class NotReadyError(WhypathError):
    """The graph lacks what the call needs; the message names the command to run first."""

    http_status = 409


class ArtifactError(WhypathError):
    """The files of a run are missing, damaged, of another graph or of a newer version."""

    http_status = 409


class ResourceError(WhypathError):
    """Memory, disk space or a permission is missing; nothing was half-written."""

    http_status = 507


class EncoderError(WhypathError):
    """An encoder of texts, often a server elsewhere, failed or gave vectors that are of no use."""

    http_status = 503


class StoreError(WhypathError):
    """The graph store refused a request or failed in it."""

    http_status = 503


class StoreUnavailableError(StoreError):
    """The store cannot be reached, or refuses the credentials."""


class StoreLockedError(StoreError):
    """Another process holds the embedded graph; the message says which."""


class GraphVersionError(StoreError):
    """The graph was written by a newer version of whypath."""


class TimeLimitError(StoreError):
    """A caller's own Cypher took longer than it may and was stopped."""

    http_status = 504
