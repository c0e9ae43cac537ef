"""A remote detector as a deployment of Ray Serve, on this machine alone: what Ray has to be told, and its end.

Ray carries the requests, keeps the queue and its limit, and starts the detector again where its process dies. Its own
ports are bound to the loopback, and want a secret of their own. Nothing is reported to anybody.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.answering import Answering, Request
from detector.gate import Gate
from detector.ray_environment import LOOPBACK, settings_of_our_own, shared_settings
from detector.tokens import read_token
from detector.types import DetectorError
from detector.wire import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detector.predictor import Precision

AT_ONCE = 2  # requests in the process of the detector: one is looked at, the next is at hand
MOST_QUEUED = 32  # requests that wait for it; more are told to come again
OBJECT_BYTES = 512 * 2**20  # of shared memory, in which requests go from process to process
ANSWER_SECONDS = 120.0
_FILE_VARIABLE = "BOXWRIGHT_SERVE_TOKEN_FILE"  # what the proxy learns the token from
_NAME = "boxwright"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServeOrder:
    """How to serve: `model` None is the embedded one; certificate and key are files in PEM, both or neither."""

    token_file: Path
    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    model: Path | None = None
    device: str | None = None
    precision: Precision = "fast"
    certificate: Path | None = None
    key: Path | None = None

    @property
    def url(self) -> str:
        """Where it is asked."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.certificate else ''}://{host}:{self.port}"


class DetectorReplica:
    """The deployment: one predictor in a process of its own, which one thread works with."""

    def __init__(self, order: ServeOrder) -> None:
        from detector.predictor import open_predictor  # noqa: PLC0415 - torch, in this process alone

        self._thread = ThreadPoolExecutor(1, "looking")
        opened = self._thread.submit(open_predictor, order.model, device=order.device, precision=order.precision)
        self._answering = Answering(opened.result(), read_token(order.token_file))

    async def __call__(self, request: Any) -> Any:
        """Answer a request of Starlette's."""
        from starlette.responses import Response  # noqa: PLC0415 - of the extra `serve`

        headers = {name.lower(): value for name, value in request.headers.items()}
        whole = Request(request.method, request.url.path, headers, await request.body())
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._thread, self._answering.answer, whole)
        return Response(answer.body, answer.status, answer.headers)


def gates() -> list[Any]:
    """Return what Ray puts before its queue: it asks for this in its proxy, by the name of this function."""
    from starlette.middleware import Middleware  # noqa: PLC0415 - of the extra `serve`

    return [Middleware(Gate, read_token(Path(os.environ[_FILE_VARIABLE])))]


@contextmanager
def serving(order: ServeOrder) -> Iterator[None]:
    """Serve as long as this lasts; once inside, requests are answered. Raises DetectorError where that cannot be."""
    _require_free(order)
    _tell_ray(order)
    try:
        import ray  # noqa: PLC0415 - of the extra `serve`
        from ray import serve  # noqa: PLC0415
    except ImportError as error:
        raise DetectorError(
            "To serve a detector Ray is needed: install Boxwright with its extra, `pip install boxwright[serve]`."
        ) from error
    logging.getLogger("ray.serve").setLevel(logging.WARNING)  # it has much to say of how it starts
    try:
        try:
            _start(ray, serve, order)
        except (RuntimeError, OSError, ValueError, ray.exceptions.RayError) as error:
            log.warning("Ray does not serve.", exc_info=True)
            raise DetectorError(f"The detector cannot be served at {order.url}: {_last_line(error)}") from error
        yield
    finally:
        with redirect_stdout(sys.stderr):  # what it has to say of its end is nobody's summary
            if ray.is_initialized():  # else Serve would join whatever Ray runs on this machine, and end what it serves
                serve.shutdown()
            ray.shutdown()


def _require_free(order: ServeOrder) -> None:
    """Raise DetectorError where somebody answers there already: Ray would share the port, and half of the requests."""
    family = socket.AF_INET6 if ":" in order.host else socket.AF_INET
    try:
        socket.create_server((order.host, order.port), family=family).close()
    except OSError as error:
        raise DetectorError(
            f"The detector cannot be served at {order.url}: {error.strerror or error}. Choose another --host or --port."
        ) from error


def _start(ray: Any, serve: Any, order: ServeOrder) -> None:
    ray.init(
        address="local",
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        object_store_memory=OBJECT_BYTES,
        num_cpus=max(2, os.cpu_count() or 1),
        _node_ip_address=LOOPBACK,
    )
    tls = {}
    if order.certificate is not None and order.key is not None:
        tls = {"ssl_certfile": str(order.certificate), "ssl_keyfile": str(order.key)}
    options = {"host": order.host, "port": order.port, "request_timeout_s": ANSWER_SECONDS, **tls}
    serve.start(proxy_location="HeadOnly", http_options=options)
    deployment = serve.deployment(max_ongoing_requests=AT_ONCE, max_queued_requests=MOST_QUEUED)(DetectorReplica)
    serve.run(deployment.bind(order), name=_NAME, route_prefix="/")


def _tell_ray(order: ServeOrder) -> None:
    """Set what Ray reads from the environment when it is imported, and its processes when they start."""
    os.environ |= {
        **shared_settings(),
        **settings_of_our_own(),
        "RAY_DEDUP_LOGS": "0",  # else what it has to say comes when the process ends
        # Serve ends what takes connections where it does not start or answer in time, 5 and 10 s: a busy machine is no
        # reason. The start as a whole has 60 s.
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
        "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": f"{__name__}:{gates.__name__}",
        _FILE_VARIABLE: str(order.token_file),
    }
    # Else Ray lets torch work with one thread.
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()[:300]
