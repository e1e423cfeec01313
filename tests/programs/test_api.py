"""The API keeps its contract: shapes, problems, caching, exports."""

import csv
import datetime as dt
import io
import json

import jsonschema
import pytest
from django.db import connection
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from programs import api, curation
from programs.models import Payer, Place, Program
from programs.search import record
from programs.search.vocabulary import payers
from tests.factories import PayerAcceptanceFactory, PayerFactory, PlaceFactory, ProgramFactory, SourceRecordFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _programs(module_database):
    PlaceFactory(kind="zip", key="53202", name="Milwaukee", latitude=43.0506, longitude=-87.8968)
    PlaceFactory(kind="state", name="Washington", key="washington", state="WA", latitude=47.4, longitude=-120.5)
    PlaceFactory(name="Springfield", key="springfield", state="IL", county="Sangamon", latitude=39.8, longitude=-89.64)
    PlaceFactory(name="Springfield", key="springfield", state="MO", county="Greene", latitude=37.2, longitude=-93.29)
    full = ProgramFactory(slug="full", evening=True, detailed=True, priced=True, open=True, medicaid=True, samhsa=True)
    PayerAcceptanceFactory(program=full, payer=PayerFactory(badgercare=True))
    ProgramFactory(slug="bare", name="=HYPERLINK(1)", state="IL", latitude=39.81, longitude=-89.6)
    ProgramFactory(slug="video", virtual=True)
    record.rebuild()


@pytest.fixture(scope="module")
def schema() -> dict:
    return json.loads(json.dumps(SchemaGenerator().get_schema(public=True)))


def valid(schema: dict, path: str, status: str, body: object, kind: str = "application/json") -> None:
    """The body is what the API's own document promises."""
    answers = schema["paths"][path]["get"]["responses"]
    jsonschema.validate(body, answers[status]["content"][kind]["schema"])


@pytest.mark.parametrize(
    "query", ["", "near=53202&radius=25", "near=WA", "near=39.8,-89.6&when=evening", "free=mon-0900-1200"]
)
def test_answers_are_what_the_document_promises(client, schema, query) -> None:
    body = client.get(f"/api/v1/programs?{query}").json()

    valid(schema, "/api/v1/programs", "200", body)


def test_a_result_says_all_that_the_contract_names(client) -> None:
    body = client.get("/api/v1/programs?near=53202&payer=medicaid").json()

    result = body["results"][0]
    assert body["place"]["label"] == "53202, Milwaukee, WI"
    assert (result["slug"], result["url"], result["sample"]) == ("full", "/programs/full/", False)
    assert 1.2 < result["miles"] < 1.4
    assert (result["hours_per_week"], result["days"]) == (9.0, ["mon", "wed", "thu"])
    assert result["cost_per_week"] == {"min": 300, "max": 450}
    assert result["source"] == {"name": "SAMHSA National Directory", "year": 2023, "gone_since": None}
    assert [(payer["slug"], payer["evidence"]) for payer in result["payers"]] == [
        ("badgercare", "program"),
        ("medicaid", "type_only"),
    ]
    assert result["payers"][1]["as_of"] == "2023"
    assert result["unknown"] == ["format"]
    medicaid = next(option for option in body["facets"]["payer"] if option["value"] == "medicaid")
    assert medicaid == {"value": "medicaid", "label": "Medicaid", "count": 1, "selected": True}


def test_a_listing_that_told_nothing_has_nulls_and_says_what_is_unknown(client) -> None:
    bare = client.get("/api/v1/programs?q=hyperlink").json()["results"][0]

    assert bare["unknown"] == ["schedule", "cost", "payers"]
    assert bare["hours_per_week"] is bare["confirmed_on"] is bare["source"] is bare["miles"] is None
    assert bare["cost_per_week"] == {"min": None, "max": None}


def test_a_name_of_several_places_is_a_choice(client, schema) -> None:
    response = client.get("/api/v1/programs?near=springfield")

    assert response.status_code == 300
    assert client.get("/api/v1/programs/export?near=springfield").json() == response.json()
    valid(schema, "/api/v1/programs", "300", response.json())
    assert {(choice["near"], choice["county"], choice["programs"]) for choice in response.json()["choices"]} == {
        ("Springfield, IL", "Sangamon", 1),
        ("Springfield, MO", "Greene", 0),
    }


def test_a_choice_counts_what_choosing_it_gives(client) -> None:
    ProgramFactory(virtual=True, state="IL", latitude=39.81, longitude=-89.6)

    choices = client.get("/api/v1/programs?near=springfield").json()["choices"]

    assert {choice["near"]: choice["programs"] for choice in choices}["Springfield, IL"] == 1


def test_a_namesake_in_the_same_state_is_offered(client) -> None:
    place = Place.objects.get(key="springfield", state="MO")
    place.pk, place.county, place.rank = None, "Ozark", 1
    place.save()

    place = client.get("/api/v1/programs?near=Springfield, MO").json()["place"]

    name = "Springfield, Ozark, MO"
    assert place["others"] == [{"near": name, "label": name, "county": "Ozark"}]


@pytest.mark.parametrize("address", ["/api/v1/programs", "/api/v1/programs/export"])
def test_an_unknown_place_is_404_with_suggestions(client, schema, address) -> None:
    response = client.get(f"{address}?near=springfeild")

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    valid(schema, "/api/v1/programs", "404", response.json(), "application/problem+json")
    assert "Springfield, IL" in [place["near"] for place in response.json()["suggestions"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("near=nan,nan", ["near"]),
        ("near=91,0", ["near"]),
        ("near=43,-181", ["near"]),
        ("radius=0", ["radius"]),
        ("radius=101", ["radius"]),
        ("radius=nan", ["radius"]),
        ("radius=inf", ["radius"]),
        ("radius=ten", ["radius"]),
        ("therapy=magic", ["therapy"]),
        ("payer=nobody", ["payer"]),
        ("payer=%00", ["payer"]),
        ("day=monday&when=noon", ["day", "when"]),
        ("free=mon-1200-0900", ["free"]),
        ("free=mon-2500-2600", ["free"]),
        ("max_cost=-1", ["max_cost"]),
        ("sliding=yes", ["sliding"]),
        ("start_within=99999999999999999999", ["start_within"]),
        ("sort=price", ["sort"]),
        ("page=0", ["page"]),
        ("page=x", ["page"]),
        ("page=100000000000000000000", ["page"]),
        ("q=%00", ["q"]),
        ("&".join(f"x{number}=1" for number in range(51)), ["parameters"]),
        ("&".join(["therapy=dbt"] * 51), ["parameters"]),
    ],
)
def test_a_bad_value_is_400_and_names_the_parameter(client, schema, query, names) -> None:
    response = client.get(f"/api/v1/programs?{query}")

    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    valid(schema, "/api/v1/programs", "400", response.json(), "application/problem+json")
    assert sorted(response.json()["errors"]) == names


def test_fifty_parameters_and_unknown_names_are_fine(client) -> None:
    query = "&".join(f"x{number}=1" for number in range(50))

    assert client.get(f"/api/v1/programs?{query}").status_code == 200


def test_a_page_past_the_end_is_404(client) -> None:
    response = client.get("/api/v1/programs?page=2")

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_programs_that_have_not_told_us_are_paged_by_their_own_number(client) -> None:
    record.write(program.pk for program in ProgramFactory.create_batch(21, phone=None))

    body = client.get("/api/v1/programs?when=evening&not_told=1").json()
    assert (body["count"], body["not_told"]["count"], body["pages"]) == (1, 22, 2)
    assert len(client.get(body["next"]).json()["results"]) == 2


def test_unchanged_answers_are_304_until_the_directory_changes(client) -> None:
    first = client.get("/api/v1/programs?near=53202")
    again = client.get("/api/v1/programs?near=53202", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, first["Last-Modified"][-3:]) == (304, "GMT")
    assert first["Access-Control-Allow-Origin"] == "*"

    record.write([Program.objects.get(slug="bare").pk])

    changed = client.get("/api/v1/programs?near=53202", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200


def test_another_day_is_another_answer(client, time_machine) -> None:
    first = client.get("/api/v1/programs")
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(days=1))

    for seen in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        assert client.get("/api/v1/programs", headers=seen).status_code == 200


def test_another_version_of_the_code_is_another_answer(client, monkeypatch) -> None:
    first = client.get("/api/v1/programs")
    monkeypatch.setattr(api, "CODE", "0badc0de")
    monkeypatch.setattr(api, "STARTED", timezone.now() + dt.timedelta(minutes=1))

    for seen in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        assert client.get("/api/v1/programs", headers=seen).status_code == 200


def test_a_version_of_the_code_is_its_files_and_its_words(tmp_path) -> None:
    code, words, unread = tmp_path / "api.py", tmp_path / "es" / "django.mo", tmp_path / "notes.txt"
    words.parent.mkdir()
    seen = set()
    for path, text in ((code, "a"), (words, "b"), (code, "c"), (unread, "d")):
        path.write_text(text)
        seen.add(api.code_of(tmp_path))
    assert len(seen) == 3
    assert api.code_of(tmp_path) in seen


def test_another_name_of_a_payer_is_another_answer(client) -> None:
    first = client.get("/api/v1/vocabulary")
    Payer.objects.filter(slug="badgercare").update(name="BadgerCare Plus of Wisconsin")
    payers.forget()  # as it does by itself after a minute

    answer = client.get("/api/v1/vocabulary", headers={"If-None-Match": first["ETag"]})
    assert "BadgerCare Plus of Wisconsin" in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/programs?near=springfield", 300),
        ("/api/v1/programs?radius=x", 400),
        ("/api/v1/programs?page=9", 404),
        ("/api/v1/programs/nobody", 404),
        ("/api/v1/nothing", 404),
    ],
)
def test_what_is_no_answer_is_never_unchanged(client, address, status) -> None:
    tag = client.get("/api/v1/programs")["ETag"]

    for seen in (
        {"If-None-Match": tag},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ):
        answer = client.get(address, headers=seen)
        assert (answer.status_code, "ETag" in answer) == (status, False)


def test_the_language_of_labels_and_messages_can_be_asked_for(client) -> None:
    spanish = {"Accept-Language": "es-MX,es;q=0.9"}
    answer = client.get("/api/v1/programs", headers=spanish)
    labels = {option["label"] for name in ("day", "sliding") for option in answer.json()["facets"][name]}

    assert {"Lunes", "Tarifa según ingresos"} <= labels, labels
    assert (answer["Content-Language"], answer["ETag"][-3:]) == ("es", 'es"')
    assert client.get("/api/v1/programs?radius=x", headers=spanish).json()["errors"]["radius"] == [
        "Elija una distancia de 1 a 100 millas."
    ]
    assert client.get("/api/v1/programs")["Content-Language"] == "en"


@pytest.mark.parametrize(
    "address", ["/api/v1/programs", "/api/v1/programs/full", "/api/v1/programs/export", "/api/v1/schema", "/api/v1/no"]
)
def test_pages_of_any_site_may_ask(client, address) -> None:
    ask = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    leave = client.options(address, headers=ask | {"Access-Control-Request-Headers": "if-none-match"})
    answer = client.get(address, headers={"Origin": "https://example.org"})

    assert (leave.status_code, leave["Access-Control-Allow-Origin"]) == (200, "*")
    assert "GET" in leave["Access-Control-Allow-Methods"]
    assert "If-None-Match" in leave["Access-Control-Allow-Headers"]
    assert (answer["Access-Control-Allow-Origin"], answer["Cross-Origin-Resource-Policy"]) == ("*", "cross-origin")
    assert "ETag" in answer["Access-Control-Expose-Headers"]


def test_only_reading_is_allowed(client) -> None:
    response = client.post("/api/v1/programs")

    assert response.status_code == 405
    assert "GET" in response["Allow"]


def test_one_program_with_everything_known(client, schema) -> None:
    body = client.get("/api/v1/programs/full").json()

    valid(schema, "/api/v1/programs/{slug}", "200", body)
    assert body["sessions"][0] | {"track": ""} == {
        "day": "mon",
        "starts": "18:00",
        "ends": "21:00",
        "kind": "group",
        "format": "in-person",
        "track": "",
        "required": True,
    }
    assert body["not_offered"] == ["therapy:emdr"]
    assert client.get("/api/v1/programs/nobody").status_code == 404


def test_a_merged_program_leads_to_the_one_it_was_merged_into(client) -> None:
    curation.merge(loser=Program.objects.get(slug="bare"), winner=Program.objects.get(slug="full"))

    answer = client.get("/api/v1/programs/bare")

    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/programs/full")


def test_drafts_are_nowhere(client) -> None:
    Program.objects.filter(slug="full").update(status="draft")
    record.rebuild()

    assert client.get("/api/v1/programs/full").status_code == 404
    assert "full" not in client.get("/api/v1/programs/export?format=csv").getvalue().decode().split(",")
    assert client.get("/api/v1/programs?near=53202").json()["results"][0]["slug"] == "bare"


def test_the_vocabulary_maps_values_to_samhsa_codes(client, schema) -> None:
    body = client.get("/api/v1/vocabulary").json()

    valid(schema, "/api/v1/vocabulary", "200", body)
    codes = {value["value"]: value["samhsa"] for value in body["payer"]}
    assert "su/PAY/MD" in codes["medicaid"]
    assert "su/PAY/MC" in codes["medicare"]
    assert codes["badgercare"] == []


def test_exports_hold_the_same_programs_and_those_by_video(client) -> None:
    as_json = json.loads(client.get("/api/v1/programs/export").getvalue())
    as_geojson = json.loads(client.get("/api/v1/programs/export?format=geojson").getvalue())
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/programs/export/csv").getvalue().decode())))

    assert {one["slug"] for one in as_json} == {row["slug"] for row in rows} == {"full", "bare", "video"}
    assert len(as_geojson["features"]) == 3
    assert as_geojson["features"][0]["geometry"]["type"] == "Point"


def test_an_export_is_written_in_the_language_asked_for(client) -> None:
    SourceRecordFactory(program=Program.objects.get(slug="bare"), source="partner-csv")
    rows = client.get("/api/v1/programs/export?format=csv", headers={"Accept-Language": "es"}).getvalue().decode()

    sources = {row["slug"]: row["source"] for row in csv.DictReader(io.StringIO(rows))}
    assert sources["bare"] == "Lista de un colaborador"


def test_an_export_takes_the_same_filters(client) -> None:
    rows = client.get("/api/v1/programs/export?format=csv&format=in-person&near=39.8,-89.6&radius=10").getvalue()

    assert [row["slug"] for row in csv.DictReader(io.StringIO(rows.decode()))] == ["bare"]
    assert client.get("/api/v1/programs/export?therapy=magic").status_code == 400


@pytest.mark.parametrize("accept", ["text/csv", "text/html", "*/*"])
def test_an_export_has_the_format_its_address_names(client, accept) -> None:
    answer = client.get("/api/v1/programs/export?format=csv", headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_an_export_can_be_taken_in_parts(client) -> None:
    whole = json.loads(client.get("/api/v1/programs/export").getvalue())
    address, parts = "/api/v1/programs/export?limit=2", []
    while address:
        answer = client.get(address)
        parts.append(json.loads(answer.getvalue()))
        address = answer["Link"].removeprefix("<").removesuffix('>; rel="next"') if "Link" in answer else ""

    assert [len(part) for part in parts] == [2, 1]
    assert [one for part in parts for one in part] == whole


def test_a_broken_export_goes_on_after_the_last_program_it_gave(client) -> None:
    first, *rest = json.loads(client.get("/api/v1/programs/export").getvalue())
    Program.objects.filter(slug=first["slug"]).update(status="draft")  # whatever has become of it

    assert json.loads(client.get(f"/api/v1/programs/export?after={first['slug']}").getvalue()) == rest


@pytest.mark.parametrize(
    ("query", "names"), [("limit=0", ["limit"]), ("limit=x&after=nobody", ["after", "limit"]), ("after=%00", ["after"])]
)
def test_a_part_that_is_none_is_400(client, query, names) -> None:
    answer = client.get(f"/api/v1/programs/export?{query}")

    assert (answer.status_code, sorted(answer.json()["errors"])) == (400, names)


def test_no_cell_of_the_csv_is_a_formula(client) -> None:
    rows = csv.DictReader(io.StringIO(client.get("/api/v1/programs/export?format=csv").getvalue().decode()))

    names = {row["slug"]: row["name"] for row in rows}
    assert names["bare"] == "'=HYPERLINK(1)"


def test_a_long_export_reads_in_batches(client, monkeypatch, django_assert_max_num_queries) -> None:
    monkeypatch.setattr("programs.formats.BATCH", 2)
    for _number in range(3):
        ProgramFactory(phone=None)

    with django_assert_max_num_queries(40):
        body = json.loads(client.get("/api/v1/programs/export").getvalue())

    assert len(body) == 6


def test_the_document_is_openapi_3_1_and_has_a_page(client) -> None:
    assert client.get("/api/v1/schema").json()["openapi"] == "3.1.0"
    page = client.get("/api/v1/docs").content.decode()
    assert "/api/v1/programs/export" in page
    assert "start_within" in page


def test_a_search_asks_the_database_a_stated_number_of_times(client, django_assert_max_num_queries) -> None:
    client.get("/api/v1/programs?near=53202")  # payers are read once a minute

    # version for the ETag (twice), the place, the records, the cards
    with django_assert_max_num_queries(6):
        client.get("/api/v1/programs?near=53202&radius=25&payer=medicaid&when=evening")


@pytest.mark.parametrize("address", ["/api/v1/nothing", "/api/v1/programs/no such slug", "/api/v1/programs/a/b"])
def test_an_address_that_is_not_there_is_a_problem_document(client, address) -> None:
    response = client.get(address)

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "address", "status", "asked"),
    [
        ("post", "/api/v1/programs", 405, {}),
        ("delete", "/api/v1/vocabulary", 405, {}),
        ("put", "/api/v1/schema", 405, {}),
        ("get", "/api/v1/programs", 400, {"HTTP_HOST": "somebody.else"}),
        ("get", "/api/v1/programs", 406, {"HTTP_ACCEPT": "application/xml"}),
        ("get", "/api/v1/programs/no-such-program", 404, {}),
        ("get", "/api/v1/programs/a%00b", 404, {}),
        ("get", "/api/v2/programs", 404, {}),
    ],
)
def test_whoever_refuses_it_is_a_problem_document(client, method, address, status, asked) -> None:
    answer = getattr(client, method)(address, **asked)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert answer.json()["title"]
    assert status != 405 or "GET" in answer["Allow"]


def test_a_crash_of_the_api_is_a_problem_document_that_tells_nothing(client) -> None:
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE programs_directoryversion RENAME TO gone")

    answer = client.get("/api/v1/programs")

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert answer.json() == {"type": "about:blank", "title": "Internal server error", "status": 500, "detail": ""}


def test_a_text_too_long_to_be_a_place_is_told_at_its_field(client) -> None:
    answer = client.get("/api/v1/programs", {"near": "x" * 10_000})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["near"])
    page = client.get("/programs/", {"near": "x" * 10_000})
    assert page.status_code == 200
    assert b"in at most 200 letters" in page.content
