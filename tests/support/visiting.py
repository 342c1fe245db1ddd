"""A visitor of a served dashboard without a browser: the page is fetched, its websocket opened, messages exchanged."""

import asyncio
import json
import re
import urllib.request
from http.cookies import SimpleCookie

import pytest

pytest.importorskip("panel")

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

PATIENCE = 60  # s
MESSAGE_MAX = 2**28


class Visit:
    """One visitor, from the first page until he leaves."""

    def __init__(self, address):
        self.address, self._loop, self._count = address, asyncio.new_event_loop(), 0

    def __enter__(self):
        self._loop.run_until_complete(self._come())
        self.send(type="ready")
        return self

    def __exit__(self, *_fault):
        self._socket.close()
        self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.close()

    def send(self, **message):
        """A message of the page."""
        data = {"type": "map", "entries": [[name, value] for name, value in message.items()]}
        self._loop.run_until_complete(self._tell("data_event", ["model", {"id": self._board}], ["data", data]))

    def wait_for(self, sign):
        """Reads until something comes in which a sign stands, such as ``"name":"file"``; the text of it."""
        return self._loop.run_until_complete(asyncio.wait_for(self._until(lambda kind, text: sign in text), PATIENCE))

    async def _come(self):
        with urllib.request.urlopen(self.address, timeout=PATIENCE) as answer:
            page, cookies = answer.read().decode(), SimpleCookie(answer.headers.get("Set-Cookie", ""))
        token = re.search(r'"token":"([^"]+)"', page)[1]
        headers = {"Origin": self.address, "Cookie": "; ".join(f"{k}={v.value}" for k, v in cookies.items())}
        request = HTTPRequest(f"{self.address.replace('http', 'ws', 1)}/ws", headers=headers)
        self._socket = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=MESSAGE_MAX)
        await self._until(lambda kind, text: kind == "ACK")
        await self._write("PULL-DOC-REQ", {})
        document = await self._until(lambda kind, text: kind == "PULL-DOC-REPLY")
        roots = json.loads(document)["doc"]["roots"]
        self._board = next(root["id"] for root in roots if "esm" in root.get("attributes", {}))
        await self._tell("document_ready")

    async def _tell(self, name, *values):
        told = {"type": "event", "name": name, "values": {"type": "map", "entries": values}}
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": told}
        await self._write("PATCH-DOC", {"events": [event]})

    async def _write(self, kind, content):
        self._count += 1
        for part in ({"msgid": f"v{self._count}", "msgtype": kind}, {}, content):
            await self._socket.write_message(json.dumps(part))

    async def _until(self, is_it):
        while True:
            header = json.loads(await self._read())
            await self._read()
            text = await self._read()
            for _ in range(2 * header.get("num_buffers", 0)):
                await self._read()
            assert header["msgtype"] != "ERROR", text
            if is_it(header["msgtype"], text):
                return text

    async def _read(self):
        text = await self._socket.read_message()
        assert text is not None, "the server has closed the connection"
        return text
