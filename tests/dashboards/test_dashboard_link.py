"""Addresses hold the whole scenario, or say that they do not; what is opened is bounded."""

import tomllib
import zlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("panel")

from screens import Screen

from dashboards import link
from dashboards.answers import Answers
from dashboards.exports import export
from dashboards.packed import OVERRIDES_MAX, PACKED_MAX
from dashboards.state import KEPT_OVERRIDES, State
from waterplan import Scenario, open_scenario, open_study
from waterplan.base.errors import ScenarioError
from waterplan.base.vocabulary import of_kind, terms

STUDY = open_study("china-2015")
LABELS = {dim: [str(label) for label in STUDY.values[dim].values] for dim in ("sector", "province", "technology")}
LEVERS = [lever for lever in of_kind("lever") if lever.name not in ("excluded", "technology_floor", "technology_cap")]
WORDS = "Provincial tariff notice, read on site"


@pytest.fixture(scope="module")
def answers(planner_of_china):
    made = Answers(planner_of_china, kept=12)
    yield made
    made.close()


def values_of(lever):
    if lever.choices:
        words = st.sampled_from(lever.choices)
        return words.map(lambda word: word == "true") if lever.choices == ("true", "false") else words
    upper = 1e5 if lever.upper is None else lever.upper
    return st.floats(lever.lower, upper, allow_subnormal=False).map(lambda value: value + 0.0)


def written(lever):
    if not lever.dims:
        return values_of(lever)
    labels = st.sampled_from([*LABELS[lever.dims[0]], "*"])
    return st.one_of(values_of(lever), st.dictionaries(labels, values_of(lever), min_size=1, max_size=4))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(str.strip)
levers = st.lists(st.sampled_from(LEVERS), max_size=5, unique_by=lambda lever: lever.name).flatmap(
    lambda chosen: st.fixed_dictionaries({lever.name: written(lever) for lever in chosen})
)
prices = st.builds(
    lambda name, province, value, spread, basis, note: {
        "name": name, "where": {"province": province}, "value": value, "low": value * (1 - spread),
        "high": value * (1 + spread), "unit": terms()[name].unit, "source": WORDS, "basis": basis, "note": note,
    },
    st.sampled_from(["water_price", "resource_fee", "electricity_price"]),
    st.sampled_from(LABELS["province"]),
    st.floats(0.1, 1.5),
    st.floats(0, 0.5),
    st.sampled_from(["measured", "reported", "estimated", "assumed"]),
    texts,
)  # fmt: skip
factors = st.builds(
    lambda name, number: {"name": name, "factor": number, "source": WORDS},
    st.sampled_from(["heat_price", "running_cost_per_m3"]),
    st.floats(0.5, 1.5),
)
overrides = st.lists(st.one_of(prices, factors), max_size=4, unique_by=lambda one: (one["name"], str(one.get("where"))))
excluded = st.lists(st.sampled_from(LABELS["technology"]), max_size=3, unique=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts, texts, texts, texts, levers, overrides, excluded)
def test_a_link_holds_the_whole_scenario(shipped, title, title_zh, why, why_zh, levers, overrides, excluded):
    sets = {"levers": levers, "set": overrides, "exclude": excluded}
    one = Scenario.from_mapping({"title": {"en": title, "zh": title_zh}, "why": {"en": why, "zh": why_zh}, **sets})
    query = link.encode_scenario(one, shipped)
    back = link.decode_scenario(query, STUDY, shipped)
    assert back == one, "levers, exclusions, overrides with all they say, and every word"
    assert back.digest(STUDY) == one.digest(STUDY)
    state = State(STUDY, one, one, pins=[one])
    query, unlinked = link.encode(state, shipped)
    other = State(STUDY, Scenario(), Scenario())
    link.decode(query, other, shipped)
    assert (unlinked, other.scenario, other.pins) == ("", one, [one])


def test_why_survives(shipped):
    one = Scenario(title="x", why="the council decided it", why_zh="市里已定")
    back = link.scenario_of("v=1&" + link.encode_scenario(one, shipped), STUDY, shipped)
    assert (back.why, back.why_zh) == (one.why, one.why_zh)


def test_what_a_scenario_extends_is_in_its_link(shipped, write):
    table = f'[[set]]\nname = "heat_price"\nunit = "CNY/MJ"\nsource = "{WORDS}"\n'
    write("below.toml", f'title = "a"\n[levers]\nwater_tax = 1\n{table}value = 0.05\n')
    above = Scenario.read(write("above.toml", f'title = "b"\nextends = "below.toml"\n{table}value = 0.06\n'))
    back = link.decode_scenario(link.encode_scenario(above, shipped), STUDY, shipped)
    assert back.digest(STUDY) == above.digest(STUDY)
    assert back.levers == {"water_tax": 1}


@pytest.mark.parametrize(
    ("query", "levers", "title"),
    [
        ("v=1&page=plan&lang=zh&theme=dark&f=reference&saving_target=2500&sector_floor=paper:0.1,food:0.05",
         {"saving_target": 2500, "sector_floor": {"paper": 0.1, "food": 0.05}}, "Two billion"),
        ("v=1&t=Mine&x=mvr_evaporation&investment_cap=none", {"investment_cap": "none"}, "Mine"),
        ("v=1&f=of_another_server&water_tax=1", {"water_tax": 1}, "of_another_server"),
    ],
)  # fmt: skip
def test_links_made_before_still_open(query, levers, title, shipped):
    back = link.scenario_of(query, STUDY, shipped)
    assert back.levers == levers
    assert back.title.startswith(title)


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("v=1&saving_target=2500&saving_target=2000", "saving_target"),
        ("v=1&saving_target=&saving_target=2000", "saving_target"),
        ("v=1&f=reference&f=stretch", "f"),
        ("v=1&x=mvr_evaporation&x=air_cooling", "x"),
        ("v=1&t=Mine&t=Yours", "t"),
        ("v=1&v=1", "v"),
        ("v=1&lang=zh&lang=en&t=Mine", "lang"),
        ("v=1&t=Mine&pin=saving_target%3D2500%26saving_target%3D2000", "saving_target"),
        ("v=1&sector_floor=paper:0.1,paper:0.2", "sector_floor of paper"),
    ],
)
def test_a_link_that_says_something_twice_is_refused_in_words(query, what, shipped):
    state = State(STUDY, shipped["reference"], shipped["reference"])
    with pytest.raises(link.LinkError, match=f"'{what}' is given more than once; give it once"):
        link.decode(query, state, shipped)
    assert (state.scenario, state.pins) == (shipped["reference"], [])


def test_a_link_may_have_many_pins(shipped):
    state = State(STUDY, shipped["reference"], shipped["reference"])
    link.decode("v=1&t=Mine&pin=saving_target%3D2500&pin=saving_target%3D2500&pin=", state, shipped)
    assert [pin.levers for pin in state.pins] == [{"saving_target": 2500}] * 2


@pytest.mark.parametrize("text", ["2_500", "٢٥٠٠", "２５００", " 2500", "2500 ", "+2500", "2500.", ".5", "0x9c4", "inf",
                                  "nan", "1e", "2,500"])  # fmt: skip
def test_a_number_that_we_do_not_write_is_refused(text, shipped):
    with pytest.raises(link.LinkError, match="saving_target"):
        link.decode_scenario(urlencode({"saving_target": text}), STUDY, shipped)


@pytest.mark.parametrize(("text", "value"), [("2500", 2500), ("2500.5", 2500.5), ("2.5e3", 2500), ("2.5e+03", 2500),
                                             ("25000000e-4", 2500)])  # fmt: skip
def test_a_plain_number_is_read(text, value, shipped):
    assert link.decode_scenario(urlencode({"saving_target": text}), STUDY, shipped).levers == {"saving_target": value}


def test_a_link_made_before_with_a_figure_set_twice_still_opens(shipped):
    table = {"name": "heat_price", "value": 0.05, "unit": "CNY/MJ", "source": WORDS}
    content = str([table, {**table, "value": 0.06}]).replace("'", '"').encode()
    packed = urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")
    back = link.scenario_of(f"v=1&t=Mine&set={packed}", STUDY, shipped)
    assert float(back.trace(STUDY, "heat_price").row["value"]) == 0.06


def large(count, title="Survey of all sites"):
    """A scenario of overrides whose words cannot be packed much."""
    rows = STUDY.rows[STUDY.rows["name"] == "saving_fraction"].head(count)
    noise = [zlib.crc32(str(n).encode()) for n in range(40 * count)]
    sets = [
        {
            "name": "saving_fraction",
            "where": {dim: row[dim] for dim in ("technology", "product", "end_use")},
            "factor": 0.999,
            "source": f"site survey {n}, read by me",
            "note": " ".join(f"{number:08x}" for number in noise[40 * n : 40 * n + 40]),
        }
        for n, row in enumerate(rows.to_dict("records"))
    ]
    return Scenario.from_mapping({"title": title, "set": sets})


def test_many_overrides_are_held_as_far_as_they_can_be_packed(shipped):
    plain = large(600)
    sets = [{**table, "note": "as surveyed"} for table in plain.to_mapping()["set"]]
    many = Scenario.from_mapping({"title": "x", "set": sets})
    back = link.scenario_of("v=1&" + link.encode_scenario(many, shipped), STUDY, shipped)
    assert back == many


def test_a_scenario_too_large_for_a_link_is_told_and_not_cut(answers, facts, shipped):
    many = large(400)
    with pytest.raises(link.TooLargeError):
        link.encode_scenario(many, shipped)
    screen = Screen(answers, facts, shipped)
    screen.settle()
    board = screen.send("load", file="many.toml", text=many.to_toml()[:0] or many.to_toml())
    assert board["unlinked"] == "scenario"
    assert len(board["link"]) < 100
    for language in ("en", "zh"):
        assert facts.page(language)["texts"]["unlinked_scenario"]
    _, _, toml = export("toml", answers, screen.session.state.scenario, "en")
    assert Scenario.from_mapping(tomllib.loads(toml.decode())).digest(STUDY) == many.digest(STUDY)
    opened = Screen(answers, facts, shipped, board["link"]).settle()
    assert opened["notice"]["key"] == "notice_link_too_large"
    assert facts.page("zh")["texts"]["notice_link_too_large"]
    assert screen.send("reset")["unlinked"] == "scenario", "it is what was opened"
    back = screen.send("open", name="reference")
    assert (back["unlinked"], "f=reference" in back["link"]) == ("", True)


def test_pins_too_large_for_a_link_are_left_out_and_told(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    screen.session.state.open(large(400))
    screen.session.state.pin()
    board = screen.send("open", name="stretch")
    assert board["unlinked"] == "pins"
    assert set(parse_qs(board["link"])) >= {"f"}
    assert "pin" not in parse_qs(board["link"])
    again = Screen(answers, facts, shipped, board["link"])
    assert again.settle()["digest"] == board["digest"]


def test_steps_that_are_too_large_are_left_out(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    screen.settle()
    before = screen.seen["board"]["place"]
    screen.session.receive({"type": "history", "origin": "too_large=1", "past": ["too_large=1"], "ahead": []})
    board = screen.settle()
    assert (board["place"], board["notice"]["key"]) == (before, "notice_steps_lost")


def test_what_is_packed_is_bounded_before_it_is_unpacked(shipped):
    bomb = urlsafe_b64encode(zlib.compress(b"[" + b" " * 20_000_000 + b"]", 9)).decode()
    assert len(bomb) > link.LINK_MAX or len(bomb) < 30_000
    with pytest.raises(link.LinkError):
        link.decode_scenario(f"set={bomb[: link.LINK_MAX - 10]}", STUDY, shipped)
    small = urlsafe_b64encode(zlib.compress(b"[" + b" " * (PACKED_MAX + 1) + b"]", 9)).decode().rstrip("=")
    with pytest.raises(link.LinkError, match="more than 1000000 bytes"):
        link.decode_scenario(f"set={small}", STUDY, shipped)


def test_half_a_sign_is_refused_and_the_page_goes_on(answers, facts, shipped):
    screen = Screen(answers, facts, shipped)
    before = screen.settle()["digest"]
    board = screen.send("load", file="x.toml", text='title = "\ud800"')
    assert board["notice"]["key"] == "notice_refused"
    assert board["digest"] == before


def test_a_fault_of_a_lever_on_the_page_is_named_so(china):
    state = State(china, open_scenario("reference"), open_scenario("reference"))
    with pytest.raises(ScenarioError, match="lever: 1 problem"):
        state.move("discount_rate", 7)
    with pytest.raises(ScenarioError, match=r"lever: 1 problem\n  levers\.sector_floor\.papr"):
        state.move("sector_floor", 0.1, "papr")


def packed(text):
    return urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


EMPTY = "[" + ",".join(["{}"] * 326_666) + "]"


def test_more_overrides_than_a_page_takes_are_refused_in_words(answers, facts, shipped):
    for query in (f"v=1&set={packed(EMPTY)}", f"v=1&pin=set%3D{packed(EMPTY)}"):
        screen = Screen(answers, facts, shipped, query)
        board = screen.settle()
        assert board["notice"]["key"] == "notice_link"
        assert "326,666 overrides; 1,000 is the most" in board["notice"]["detail"]
        assert screen.session.state.scenario == shipped["reference"]


def test_a_file_of_more_overrides_is_refused_in_words_and_the_page_goes_on(answers, facts, shipped):
    table = '[[set]]\nname="water_price"\nwhere={province="hebei"}\nfactor=1\nsource="read on our site"\n'
    screen = Screen(answers, facts, shipped)
    before = screen.settle()["digest"]
    for count in (OVERRIDES_MAX + 1, 2001):
        board = screen.send("load", file="x.toml", text='title="x"\n' + table * count)
        assert (board["notice"]["key"], board["digest"]) == ("notice_too_many", before)
    for language in ("en", "zh"):
        assert f"{OVERRIDES_MAX:,}" in facts.page(language)["texts"]["notice_too_many"]
    board = screen.send("load", file="x.toml", text='title="x"\n' + table * OVERRIDES_MAX)
    assert len(screen.session.state.scenario.overrides) == OVERRIDES_MAX
    assert board["notice"] is None


def test_steps_of_a_history_share_their_overrides_and_are_bounded_together(answers, facts, shipped):
    def step(number):
        table = {"name": "water_price", "where": {"province": "hebei"}, "factor": number, "source": WORDS}
        scenario = Scenario.from_mapping({"set": [table] * 900}, "x.toml")
        return link.encode_scenario(scenario, shipped).replace("t=", "t=x", 1)

    one = step(1.0)
    screen = Screen(answers, facts, shipped)
    screen.settle()
    screen.session.receive({"type": "history", "origin": one, "past": [one + "&saving_target=2100"] * 45, "ahead": []})
    assert screen.settle()["place"] == 45
    assert len({id(past.overrides) for past in screen.session.state._past}) == 1
    other = Screen(answers, facts, shipped)
    other.settle()
    other.session.receive({"type": "history", "origin": one, "past": [step(1.1), step(1.2)], "ahead": []})
    board = other.settle()
    assert (board["place"], board["notice"]["key"]) == (0, "notice_steps_lost")


def test_the_oldest_steps_go_where_steps_hold_many_overrides(shipped):
    state = State(STUDY, shipped["reference"], shipped["reference"])
    for count in range(12):
        table = {"name": "water_price", "where": {"province": "hebei"}, "factor": 1 + count / 1e6, "source": WORDS}
        state.open(Scenario.from_mapping({"set": [table] * OVERRIDES_MAX}, is_saved=True))
        state.move("saving_target", 2100 + count)
    assert sum({id(past.overrides): len(past.overrides) for past in state._past}.values()) <= KEPT_OVERRIDES
    assert state.place == 24
    assert state.can_undo
