"""What threads have made reaches the event loop, whatever the document does just then."""

import asyncio
import threading

import pytest

pytest.importorskip("panel")
from bokeh.document import Document
from playing import played
from tornado.ioloop import IOLoop

from dashboards.app import _soon


class Listener:
    """Of a document, as Bokeh's session is."""

    def _session_callback_added(self, event):
        IOLoop.current().add_callback(event.callback.callback)

    def _session_callback_removed(self, event):
        pass


def test_what_a_thread_gives_while_the_document_is_held_is_not_lost():
    came = []

    async def visit():
        document, context = Document(), object()
        document._session_context = lambda: context
        document.callbacks.on_change_dispatch_to(Listener())
        document.hold("combine")
        held = list(document.callbacks._held_events)  # as Panel lets go of what it holds, step by step
        thread = threading.Thread(target=_soon, args=(document, IOLoop.current(), lambda: came.append("an answer")))
        thread.start()
        thread.join()
        document.callbacks._held_events = held
        document.unhold()
        await asyncio.sleep(0.1)

    played(visit())
    assert came == ["an answer"]
