"""Visitors without a browser: pages, cookies, tokens and websockets of a real server, honest or not."""

import http.client
import json
import re
import socket
from pathlib import Path
from urllib.parse import urlencode, urlsplit

BOARD = re.compile(r'"name": "[\w.]*ReactiveESM", "id": "(\w+)"')
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOKEN = re.compile(r'"token":"([^"]+)"')


def get(address, path="/", method="GET", body=None, **headers):
    """Status, headers and content; the path goes out as it stands."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        content = body.encode() if body is not None else b""
        for name, value in {**headers, **({"Content-Length": len(content)} if body is not None else {})}.items():
            connection.putheader(name, value)
        connection.endheaders(content or None)
        with connection.getresponse() as answer:
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


class Visitor:
    """Somebody with a browser of his own, signed in if he has a password."""

    def __init__(self, address, name="", password=""):
        self.address, self.cookies, self.token = address, {}, ""
        if name:
            form = urlencode({"username": name, "password": password})
            status, headers, _ = self._ask("/login", "POST", form, **FORM)
            assert status == 303, status
            self._keep(headers)

    def open(self, query=""):
        """The page; its token is kept."""
        status, headers, text = self._ask(f"/{query}")
        assert status == 200, status
        self._keep(headers)
        self.token = TOKEN.search(text)[1]
        return text

    def connect(self, token=None, **words):
        """His websocket, acknowledged; the status instead if he is refused one."""
        line = Line(self.address, self.token if token is None else token, Cookie=self._cookie(), **words)
        if line.status != 101:
            line.close()
            return line.status
        assert line.message()[0]["msgtype"] == "ACK"
        return line

    def _cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _ask(self, path, method="GET", body=None, **headers):
        return get(self.address, path, method, body, Cookie=self._cookie(), **headers)

    def _keep(self, headers):
        for line in headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value


class Line:
    """A websocket, frame by frame."""

    def __init__(self, address, token, **headers):
        self.socket = socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), timeout=60)
        asked = {"Host": urlsplit(address).netloc, "Origin": address, "Upgrade": "websocket", "Connection": "Upgrade"}
        asked |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "d2F0ZXJwbGFuLXdhdGVyIQ=="}
        asked |= {"Sec-WebSocket-Protocol": f"bokeh, {token}"} | headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        self.socket.sendall(f"GET /ws HTTP/1.1\r\n{lines}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value

    def send(self, text, opcode=1, first=0x80):
        """A frame; ``first`` holds the bits before the opcode."""
        content = text.encode() if isinstance(text, str) else text
        size = len(content)
        short = next((length for length, most in ((1, 126), (2, 2**16), (8, 2**63)) if size < most), 8)
        told = (
            bytes([0x80 | size]) if short == 1 else bytes([0xFE if short == 2 else 0xFF]) + size.to_bytes(short, "big")
        )
        head = bytes([first | opcode]) + told
        self.socket.sendall(head + bytes(4) + content)  # a mask of zeros

    def tell(self, content, kind="PATCH-DOC", metadata="{}", **header):
        """Sends a message as the page does, or not quite. The server may have closed while it is sent."""
        text = content if isinstance(content, str) else json.dumps(content)
        try:
            for part in (json.dumps({"msgid": "A1", "msgtype": kind, **header}), metadata, text):
                self.send(part)
        except OSError:
            pass

    def frame(self):
        """The next text; None when the connection is closed."""
        try:
            head = self.file.read(2)
            if len(head) < 2:
                return None
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self.file.read(2 if size == 126 else 8), "big")
            content = self.file.read(size)
        except ConnectionError:
            return None
        opcode = head[0] & 0xF
        if opcode == 8:
            return None
        return self.frame() if opcode in (9, 10) else content.decode()

    def message(self):
        """The next message, as header and content; None when the connection is closed."""
        texts = [self.frame() for _ in range(3)]
        return None if None in texts else (json.loads(texts[0]), json.loads(texts[2]))

    def answer(self, *kinds):
        """The next message of these kinds; None when the connection is closed first."""
        while (found := self.message()) is not None:
            if found[0]["msgtype"] in (kinds or ("OK", "ERROR")):
                return found
        return None

    def join(self):
        """Asks for the page, as a browser does first, and says that it is there; the name of what is told."""
        self.tell({}, kind="PULL-DOC-REQ")
        _, content = self.answer("PULL-DOC-REPLY")
        model = BOARD.search(json.dumps(content))[1]
        self.tell(event("document_ready", {"type": "map"}))
        assert self.answer()[0]["msgtype"] == "OK"
        self.tell(said({"type": "ready"}, model))
        assert self.answer()[0]["msgtype"] == "OK"
        return model

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_words):
        self.close()


def said(data, model):
    """The patch by which the page sends a message of its own."""
    return event("data_event", {"type": "map", "entries": [["model", {"id": model}], ["data", written(data)]]})


def event(name, values):
    """A patch with an event of Bokeh's."""
    data = {"type": "event", "name": name, "values": values}
    return {"events": [{"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}]}


def written(value):
    if isinstance(value, dict):
        return {"type": "map", "entries": [[key, written(one)] for key, one in value.items()]}
    return [written(one) for one in value] if isinstance(value, list) else value


def is_alive(address, seconds=5):
    """Whether the server answers within seconds."""
    with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), timeout=seconds) as line:
        line.sendall(b"GET /liveness HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        line.settimeout(seconds)
        return b"200 OK" in line.recv(200)


def memory(address):
    """Bytes that the process behind an address has, and the most that it ever had."""
    port = str(urlsplit(address).port)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
            if b"dashboard" in words and port.encode() in words:
                text = path.with_name("status").read_text()
        except OSError:
            continue
        else:
            if b"dashboard" in words and port.encode() in words:
                return tuple(1024 * int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("VmRSS", "VmHWM"))
    raise AssertionError("no such process")
