"""What the browser may say: every message by its type, with its keys and kinds of values.

One truth: what is not here is refused, handlers are given nothing else, and the browser's types are written from it
(declarations.py). Annotations are not postponed here: they are what a message is checked by.
"""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, TypedDict, Union, cast, get_args, get_origin, get_type_hints

from .state import Language, Page, Theme

Value = str | float | bool | None


class Said(TypedDict):
    """seq: the number of the message, which its answer bears."""

    seq: NotRequired[int]


class Word(Said):
    """A word that needs no more: the page is there, a step back or forward, ..., a plant to show or to forget."""

    type: Literal["ready", "undo", "redo", "reset", "pin", "plant_example", "plant_clear"]


class Part(Said):
    """A part of a message that is too long for one go."""

    type: Literal["part"]
    at: int
    of: int
    text: str


class Move(Said):
    """A lever, for one label or for all; null is its default."""

    type: Literal["move"]
    lever: str
    label: NotRequired[str]
    value: NotRequired[Value]


class Unpin(Said):
    """Lets go of a pinned scenario."""

    type: Literal["unpin"]
    place: int


class Open(Said):
    """A shipped scenario."""

    type: Literal["open"]
    name: str


class Apply(Said):
    """Several levers at once, such as a way out."""

    type: Literal["apply"]
    settings: dict[str, Any]


class Load(Said):
    """A scenario file."""

    type: Literal["load"]
    file: NotRequired[str]
    text: str


class History(Said):
    """Steps that the browser kept of an earlier connection, the next step ahead first."""

    type: Literal["history"]
    origin: str
    past: list[str]
    ahead: list[str]


class View(Said):
    """Another page, language or theme."""

    type: Literal["view"]
    page: NotRequired[Page]
    language: NotRequired[Language]
    theme: NotRequired[Theme]


class Narrowed(Said):
    """A card, of which figure, and the label that it is narrowed to."""

    card: str
    of: NotRequired[str]
    dim: NotRequired[str]
    label: NotRequired[str]


class Behind(Narrowed):
    """The table behind a card and the rows that it rests on, all or those of one label."""

    type: Literal["behind"]


class Why(Said):
    """Why a technology is in or out."""

    type: Literal["why"]
    technology: str


class Table(Narrowed):
    """A table as a file."""

    type: Literal["table"]
    form: Literal["csv", "excel"]


class Export(Said):
    """A file of the plan or the scenario, or the commands that give it."""

    type: Literal["export"]
    kind: str


class Rows(Said):
    """Rows of the study to look for."""

    type: Literal["rows"]
    text: NotRequired[str]
    name: NotRequired[str]
    basis: NotRequired[str]
    at: NotRequired[str]
    page: NotRequired[int]


class Runs(Said):
    """Runs to look at: of which store, which figure against what, and where a lever stands."""

    type: Literal["runs"]
    store: NotRequired[str]
    figure: NotRequired[str]
    across: NotRequired[str]
    dim: NotRequired[str]
    place: NotRequired[int]


class OfPlant(Said):
    """lever, label: which of the messages that wait a newer one takes the place of."""

    lever: NotRequired[str]
    label: NotRequired[str]


class PlantFile(Said):
    """A file of records, in base 64."""

    type: Literal["plant_file"]
    name: str
    data: str


class PlantForm(Said):
    """A form that was filled in."""

    type: Literal["plant_form"]
    form: Any


class PlantChoose(OfPlant):
    """Another plant and year of the file, or a part of a name to look for."""

    type: Literal["plant_choose"]
    plant: NotRequired[str]
    year: NotRequired[int]
    filter: NotRequired[str]


class PlantGoal(OfPlant):
    """What the plan is to reach; without a kind the usual goal."""

    type: Literal["plant_goal"]
    kind: NotRequired[Literal["grade", "budget", "payback"]]
    value: NotRequired[str | float]


class PlantContract(OfPlant):
    """The share of the saving that the company receives, and for how long."""

    type: Literal["plant_contract"]
    share: NotRequired[float]
    term: NotRequired[float]


class PlantGive(Said):
    """Gives the record to the pool, or takes it back."""

    type: Literal["plant_give", "plant_withdraw"]
    consent: NotRequired[bool]
    key: NotRequired[str]


class PlantFileWanted(Said):
    """A file to download: a table, the report, or the template in a language."""

    type: Literal["plant_file_wanted"]
    kind: Literal["table", "report", "template"]
    form: Literal["csv", "xlsx", "html", "pdf"]
    card: NotRequired[str]
    language: NotRequired[Language]


Message = (
    Word | Part | Move | Unpin | Open | Apply | Load | History | View | Behind | Why | Table | Export | Rows | Runs
    | PlantFile | PlantForm | PlantChoose | PlantGoal | PlantContract | PlantGive | PlantFileWanted
)  # fmt: skip
FIELDS: dict[str, dict[str, Any]] = {  # of each type: the keys that a message may have, and their kinds
    name: hints
    for hints in (get_type_hints(one, include_extras=True) for one in get_args(Message))
    for name in get_args(hints["type"])
}
KINDS = frozenset(FIELDS)


def read_message(said: Mapping[str, Any]) -> Message:
    """A message with the keys and kinds of values of its type; an optional key that is null is left out.

    Raises ValueError for anything else.
    """
    fields = FIELDS.get(said["type"]) if isinstance(said.get("type"), str) else None
    if fields is None or not is_text(said):
        raise ValueError(said.get("type"))
    given = {key: one for key, one in said.items() if one is not None or not is_optional(fields.get(key))}
    needed = {key for key, kind in fields.items() if not is_optional(kind)}
    if not needed <= set(given) <= set(fields) or not all(fits(one, fields[key]) for key, one in given.items()):
        raise ValueError(said["type"])
    return cast(Message, given)


def is_optional(kind: Any) -> bool:
    """Whether a key of this kind may be left out."""
    return get_origin(kind) is NotRequired


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a kind.

    >>> fits(2, float), fits(True, float), fits([1], list[str]), fits("csv", Literal["csv"]), fits(None, str | None)
    (True, False, False, True, True)
    """
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin is Literal:
        return isinstance(value, str) and value in parts
    if origin is NotRequired or origin in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin is list:
        return isinstance(value, list) and all(fits(one, parts[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(one, parts[1]) for one in value.values())
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is (NoneType if kind is None else kind)


def is_text(value: Any) -> bool:
    """Whether the texts of a message can be written: JSON may hold half of a pair of UTF-16.

    >>> is_text({"text": ["取水"]}), is_text({"text": ["\\ud800"]})
    (True, False)
    """
    if isinstance(value, Mapping):
        return all(is_text(key) and is_text(one) for key, one in value.items())
    if isinstance(value, list):
        return all(is_text(one) for one in value)
    try:
        return not isinstance(value, str) or value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False
