"""The API as it describes itself, and its refusals outside any operation."""

from __future__ import annotations

from tests.rooms.api.conftest import Opener


async def test_the_description_names_every_operation_and_both_ways_in(site: Opener):
    described = (await (await site()).get("/api/openapi.json")).json()
    operations = {(path, verb) for path, verbs in described["paths"].items() for verb in verbs}
    assert operations == {
        ("/api/rooms/{room}/messages", "post"),
        ("/api/rooms/{room}/messages", "get"),
        ("/api/rooms/", "get"),
    }
    kinds = {scheme["type"] for scheme in described["components"]["securitySchemes"].values()}
    assert kinds == {"http", "apiKey"}
    publish = described["paths"]["/api/rooms/{room}/messages"]["post"]
    assert {"201", "400", "401", "403", "409", "413", "429", "503"} <= publish["responses"].keys()
    assert "text/plain" in publish["requestBody"]["content"]


async def test_the_page_of_the_description_needs_no_other_host(site: Opener):
    page = await (await site()).get("/api/docs")
    assert page.status_code == 200
    assert "swagger-ui-bundle" in page.text
    assert "http://" not in page.text.replace("http://testserver", "")
    assert "https://" not in page.text


async def test_every_refusal_has_the_one_shape(site: Opener):
    http = await site()
    for verb, address, status in (
        ("GET", "/api/nothing", 404),
        ("GET", "/api/", 404),
        ("DELETE", "/api/rooms/", 405),
        ("PUT", "/api/rooms/device01/messages", 405),
    ):
        reply = await http.request(verb, address)
        assert reply.status_code == status
        assert reply.json()["error"].keys() == {"code", "message"}
