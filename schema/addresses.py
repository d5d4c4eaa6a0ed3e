"""The address that a server listens on."""

from __future__ import annotations

import os
import socket

from core.errors import Unavailable


def listener(host: str, port: int) -> socket.socket:
    """A socket that takes connections at this address; port 0 is any that is free.

    Raises:
        Unavailable: it is taken, or none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        both = host == "::" and socket.has_dualstack_ipv6()  # every network, as with 0.0.0.0
        return socket.create_server((host, port), family=family, dualstack_ipv6=both)
    except (OSError, UnicodeError) as error:
        raise Unavailable(
            f"Port {port} of {host} cannot be listened on: {_reason(error)}."
            " Choose another with --port or DEALGRAPH_PORT, or a --host of this machine."
        ) from error


def url_of(host: str, taken: socket.socket) -> str:
    """The URL at which a listener is reached."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{taken.getsockname()[1]}"


def _reason(error: OSError | UnicodeError) -> str:
    number = error.errno or 0 if isinstance(error, OSError) else -1
    return os.strerror(number) if number >= 0 else "that is no host here"  # below: a name's faults
