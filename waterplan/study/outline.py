"""Outlines of provinces to draw in place of tiles, from a GeoJSON that a deployer approved; schematic, whatever it is.

Only numbers and the labels of the study are taken from the file: no text of it reaches a page.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from waterplan.base.errors import DataError, WaterplanError, both
from waterplan.base.messages import Message
from waterplan.base.plain_files import read_plain, why_unreadable
from waterplan.study.study import Study

OWN, OWN_FILE = "study", "provinces.geojson"
BYTES_MAX, POINTS_MAX = 4_000_000, 200_000
WIDTH, SPARED = 1000.0, 0.4  # of the drawing; points closer than this are left out
RINGS = {"Polygon": lambda found: [found], "MultiPolygon": lambda found: found}

Point = tuple[float, float]


class OutlineError(WaterplanError):
    """A file that is no outline of this study."""

    exit_code = DataError.exit_code


def read_outline(given: str, study: Study, folder: Path | None = None, is_whole: bool = True) -> dict[str, Any]:
    """Width, height and the path of each province. given: "study" for the file of the study's folder, or a path.

    A study's own file may have more provinces than the study, which is then a part of a country. Raises OutlineError
    when the file is too large, is not GeoJSON of polygons in degrees, or its ``province`` properties are not the
    study's provinces; unless ``is_whole``, those that are lacking are left out.
    """
    path = Path(given)
    if given == OWN:
        if folder is None or not (folder / OWN_FILE).exists():
            raise OutlineError(Message("study.no_outline", study=study.name, file=OWN_FILE))
        path = folder / OWN_FILE
    rings = read_rings(path)
    labels = [str(label) for label in study.provinces.index]
    if given == OWN:
        rings = {label: rings[label] for label in labels if label in rings}
    if is_whole:
        _check_labels(rings, labels, path)
    return _drawn(rings) if rings else {}


def read_rings(path: Path) -> dict[str, list[list[Point]]]:
    """The rings of each province of a file in degrees, whatever the study. Raises OutlineError."""
    try:
        content = json.loads(read_plain(path, BYTES_MAX))
    except OSError as error:
        raise _refusal(path, why_unreadable(error)) from None
    except (ValueError, RecursionError):
        raise _refusal(path, Message("study.no_geojson")) from None
    return _rings(content, path)


def _refusal(path: Path, message: Message) -> OutlineError:
    return OutlineError(Message("errors.at", place=path, message=message))


def _rings(content: Any, path: Path) -> dict[str, list[list[Point]]]:
    """The rings of each province in degrees."""
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise _refusal(path, Message("study.no_features"))
    found: dict[str, list[list[Point]]] = {}
    count = 0
    for number, feature in enumerate(features, start=1):
        try:
            label, geometry = feature["properties"]["province"], feature["geometry"]
            rings = [
                [_point(point) for point in ring]
                for polygon in RINGS[geometry["type"]](geometry["coordinates"])
                for ring in polygon
            ]
        except (KeyError, TypeError, ValueError, IndexError, OverflowError):
            raise OutlineError(Message("study.wrong_feature", path=path, number=number)) from None
        count += sum(len(ring) for ring in rings)
        if count > POINTS_MAX:
            raise _refusal(path, Message("study.too_many_points", most=f"{POINTS_MAX:,}"))
        found.setdefault(str(label), []).extend(ring for ring in rings if len(ring) > 3)
    return found


def _point(given: Sequence[Any]) -> Point:
    longitude, latitude = float(given[0]), float(given[1])
    if not (-180 <= longitude <= 180 and -85 <= latitude <= 85):
        raise ValueError(given)
    return longitude, latitude


def _check_labels(rings: dict[str, Any], labels: list[str], path: Path) -> None:
    lacking, foreign = [x for x in labels if not rings.get(x)], [x for x in rings if x not in labels]
    if lacking or foreign:
        told = [Message("study.without", names=lacking[:5])] * bool(lacking)
        told += [Message("study.with_foreign", names=[one[:40] for one in foreign[:5]])] * bool(foreign)
        raise _refusal(path, Message("study.other_provinces", told=both(told)))


def _drawn(rings: dict[str, list[list[Point]]]) -> dict[str, Any]:
    """Paths in an equal-area conic projection around the middle of all points."""
    points = [point for each in rings.values() for ring in each for point in ring]
    project = _albers(points)
    flat = [project(point) for point in points]
    left, right = min(x for x, _ in flat), max(x for x, _ in flat)
    top, bottom = min(y for _, y in flat), max(y for _, y in flat)
    scale = WIDTH / max(right - left, 1e-9)
    drawn = {
        label: "".join(_path((project(point) for point in ring), left, top, scale) for ring in each)
        for label, each in rings.items()
    }
    return {"width": WIDTH, "height": round((bottom - top) * scale, 1), "paths": drawn}


def _albers(points: Iterable[Point]) -> Any:
    """Albers' projection with standard parallels a sixth inside the range of latitudes."""
    points = list(points)
    south, north = (math.radians(pick(y for _, y in points)) for pick in (min, max))
    middle = math.radians((min(x for x, _ in points) + max(x for x, _ in points)) / 2)
    first, second = south + (north - south) / 6, north - (north - south) / 6
    n = (math.sin(first) + math.sin(second)) / 2 or 1e-9
    c = math.cos(first) ** 2 + 2 * n * math.sin(first)

    def project(point: Point) -> Point:
        radius = math.sqrt(max(c - 2 * n * math.sin(math.radians(point[1])), 0.0)) / n
        angle = n * (math.radians(point[0]) - middle)
        return radius * math.sin(angle), radius * math.cos(angle)

    return project


def _path(ring: Iterator[Point], left: float, top: float, scale: float) -> str:
    kept: list[Point] = []
    for x, y in ring:
        here = ((x - left) * scale, (y - top) * scale)
        if not kept or math.dist(kept[-1], here) >= SPARED:
            kept.append(here)
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in kept) + "Z" if len(kept) > 2 else ""
