"""What Ray is told by the environment, before it is imported and before its processes start. Ray is not needed here.

It sends no statistics of usage. A cluster of our own is for this machine and this process: its ports are bound to the
loopback, and whoever comes to them is asked for a secret that nobody else has.
"""

from __future__ import annotations

from functools import cache

from detector.tokens import make_token

LOOPBACK = "127.0.0.1"
"""The address of a cluster of our own: Ray takes it as `_node_ip_address`."""


def shared_settings() -> dict[str, str]:
    """Return what holds for any cluster, ours or another's."""
    return {
        "RAY_USAGE_STATS_ENABLED": "0",  # or Ray sends statistics of usage to its makers
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # or a process that asked for no GPU of Ray's sees none
    }


def settings_of_our_own() -> dict[str, str]:
    """Return what a cluster that we start is told, with a secret: the same for as long as this process lasts.

    Without a token Ray makes one of its own, and leaves it in the home folder, where all may read it and where every
    cluster that is started later begins to ask for it.
    """
    return {
        # Without this Ray takes the address of the network card, on which it waits for other machines.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": _secret(),
    }


@cache
def _secret() -> str:
    return make_token()  # once: Ray's own code remembers the first that it has read
