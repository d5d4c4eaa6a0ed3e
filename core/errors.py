"""What can go wrong, for every module to raise and the API to tell.

DealgraphError
├── NotFound            no such record for this tenant
├── Forbidden           the role does not allow it
├── Unauthenticated     no token, or one that is unknown, expired or revoked
├── Conflict            someone else was faster: `ifVersion` differs
├── Refused             the input breaks rules; holds every Problem
├── LimitExceeded       too deep, too costly, too many; names limit, value, allowed
├── BadRequest          (schema.requests) no operation could be read from it; nothing ran
├── Timeout             the deadline passed
└── Unavailable         the database cannot be reached or is not fit; says what to do
    └── Unaccepted      (core.store.versions) a tenant's version is of another release
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what was sent.

    `path` leads from the input to the value (API names are the API's business: here they are
    field keys and indexes); `code` is UPPER_SNAKE and stable; `message` says what and the mend.
    """

    path: tuple[str | int, ...]
    code: str
    message: str


class DealgraphError(Exception):
    """An expected failure, with a stable code."""

    code = "INTERNAL"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(DealgraphError):
    """No such record for this tenant."""

    code = "NOT_FOUND"


class Forbidden(DealgraphError):
    """The role of the token does not allow this."""

    code = "FORBIDDEN"


class Unauthenticated(DealgraphError):
    """No token, or one that is unknown, expired or revoked."""

    code = "UNAUTHENTICATED"


class Conflict(DealgraphError):
    """Someone else was faster."""

    code = "CONFLICT"


class Refused(DealgraphError):
    """The input breaks rules. Nothing was written."""

    code = "INVALID"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class LimitExceeded(DealgraphError):
    """The request is larger than a limit allows: which one, what was asked, what is allowed.

    `field` leads to the part of the request that is the largest, where one is.
    """

    code = "LIMIT_EXCEEDED"

    def __init__(
        self,
        message: str,
        *,
        limit: str | None = None,
        value: int | None = None,
        allowed: int | None = None,
        field: Sequence[str] | None = None,
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value
        self.allowed = allowed
        self.field = field


class Timeout(DealgraphError):
    """The deadline passed before the answer was ready."""

    code = "TIMEOUT"


class Unavailable(DealgraphError):
    """Something outside this process is missing or unfit; the message says what to do."""

    code = "UNAVAILABLE"
