"""Dates: what is taken, what is refused, and every format written as real servers read it."""

from __future__ import annotations

import copy
import datetime
import pickle
import subprocess
import sys
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgen.elasticsearch.date_formats import NAMES, date_formats, writable_format, write_iso
from ecgen.runtime.data_types import Date, DateNanos
from ecgen.runtime.types.values import NanoDatetime, ObjectValue
from ecgen.testing.server import Server

UTC = datetime.UTC
DAY = datetime.datetime(2019, 6, 13)
NOON = datetime.datetime(2019, 6, 13, 12, 30, 15, 250000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOON, NOON),
        (DAY.date(), DAY),
        ("2019-06-13", DAY),
        ("20190613", DAY),
        ("2019-06-13T12:30:15.25", NOON),
        ("2019-06-13T12:30:15.250Z", NOON.replace(tzinfo=UTC)),
        (
            "2019-06-13 12:30:15.25+02:00",
            NOON.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        ),
        ("13.6.2019", DAY),
        ("June 13th, 2019", DAY),
        ("6.7.2019", datetime.datetime(2019, 6, 7)),  # month first
        ("13 Jun 2019 12:30:15.25 UTC", NOON.replace(tzinfo=UTC)),
        ("Thu, 13 Jun 2019 12:30:15.25 +0000", NOON.replace(tzinfo=UTC)),
        (1560429015250, NOON.replace(tzinfo=UTC)),
        ("1560429015250", NOON.replace(tzinfo=UTC)),
        (1560429015250.0, NOON.replace(tzinfo=UTC)),
        (-1, datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    ],
)
def test_every_spelling_of_a_whole_date_is_taken(value: Any, expected: Any) -> None:
    held = Date("created").from_python(value)
    assert held == expected
    assert held.tzinfo == expected.tzinfo
    assert type(held) is datetime.datetime


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "yesterday",
        "2019",
        "2019-06",
        "June 2019",
        "13 June",
        "12:30",
        "Thursday",
        "2019-13-01",
        "2019-02-30",
        "13 Jun 2019 12:30 EST",
        True,
        [],
        {},
        datetime.time(12),
        datetime.timedelta(1),
        1e300,
        float("nan"),
        10**30,
        b"2019-06-13",
    ],
)
def test_what_is_no_whole_date_is_refused(wrong: Any) -> None:
    class Order(ObjectValue):
        _mapping = {"created": Date("created")}

    with pytest.raises(
        ValueError, match=r"Order\.created: .* is (not a date|a time without a day)"
    ):
        Order(created=wrong)


def test_the_fields_own_format_is_read_before_dateutil_guesses() -> None:
    assert Date("d", format="dd/MM/yyyy").from_python("06/07/2019") == datetime.datetime(2019, 7, 6)
    assert Date("d").from_python("06/07/2019") == datetime.datetime(2019, 6, 7)
    assert Date("d", format="yyyy-MM").from_python("2019-06") == datetime.datetime(2019, 6, 1)
    seconds = Date("d", format="epoch_second")
    assert seconds.from_python(1560429015) == NOON.replace(microsecond=0, tzinfo=UTC)
    assert seconds.to_es(NOON) == "1560429015.25"


def test_dateutil_is_imported_only_for_what_is_not_iso() -> None:
    code = (
        "import sys; from ecgen.runtime.data_types import Date\n"
        "Date('d').from_python('2019-06-13T10:00Z'); Date('d').deserialize('2019-06')\n"
        "assert 'dateutil' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_stored_dates_are_read_as_the_server_understands_them() -> None:
    read = Date("d").deserialize
    assert read("2019") == datetime.datetime(2019, 1, 1)
    assert read("2019-06") == datetime.datetime(2019, 6, 1)
    # An epoch number that fromisoformat would take for a date in 1234
    assert read("1234123112345") == datetime.datetime(2009, 2, 8, 19, 58, 32, 345000, tzinfo=UTC)
    assert read(1234123112345) == read("1234123112345")
    assert read("2019-06-13T12:30:15.250Z") == NOON.replace(tzinfo=UTC)


def test_malformed_stored_dates_are_shown_where_the_mapping_allows_them() -> None:
    assert Date("d", ignore_malformed=True).deserialize("garbage") == "garbage"
    with pytest.raises(ValueError, match="'garbage' is not a date"):
        Date("d").deserialize("garbage")


def test_queries_may_use_date_mathematics() -> None:
    to_query = Date("d", format="dd.MM.yyyy").to_query
    assert to_query("now-1d/d") == "now-1d/d"
    assert to_query(DAY) == "13.06.2019"
    assert to_query("2019-06-13") == "13.06.2019"
    assert to_query(None) is None


def test_the_first_alternative_that_can_be_written_is_written() -> None:
    assert Date("d", format="yy-MM-dd||yyyy").to_es(datetime.datetime(1969, 7, 20)) == "1969"
    assert Date("d", format="G yyyy||basic_date").to_es(DAY) == "20190613"
    with pytest.raises(ValueError, match="cannot be written in the field's format 'G yyyy'"):
        Date("d", format="G yyyy").to_es(DAY)


def test_a_zone_is_written_as_the_server_reads_it() -> None:
    east = NOON.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    assert Date("d", format="yyyy-MM-dd HH:mm:ss").to_es(east) == "2019-06-13 10:30:15"
    assert Date("d", format="date_time").to_es(east) == "2019-06-13T12:30:15.250+02:00"
    assert Date("d", format="date_time").to_es(NOON) == "2019-06-13T12:30:15.250Z"
    assert Date("d").to_es(east) == "2019-06-13T12:30:15.250000+02:00"
    assert Date("d").to_es(NOON) == "2019-06-13T12:30:15.250000"


@pytest.mark.parametrize(
    ("format", "writable"),
    [
        ("strict_date_optional_time||epoch_millis", True),
        ("yyyy-MM-dd HH:mm:ss", True),
        ("yyyy-MM-dd'T'HH:mm:ss[XXX]", True),
        ("basic_week_date_time", True),
        ("strictDateOptionalTime", True),
        ("basicTTime", True),
        ("epochMillis", False),
        ("8yyyy-MM-dd", True),
        ("yyyy-MM-dd G", False),
        ("YYYY-'W'ww", False),
        ("yyyy-MM-dd VV", False),
        ("G||epoch_second", True),
        ("yyyy{", False),
        ("yyyy]", False),
        ("'open", False),
        ("", False),
    ],
)
def test_which_formats_can_be_written(format: str, writable: bool) -> None:
    assert writable_format(format) is writable


def test_names_of_other_languages_cannot_be_written() -> None:
    assert writable_format("d MMM yyyy")
    assert writable_format("d MMM yyyy", locale="en_GB")
    assert not writable_format("d MMM yyyy", locale="fr")
    assert writable_format("d MM yyyy", locale="fr")


MOMENTS = [
    datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    datetime.datetime(2024, 12, 30, 23, 59, 59, 7000, tzinfo=UTC),  # in week 1 of 2025
    datetime.datetime(2021, 1, 3, tzinfo=UTC),  # in week 53 of 2020
    datetime.datetime(1969, 7, 20, 20, 17, 40, 500000, tzinfo=UTC),
    datetime.datetime(
        2026, 6, 2, 3, 4, 5, 600000, datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    ),
    datetime.datetime(2026, 6, 2, 13, 4, 5, 1),
]
PATTERNS = [
    "yyyy-MM-dd HH:mm:ss",
    "dd.MM.yyyy",
    "yyyy/MM/dd HH:mm:ss.SSSSSS",
    "yyyy-MM-dd'T'HH:mm:ssZ",
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "yyyy-MM-dd HH:mm:ss xxx",
    "yyyy-MM-dd HH:mm:ssxxxxx",
    "yyyy-MM-dd HH:mm:ssZZZZZ",
    "d MMM yyyy",
    "EEE, dd MMM yyyy HH:mm:ss Z",
    "MM/dd/yyyy hh:mm a",
    "uuuu-MM-dd",
    "yyyyMMddHHmmss",
    "yyyy-MM-dd[ HH:mm:ss]",
    "yyyy-MM-dd'T'HH:mm:ss[XXX]",
    "yyyy-DDD",
    "H:m:s d/M/yyyy",
    "yyyy-MM-dd HH:mm:ss,SSS",
    "d 'of' MMM, yyyy",
]
# What 7.17 cannot read of its own: seen on 7.17.29.
NOT_ON_7 = {"weekyear", "strict_weekyear", "weekyear_week", "strict_weekyear_week"}


def as_the_index_keeps_it(moment: datetime.datetime) -> datetime.datetime:
    """In UTC and whole milliseconds."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.replace(microsecond=aware.microsecond // 1000 * 1000).astimezone(UTC)


def test_every_format_is_written_as_the_server_reads_it(server: Server) -> None:
    """The server's doc value is what we read back, for every built-in format and a choice of patterns."""
    old = server.version.startswith("7.")
    formats = [name for name in sorted(NAMES) + PATTERNS if not (old and name in NOT_ON_7)]
    types = {f"f{n}": Date(f"f{n}", format=name) for n, name in enumerate(formats)}
    index = f"cdates-{uuid.uuid4().hex[:12]}"
    with server.client() as client:
        properties = {name: date.get_es_type() for name, date in types.items()}
        client.indices.create(index=index, mappings={"properties": properties})
        try:
            for number, moment in enumerate(MOMENTS):
                document = {name: date.to_es(moment) for name, date in types.items()}
                if old and moment.year < 1970:  # 7.17 refuses negative epoch_millis
                    document = {k: v for k, v in document.items() if not isinstance(v, int)}
                client.index(index=index, id=str(number), document=document)
            client.indices.refresh(index=index)
            found = client.search(
                index=index,
                docvalue_fields=[
                    {"field": name, "format": "strict_date_optional_time"} for name in types
                ],
            )
        finally:
            client.indices.delete(index=index)
    assert len(found["hits"]["hits"]) == len(MOMENTS)
    for hit in found["hits"]["hits"]:
        for name, stored in hit["_source"].items():
            read = as_the_index_keeps_it(types[name].deserialize(stored))
            indexed = datetime.datetime.fromisoformat(hit["fields"][name][0])
            assert read == indexed, (types[name].parameters["format"], stored)


def test_formats_that_hold_everything_lose_nothing() -> None:
    for name in ("strict_date_optional_time", "date_time", "basic_date_time", "epoch_millis"):
        date = Date("d", format=name)
        for moment in MOMENTS:
            expected = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            if name == "epoch_millis" and moment.year < 1970:
                expected = as_the_index_keeps_it(moment)
            read = date.deserialize(date.to_es(moment))
            assert (read if read.tzinfo else read.replace(tzinfo=UTC)) == expected, name


zones = st.sampled_from([None, UTC, datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))])
moments = st.datetimes(timezones=zones)


@given(moments)
def test_fast_iso_is_isoformat(moment: datetime.datetime) -> None:
    assert write_iso(moment) == moment.isoformat()


@given(moments)
def test_iso_dates_come_back_unchanged(moment: datetime.datetime) -> None:
    read = Date("d").deserialize(Date("d").to_es(moment))
    assert read == moment
    assert read.utcoffset() == moment.utcoffset()


@given(moments, st.sampled_from(sorted(NAMES) + PATTERNS))
def test_reading_what_was_written_and_writing_it_again_is_stable(
    moment: datetime.datetime, name: str
) -> None:
    (format,) = date_formats(name)
    text = format.write(moment)
    read = format.read(str(text))
    assert read is not None
    assert format.write(read) == text or isinstance(text, int)


# Nanoseconds.


def test_nanoseconds_survive() -> None:
    date = DateNanos("d")
    held = date.from_python("2019-06-13T12:30:15.123456789Z")
    assert isinstance(held, NanoDatetime)
    assert (held.microsecond, held.nanosecond) == (123456, 789)
    assert date.to_es(held) == "2019-06-13T12:30:15.123456789+00:00"
    assert date.deserialize(date.to_es(held)) == held
    assert type(date.from_python("2019-06-13T12:30:15.123456000Z")) is datetime.datetime
    assert date.from_python("2019-06-13T12:30:15.1234567Z").nanosecond == 700


def test_a_date_with_nanoseconds_is_a_datetime_that_keeps_them() -> None:
    moment = NanoDatetime.of(NOON, 7)
    later = NanoDatetime.of(NOON, 8)
    assert isinstance(moment, datetime.datetime)
    assert moment != NOON
    assert moment != NOON
    assert moment == NanoDatetime.of(NOON, 7)
    assert NOON < moment < later <= later
    assert later > moment >= NOON
    assert hash(NanoDatetime.of(NOON, 0)) == hash(NOON)
    assert len({moment, later, NOON}) == 3
    assert moment.replace(year=2020).nanosecond == 7
    assert moment.replace(microsecond=1).nanosecond == 0
    assert moment.replace(tzinfo=UTC).astimezone(UTC).nanosecond == 7
    assert moment.isoformat() == "2019-06-13T12:30:15.250000007"
    assert moment.isoformat(timespec="seconds") == "2019-06-13T12:30:15"
    for again in (copy.deepcopy(moment), pickle.loads(pickle.dumps(moment))):
        assert again == moment
        assert again.nanosecond == 7
    with pytest.raises(ValueError, match="0 to 999"):
        NanoDatetime.of(NOON, 1000)


def test_a_plain_date_field_drops_subclasses() -> None:
    class Stamp(datetime.datetime):
        pass

    held = Date("d").from_python(Stamp(2019, 6, 13, tzinfo=UTC))
    assert type(held) is datetime.datetime
    assert held == DAY.replace(tzinfo=UTC)
