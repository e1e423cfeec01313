"""The API described as JSON Schema, for the OpenAPI document: what each answer holds, and what may be asked."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from programs.choices import Day, Format, LocationQuality
from programs.search.vocabulary import FACETS

Schema = dict[str, Any]


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(values: list[str]) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
DATE: Schema = {"type": "string", "format": "date"}
STATE: Schema = {"type": "string", "pattern": "^[A-Z]{2}$"}
RANGE = _object(min=_or_null(WHOLE), max=_or_null(WHOLE)) | {
    "description": "From `min` up to `max`; an end that is null was not told."
}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}

SUGGESTION = _object(near=TEXT, label=TEXT, county=_or_null(TEXT))
PLACE = _object(
    kind=_one_of(["zip", "city", "state", "point"]),
    label=TEXT,
    latitude=NUMBER,
    longitude=NUMBER,
    state=TEXT,
    others=_list(SUGGESTION) | {"description": "Places of the same name in the same state."},
)
PAYER = _object(slug=TEXT, label=TEXT, evidence=_one_of(["confirmed", "program", "type_only"]), as_of=_or_null(TEXT))
SOURCE = _object(
    name=TEXT,
    year=WHOLE,
    gone_since=_or_null(WHOLE) | {"description": "The year of a newer directory that does not list it any more."},
)
RESULT = _object(
    slug=TEXT,
    name=TEXT,
    organization=TEXT,
    address=TEXT,
    city=TEXT,
    state=STATE,
    zip=TEXT,
    latitude=_or_null(NUMBER),
    longitude=_or_null(NUMBER),
    location_quality=_or_null(_one_of(LocationQuality.values)),
    miles=_or_null(NUMBER),
    distance_is_approximate=_or_null(FLAG)
    | {"description": "True where `miles` end at the middle of its ZIP code or city; null where there are none."},
    formats=_list(_one_of(Format.values)),
    hours_per_week=_or_null(NUMBER),
    days=_list(_one_of(Day.values)),
    cost_per_week=RANGE,
    sliding_scale=_or_null(FLAG),
    accepting_new=_or_null(FLAG),
    next_start_on=_or_null(DATE),
    payers=_list(PAYER),
    confirmed_on=_or_null(DATE),
    source=_or_null(SOURCE),
    sample=FLAG,
    fit=_or_null(_one_of(["fits", "collides", "unknown"])),
    unknown=_list(TEXT),
    url=TEXT,
)
OPTION = _object(value=TEXT, label=TEXT, count=COUNT, selected=FLAG)
ANSWER = _object(
    count=COUNT,
    page={"type": "integer", "minimum": 1},
    pages={"type": "integer", "minimum": 1},
    next=_or_null(TEXT),
    place=_or_null(PLACE),
    results=_list(RESULT),
    outside=_list(RESULT),
    not_told=_object(count=COUNT, by={"type": "object", "additionalProperties": COUNT}),
    virtual=_object(count=COUNT, not_told=COUNT, results=_list(RESULT)),
    facets={"type": "object", "additionalProperties": _list(OPTION)},
)
CHOICES = _object(choices=_list(_object(near=TEXT, label=TEXT, county=_or_null(TEXT), programs=COUNT)))
PROBLEM = _object(type=TEXT, title=TEXT, status=WHOLE, detail=TEXT) | {
    "description": "RFC 9457. `errors` names each bad parameter; `suggestions` are places that may be meant."
}
PROBLEM["properties"] |= {
    "errors": {"type": "object", "additionalProperties": _list(TEXT)},
    "suggestions": _list(SUGGESTION),
}


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(PROBLEM, description)


def _query(name: str, schema: Schema, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


def _flag(name: str, description: str) -> OpenApiParameter:
    return _query(name, _one_of(["0", "1"]), description)


FACET_PARAMETERS = [
    _query(
        facet.name,
        _list({**TEXT, "maxLength": 60} if facet.name == "payer" else _one_of(facet.values)),
        f"{facet.help} Repeat for more: any of them will do."
        + (" Also takes the slug of a payer, see the vocabulary." if facet.name == "payer" else ""),
    )
    for facet in FACETS.values()
]
PARAMETERS = [
    _query(
        "near",
        {**TEXT, "maxLength": 200, "examples": ["53202", "Milwaukee, WI", "43.04,-87.91"]},
        'ZIP, ZIP+4, "City, ST", city, state or "latitude,longitude".',
    ),
    _query("radius", {**NUMBER, "minimum": 1, "maximum": 100}, "Miles. Without it, the nearest come first."),
    _query("q", {**TEXT, "maxLength": 100}, "Name of the program or its organization; small mistakes are forgiven."),
    *FACET_PARAMETERS,
    _query(
        "free",
        _list({**TEXT, "pattern": "^(mon|tue|wed|thu|fri|sat|sun)-[0-9]{4}-[0-9]{4}$"}),
        "Free hours, mon-0900-1200. Programs whose required sessions all fit come first.",
    ),
    _query("max_cost", {**WHOLE, "minimum": 0, "maximum": 100_000}, "Dollars a week, at most."),
    _flag("sliding", "Has a sliding scale."),
    _flag("accepting", "Said within seven days that it accepts new patients."),
    _query("start_within", {**WHOLE, "minimum": 0, "maximum": 365}, "A group starts within so many days."),
    _query("sort", _one_of(["distance", "cost", "start"]), "Your choice; nothing commercial is in any order."),
    _query("page", {**WHOLE, "minimum": 1, "maximum": 10**9}, "Page of twenty."),
    _flag("not_told", "Turn to the programs that have not told us what you ask for."),
    _flag("video", "Turn to the programs by video only, to page through all of them."),
]
LANGUAGE = OpenApiParameter(
    "Accept-Language", TEXT, OpenApiParameter.HEADER, description="Language of labels and messages: en or es."
)
NOT_ONE_PLACE = {
    300: OpenApiResponse(CHOICES, "Several places have this name."),
    (404, "application/problem+json"): _problem("No such place, or no such page."),
}
UNCHANGED = {304: OpenApiResponse(description="Nothing has changed since the answer of that ETag or date.")}

PROGRAM_LIST: dict[str, Any] = {
    "operation_id": "search_programs",
    "description": (
        "Programs that are known to fit, nearest first, with every filter's counts. `not_told` counts those that fail "
        "nothing but have not told us something; `virtual` are those by video that may treat people in the place's "
        "state; `next` is the address of the next page."
    ),
    "parameters": [*PARAMETERS, LANGUAGE],
    "responses": {
        200: ANSWER,
        (400, "application/problem+json"): _problem("A parameter is not right."),
        **NOT_ONE_PLACE,
        **UNCHANGED,
    },
}
PROGRAM_DETAIL: dict[str, Any] = {
    "operation_id": "program",
    "parameters": [OpenApiParameter("slug", {**TEXT, "pattern": "^[-a-zA-Z0-9_]+$"}, OpenApiParameter.PATH), LANGUAGE],
    "responses": {
        200: OpenApiResponse(ANYTHING, "The whole listing; null is what the program has not told us."),
        301: OpenApiResponse(description="It was merged into the program at the address in `Location`."),
        (404, "application/problem+json"): _problem("No such program."),
        **UNCHANGED,
    },
}
EXPORT: dict[str, Any] = {
    "operation_id": "export_programs",
    "description": (
        "Every program that fits, in one stream, in an order that never changes. To take it in parts, give `limit`: "
        'the header `Link` (`rel="next"`) is the address of the next part, and the last part has none. To go on '
        "after a stream that broke, give `after` the slug of the last program you have. `format` takes csv, geojson "
        "or json, and beside them the values of the filter of that name."
    ),
    "parameters": [
        _query("format", _list(_one_of(["json", "geojson", "csv", *Format.values])), "File format, and the filter.")
        if parameter.name == "format"
        else parameter
        for parameter in PARAMETERS
        if parameter.name not in ("page", "sort", "free", "not_told", "video")
    ]
    + [
        _query("limit", {**WHOLE, "minimum": 1, "maximum": 10_000}, "Programs at most; without it, all of them."),
        _query("after", {**TEXT, "maxLength": 140}, "Begin after the program of this slug."),
        LANGUAGE,
    ],
    "responses": {
        (200, "application/json"): _list(ANYTHING),
        (200, "application/geo+json"): ANYTHING,
        (200, "text/csv"): TEXT,
        (400, "application/problem+json"): _problem("A parameter is not right."),
        **NOT_ONE_PLACE,
        **UNCHANGED,
    },
}
VOCABULARY: dict[str, Any] = {
    "operation_id": "vocabulary",
    "parameters": [LANGUAGE],
    "responses": {
        200: {
            "type": "object",
            "additionalProperties": _list(_object(value=TEXT, label=TEXT, samhsa=_list(TEXT))),
        },
        **UNCHANGED,
    },
}
