"""What a PDF is made of: nothing outside the document is fetched or opened, whatever is written in it."""

import base64
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("weasyprint")

import weasyprint
from standing_plants import YEAR, paper_mill

from waterplan import plant_standing
from waterplan.planning.planner.planner import Planner
from waterplan.report.documents.document import Html, document, element, to_pdf
from waterplan.report.documents.plant_report import plant_report_pdf
from waterplan.report.documents.report_files import write_report
from waterplan.study.scenario import Scenario
from waterplan.study.study import open_study

REACHES_OUT = ("socket.connect", "socket.getaddrinfo", "urllib.Request", "subprocess.Popen", "os.system")
seen, watching, place = [], [], []
ASKS = {
    "image": '<img src="{0}">',
    "set of images": '<img srcset="{0} 2x" src="{0}">',
    "style": '<p style="background:url({0})">x</p>',
    "sheet": '<link rel="stylesheet" href="{0}">',
    "import": '<style>@import url("{0}");</style>',
    "font": "<style>@font-face{{font-family:x;src:url({0})}} p{{font-family:x}}</style><p>x</p>",
    "list": '<style>li{{list-style-image:url("{0}")}}</style><ul><li>x</li></ul>',
    "content": '<style>p::before{{content:url("{0}")}}</style><p>x</p>',
    "border": '<style>p{{border-image:url("{0}") 3}}</style><p>x</p>',
    "cursor": '<p style="cursor:url({0}),auto">x</p>',
    "object": '<object data="{0}"></object>',
    "embed": '<embed src="{0}">',
    "frame": '<iframe src="{0}"></iframe>',
    "attachment": '<link rel="attachment" href="{0}">',
    "attached link": '<a rel="attachment" href="{0}">x</a>',
    "icon": '<link rel="icon" href="{0}">',
    "base": '<base href="{0}/"><img src="a.png">',
    "poster": '<video poster="{0}"></video>',
    "refresh": '<meta http-equiv="refresh" content="0;url={0}">',
    "svg image": '<svg width="9" height="9"><image width="9" height="9" href="{0}"/></svg>',
    "svg xlink": '<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{0}" width="9" height="9"/></svg>',
    "svg use": '<svg><use href="{0}#a"/></svg>',
    "svg fill": '<svg><rect width="9" height="9" fill="url({0}#a)"/></svg>',
    "svg style": '<svg><style>@import url("{0}"); rect{{fill:url("{0}#a")}}</style><rect width="9" height="9"/></svg>',
    "svg filter": '<svg><filter id="f"><feImage href="{0}"/></filter><rect width="9" filter="url(#f)"/></svg>',
    "svg in an image": '<img src="data:image/svg+xml;base64,{1}">',
    "entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "{0}">]><p>&e;</p>',
}


def watch(event, given):
    if not watching:
        return
    if event.startswith(REACHES_OUT) or (event == "open" and place and str(place[0]) in str(given[0])):
        seen.append((event, given))


class Counting(BaseHTTPRequestHandler):
    """Answers everything with a picture of one point, and counts."""

    def do_GET(self):
        self.server.hits.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/svg+xml")
        self.end_headers()
        self.wfile.write(b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')

    def log_message(self, *_words):
        """Says nothing."""


@pytest.fixture(scope="module")
def outside():
    """A server of this machine that counts who asks it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    server.hits = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", autouse=True)
def _hook():
    sys.addaudithook(watch)  # it stays, and does nothing unless it is asked to


@pytest.fixture
def addresses(outside, tmp_path):
    """Addresses of the server and of a file, in every way that they can be written."""
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    place[:] = [secret]
    port = outside.server_address[1]
    return [f"http://127.0.0.1:{port}/x", f"//127.0.0.1:{port}/x", f"HTTP://localhost:{port}/x", secret.as_uri(),
            str(secret), f"file://localhost{secret}", f"ftp://127.0.0.1:{port}/x"]  # fmt: skip


@contextmanager
def nothing_is_asked_for(outside):
    seen.clear()
    outside.hits.clear()
    watching.append(True)
    try:
        yield
    finally:
        watching.clear()
    assert outside.hits == []
    assert seen == []


@pytest.mark.parametrize("ask", ASKS)
def test_a_document_that_asks_for_something_outside_gets_nothing(ask, addresses, outside):
    for address in addresses:
        if ask == "import" and "://" not in address:
            continue  # WeasyPrint itself stops at an import that is relative to nothing
        packed = base64.b64encode(f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}"/></svg>'.encode())
        asks = Html(ASKS[ask].format(address, packed.decode()))
        text = document("x", "en", element("p", "before"), asks, element("p", "after"))
        with nothing_is_asked_for(outside):
            made = to_pdf(text)
        assert made.startswith(b"%PDF")
        assert b"/EmbeddedFile" not in made


def test_the_watch_sees_what_is_fetched_without_our_refusal(addresses, outside):
    seen.clear()
    outside.hits.clear()
    watching.append(True)
    try:
        for address in (addresses[0], addresses[3]):
            weasyprint.HTML(string=ASKS["image"].format(address)).write_pdf()
    finally:
        watching.clear()
    assert outside.hits == ["/x"]
    assert {event for event, _ in seen} >= {"open", "socket.connect"}


def test_a_plant_that_is_called_like_an_address_is_only_called_so(addresses, outside, china):
    for number, ask in enumerate(ASKS):
        name = ASKS[ask].format(addresses[number % len(addresses)], "")[:120]
        if number % 9 == 0:
            one = plant_standing(paper_mill(name), name, YEAR, china)
            with nothing_is_asked_for(outside):
                assert plant_report_pdf(one, "en").startswith(b"%PDF")


def test_titles_reasons_names_and_sources_of_a_policy_report_are_only_text(addresses, outside, copy, tmp_path):
    image = ASKS["image"].format(addresses[0])
    for table, columns in {"technologies": ("name_en",), "sources": ("title", "url", "publisher")}.items():
        head, *rows = copy.records(table)
        for row in rows:
            for column in columns:
                row[head.index(column)] = addresses[3] if column == "url" else f"{image}{row[0]}"
        copy.write(table, [head, *rows])
    planner = Planner(open_study(copy.folder))
    result = planner.solve(Scenario(title=image, why=f"url({addresses[0]}) {image}", levers={"saving_target": 60}))
    for language in ("en", "zh"):
        with nothing_is_asked_for(outside):
            write_report(result, tmp_path / "report.pdf", language, planner)
        assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
