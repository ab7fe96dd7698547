"""Geographical points and shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from ..errors import FieldValueError
from .base import BaseDataType
from .numbers import finite
from .values import GeoPoint

_WKT_POINT = re.compile(
    r"\s*POINT\s*Z?\s*\(\s*(?P<x>\S+)\s+(?P<y>[^\s)]+)(\s+[^\s)]+)?\s*\)\s*", re.IGNORECASE
)
_GEOHASH = "0123456789bcdefghjkmnpqrstuvwxyz"


class GeoPointType(BaseDataType):
    """A GeoPoint. Takes every form that Elasticsearch takes: `{"lat", "lon"}`, `[lon, lat]`, `"lat,lon"`,
    `"POINT (lon lat)"`, GeoJSON points and geohashes (the middle of their cell). A third coordinate is dropped.
    """

    es_type = "geo_point"
    kept = "{0}"

    def _convert(self, value: Any) -> Any:
        point = geo_point(value)
        if not (-90 <= point.lat <= 90):
            raise FieldValueError("has a latitude beyond -90..90", value)
        if not (-180 <= point.lon <= 180):
            raise FieldValueError("has a longitude beyond -180..180", value)
        return point

    def _read(self, value: Any) -> Any:
        return geo_point(value)

    def _write(self, value: Any) -> Any:
        return {"lat": value.lat, "lon": value.lon}

    def _is_one(self, value: Any) -> bool:
        return _are_coordinates(value, 3) or super()._is_one(value)


def _are_coordinates(value: Any, most: int) -> bool:
    """Return whether a list is those of one point, as `[lon, lat]`, rather than several points."""
    is_list = isinstance(value, (list, tuple)) and 2 <= len(value) <= most
    return is_list and all(isinstance(number, (int, float)) for number in value)


def geo_point(value: Any) -> GeoPoint:
    """Return a GeoPoint from any form that Elasticsearch takes. FieldValueError for anything else."""
    if isinstance(value, GeoPoint):
        lat, lon = value.lat, value.lon
    elif isinstance(value, Mapping) and {"lat", "lon"} <= set(value):
        lat, lon = value["lat"], value["lon"]
    elif isinstance(value, Mapping) and str(value.get("type")).lower() == "point":
        return geo_point(value.get("coordinates"))
    elif isinstance(value, (list, tuple)) and 2 <= len(value) <= 3:
        lon, lat = value[0], value[1]
    elif isinstance(value, str):
        return _of_text(value)
    else:
        raise FieldValueError("is not a place", value)
    try:
        return GeoPoint(finite(lat), finite(lon))
    except FieldValueError as error:
        raise FieldValueError(f"is not a place: {error}", value) from None


def _of_text(value: str) -> GeoPoint:
    if found := _WKT_POINT.fullmatch(value):
        return geo_point([found["x"], found["y"]])
    parts = value.split(",")
    if 2 <= len(parts) <= 3:
        return geo_point({"lat": parts[0], "lon": parts[1]})
    if value and len(value) <= 12 and all(digit in _GEOHASH for digit in value.lower()):
        return _of_geohash(value.lower())
    raise FieldValueError("is not a place", value)


def _of_geohash(geohash: str) -> GeoPoint:
    """Return the middle of the geohash's cell. Bits alternate between halving the longitude and the latitude."""
    low, high = [-180.0, -90.0], [180.0, 90.0]
    axis = 0
    for digit in geohash:
        for bit in (16, 8, 4, 2, 1):
            middle = (low[axis] + high[axis]) / 2
            if _GEOHASH.index(digit) & bit:
                low[axis] = middle
            else:
                high[axis] = middle
            axis = 1 - axis
    return GeoPoint((low[1] + high[1]) / 2, (low[0] + high[0]) / 2)


class GeoShape(BaseDataType):
    """A shape on the globe: GeoJSON as a dict, or WKT as a string. Only the server checks its geometry."""

    es_type = "geo_shape"
    _refusal: ClassVar[str] = "is neither GeoJSON nor WKT"

    def _convert(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            return str(value)
        if isinstance(value, Mapping) and "type" in value:
            return dict(value)
        raise FieldValueError(self._refusal, value)


class Shape(GeoShape):
    """A shape in the plane: GeoJSON as a dict, or WKT as a string."""

    es_type = "shape"


class Point(GeoShape):
    """A point in the plane: `{"x": 1, "y": 2}`, or WKT as a string. `[x, y]` becomes the former."""

    es_type = "point"
    _refusal = "is not a point"

    def _convert(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)) and len(value) == 2:
            value = {"x": value[0], "y": value[1]}
        if isinstance(value, Mapping) and set(value) == {"x", "y"}:
            return {axis: finite(number) for axis, number in value.items()}
        return super()._convert(value)

    def _is_one(self, value: Any) -> bool:
        return _are_coordinates(value, 2) or super()._is_one(value)
