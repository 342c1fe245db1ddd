"""What a browser could say: changes of the page, what no page of ours sends, and what is no message at all."""

import base64
import gzip
import json

from knocking import event, said

MB = 2**20


def changed(attr, new, model="p1"):
    return {"events": [{"kind": "ModelChanged", "model": {"id": model}, "attr": attr, "new": new}]}


def packed(megabytes):
    """An array of zeros in Bokeh's writing."""
    data = base64.b64encode(gzip.compress(bytes(megabytes * MB), 9)).decode()
    array = {"type": "bytes", "data": data}
    return {"type": "ndarray", "array": array, "shape": [megabytes * MB], "dtype": "uint8", "order": "little"}


def nested(depth):
    return "[" * depth + "]" * depth


def data(entries):
    """The event of a message of ours, with entries as they stand."""
    entries = [["model", {"id": "p1"}], ["data", {"type": "map", "entries": entries}]]
    return event("data_event", {"type": "map", "entries": entries})


MAP = {"type": "map", "entries": [["type", "undo"]]}
STRANGE = {
    "array": changed("webgl", packed(1)),
    "array in a message of ours": data([["type", "move"], ["lever", packed(1)]]),
    "bytes": data([["type", "move"], ["lever", {"type": "bytes", "data": ""}]]),
    "object": changed("language", {"type": "object", "name": "panel.models.esm.ReactiveESM", "id": "p9"}),
    "range": event("document_ready", {"type": "slice", "start": 0, "stop": 9, "step": 1}),
    "a property that the page does not change": changed("esm", "alert(1)"),
    "no property": changed(None, 1),
    "a root": {"events": [{"kind": "RootRemoved", "model": {"id": "p1"}}]},
    "a title": {"events": [{"kind": "TitleChanged", "title": "x"}]},
    "columns": {"events": [{"kind": "ColumnsStreamed", "model": {"id": "p1"}, "attr": "data", "data": {}}]},
    "another event": event("button_click", {"type": "map", "entries": [["model", {"id": "p1"}]]}),
    "another message": {"events": [{"kind": "MessageSent", "msg_type": "x", "msg_data": "y"}]},
    "a kind that no page sends": said({"type": "receive"}, "p1"),
    "no kind": said({"lever": "x"}, "p1"),
    "no mapping": said(["undo"], "p1"),
    "a long text": said({"type": "move", "lever": "x" * 40_000}, "p1"),
    "a long key": said({"type": "move", "x" * 1000: 1}, "p1"),
    "a huge number": said({"type": "move", "value": 10**300}, "p1"),
    "keys that are no text": event("data_event", {"type": "map", "entries": [[["model"], MAP]]}),
    "too deep": said({"type": "move", "value": [[[[[[[[[[1]]]]]]]]]]}, "p1"),
    "no events": {"events": []},
    "many events": {"events": changed("webgl", True)["events"] * 100},
    "two messages in one": {"events": said({"type": "undo"}, "p1")["events"] * 2},
    "more than events": {**changed("webgl", True), "references": []},
    "nothing": [],
}  # fmt: skip
NO_JSON = {
    "very deep": '{"events":' + nested(200_000) + "}",
    "very many": '{"events":[' + "1," * 200_000 + "1]}",
    "very many digits": '{"events":[' + "9" * 200_000 + "]}",
    "no number": '{"events":[NaN]}',
    "half": '{"events":[',
}


def parts_of(whole, size=100_000):
    """A message of ours in parts, as the page sends what is long."""
    text = json.dumps(whole, ensure_ascii=False)
    found = [text[at : at + size] for at in range(0, len(text), size)]
    return [{"type": "part", "at": at, "of": len(found), "text": one} for at, one in enumerate(found)]
