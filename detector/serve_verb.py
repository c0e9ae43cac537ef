"""The verb that lends a detector to other machines."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from detector.console import DeviceOption, JsonOption, ModelOption, PrecisionOption, Summary, people_console, verb
from detector.remote_address import is_loopback
from detector.tokens import token_of_file
from detector.types import DetectorError
from detector.wire import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOK_SECONDS = 1.0


@verb()
def serve(
    *,
    model: ModelOption = None,
    host: Annotated[str, typer.Option("--host", help="the address to be asked at; other machines reach 0.0.0.0")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = DEFAULT_PORT,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", dir_okay=False, help="a file with the token, made where there is none"),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", exists=True, dir_okay=False, help="for https: a certificate chain in PEM"),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", exists=True, dir_okay=False, help="for https: its private key in PEM")
    ] = None,
    device: DeviceOption = None,
    precision: PrecisionOption = "fast",
    as_json: JsonOption = False,
) -> Summary:
    """Let other machines detect with the model on this one, until Ctrl-C.

    Whoever asks has to know the token: it is in a file that only you may read, which is named at the start. By default
    only programs on this machine can ask. With another --host give the --token-file, and https as well: with
    --certificate and --key, or by a proxy before it. Needs the extra `serve`.

    Examples: boxwright serve --device cuda
    boxwright serve --host 0.0.0.0 --token-file ~/token --certificate chain.pem --key key.pem
    """
    from detector.ray_serving import ServeOrder, serving  # noqa: PLC0415 - imports what reads images

    if not is_loopback(host) and token_file is None:
        raise DetectorError(
            f"At {host} other machines can ask: choose a token for them with --token-file, or serve at 127.0.0.1."
        )
    if (certificate is None) != (key is None):
        raise DetectorError("https needs both --certificate and --key.")
    file = (token_file or platformdirs.user_config_path("boxwright") / "serve.token").absolute()
    token_of_file(file)
    order = ServeOrder(file, host, port, model and model.absolute(), device, precision, certificate, key)
    console = people_console(as_json=as_json)
    console.print("Loading the detector ...")
    with serving(order), _ended() as end:
        console.print(f"The detector answers at {order.url}. The token is in {file}. Ctrl-C ends it.")
        if not is_loopback(host) and certificate is None:
            console.print("What is sent is not encrypted: put a proxy with https before it, or give --certificate.")
        while not end.wait(_LOOK_SECONDS):  # on Windows no signal interrupts a wait without an end
            pass
    return {"url": order.url, "token_file": str(file)}


@contextmanager
def _ended() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C or SIGTERM sets, as long as this lasts. To be begun after Ray, which takes SIGTERM."""
    end = threading.Event()
    before = {number: signal.signal(number, lambda *_: end.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield end
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
