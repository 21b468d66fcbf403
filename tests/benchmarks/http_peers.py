"""Other people's servers over the same files: nginx (one worker, sendfile), copyparty, Starlette's FileResponse.

None of them checks a right or keeps a log here, and each is left out where it is not installed: nginx is Debian's, the
other two come into a virtual environment of their own (`.venv-bench`), because the program needs neither.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

_PEERS_PYTHON = Path(__file__).resolve().parents[2] / ".venv-bench" / "bin" / "python"
_STARLETTE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route

async def send(request):
    return FileResponse(sys.argv[2] + "/" + request.path_params["path"])

app = Starlette(routes=[Route("/{path:path}", send)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), http="httptools", loop="asyncio", access_log=False,
            log_level="critical")
"""


@contextmanager
def peers(where: Path, docs: Path) -> Iterator[Mapping[str, str]]:
    """Serve a folder by everybody who is installed; yields their addresses by name, nginx first."""
    commands: dict[str, list[str]] = {}
    with ExitStack() as stack:
        addresses = {}
        for name, command in (("nginx", _nginx), ("copyparty", _copyparty), ("Starlette", _starlette)):
            port = _free_port()
            commands[name] = command(where, docs, port)
            if commands[name]:
                stack.enter_context(_running(commands[name], where, port))
                addresses[name] = f"http://127.0.0.1:{port}"
        yield addresses


def takes_puts() -> bool:
    """Return whether nginx has its module for PUT."""
    described = subprocess.run(["nginx", "-V"], capture_output=True, text=True, check=True).stderr
    return "http_dav_module" in described


def _nginx(where: Path, docs: Path, port: int) -> list[str]:
    if not shutil.which("nginx"):
        return []
    user = "user root;" if os.geteuid() == 0 else ""
    dav = "dav_methods PUT; create_full_put_path on;" if takes_puts() else ""
    temporary = "\n".join(
        f"{name}_temp_path {where}/nginx-{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = where / "nginx.conf"
    configuration.write_text(f"""
{user} worker_processes 1; daemon off; pid {where}/nginx.pid; error_log {where}/nginx.log;
events {{ worker_connections 512; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; client_max_body_size 0;
    default_type application/octet-stream;
    {temporary}
    server {{ listen 127.0.0.1:{port}; root {docs}; {dav} }}
}}
""")
    return ["nginx", "-c", str(configuration), "-e", str(where / "nginx.log")]


def _copyparty(where: Path, docs: Path, port: int) -> list[str]:
    if not _has("copyparty"):
        return []
    return [str(_PEERS_PYTHON), "-m", "copyparty", "-q", "-i", "127.0.0.1", "-p", str(port), "-v", f"{docs}::r"]


def _starlette(where: Path, docs: Path, port: int) -> list[str]:
    if not _has("starlette"):
        return []
    return [str(_PEERS_PYTHON), "-c", _STARLETTE, str(port), str(docs)]


def _has(package: str) -> bool:
    command = [str(_PEERS_PYTHON), "-c", f"import {package}"]
    return _PEERS_PYTHON.exists() and subprocess.run(command, check=False, capture_output=True).returncode == 0


@contextmanager
def _running(command: Sequence[str], where: Path, port: int) -> Iterator[None]:
    homes = {name: str(where / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")}
    (where / "home").mkdir(exist_ok=True)
    process = subprocess.Popen(
        command, env=os.environ | homes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=where
    )
    try:
        _wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("a server did not start")
