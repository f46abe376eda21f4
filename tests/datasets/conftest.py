"""A web server on this machine that can do all the wrong things a web server does."""

from __future__ import annotations

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Server:
    """Files by path, and what goes wrong with the next requests.

    ``faults`` are taken one per request: "drop" ends the connection halfway through what is left,
    "corrupt" changes a byte, "busy" answers 503, "nothing" closes without an answer. ``requests``
    are the paths and the Range headers of those received.
    """

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.requests: list[tuple[str, str | None]] = []
        self.ranges = True
        self.validator = "etag"
        self.announces_size = True
        # What is announced instead of the size, and whether more is sent, without end.
        self.announced: str | None = None
        self.is_endless = False
        self.sent = 0
        self.seconds_per_chunk = 0.0
        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.httpd.daemon_threads = True
        # Clients that have gone away are part of the tests.
        self.httpd.handle_error = lambda request, address: None
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.httpd.server_port}"

    def stop(self):
        if self.thread.is_alive():
            self.httpd.shutdown()
            self.thread.join()
        self.httpd.server_close()

    def handler(server):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args):
                pass

            def do_GET(self):
                asked = self.headers.get("Range")
                server.requests.append((self.path, asked))
                fault = server.faults.pop(0) if server.faults else None
                content = server.files.get(self.path)
                if fault == "nothing":
                    self.close_connection = True
                elif fault == "busy" or content is None:
                    self.send_response(503 if fault else 404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.give(content, asked, fault)

            def give(self, content, asked, fault):
                etag = f'"{hashlib.md5(content).hexdigest()}"'
                validators = {
                    "etag": ("ETag", etag),
                    "weak": ("ETag", f"W/{etag}"),
                    "date": ("Last-Modified", "Mon, 01 Jan 2018 00:00:00 GMT"),
                }
                name, value = validators.get(server.validator, (None, None))
                start = 0
                if asked and server.ranges and self.headers.get("If-Range") in (None, value):
                    start = int(asked.removeprefix("bytes=").removesuffix("-"))
                if start >= len(content) > 0:
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(content)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206 if start else 200)
                if start:
                    span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                    self.send_header("Content-Range", span)
                if name:
                    self.send_header(name, value)
                body = bytearray(content[start:])
                if server.announces_size:
                    self.send_header("Content-Length", server.announced or str(len(body)))
                else:
                    self.close_connection = True
                if server.is_endless:
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    self.go_on(bytes(body))
                    return
                self.end_headers()
                if fault == "corrupt":
                    body[len(body) // 2] ^= 1
                if fault == "drop":
                    del body[len(body) // 2 :]
                    self.close_connection = True
                step = 1000 if server.seconds_per_chunk else max(len(body), 1)
                for at in range(0, len(body), step):
                    self.wfile.write(body[at : at + step])
                    self.wfile.flush()
                    time.sleep(server.seconds_per_chunk)

            def go_on(self, body):
                # 64 MiB stand for no end: a client that reads them all has failed.
                self.close_connection = True
                for chunk in [body, *[bytes(1 << 16)] * 1024]:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                    server.sent += len(chunk)

        return Handler


@pytest.fixture
def server(monkeypatch):
    """A server of its own for each test, which is asked directly."""
    pytest.importorskip("pooch")
    pytest.importorskip("requests")
    from sklearn_instamap.datasets._download import Downloader

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setitem(Downloader.__init__.__kwdefaults__, "wait", 0.0)
    server = Server()
    yield server
    server.stop()
