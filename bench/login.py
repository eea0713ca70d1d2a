"""A login as a person's browser does it: the form, its token, the cookies."""

from __future__ import annotations

import re

import httpx


async def log_in(url: str, name: str, password: str) -> httpx.AsyncClient:
    """A client that is logged in and may post; whoever asked closes it."""
    http = httpx.AsyncClient(base_url=url, timeout=20)
    page = await http.get("/accounts/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    form = {"username": name, "password": password, "csrfmiddlewaretoken": token[1]}
    reply = await http.post("/accounts/login/", data=form, headers={"Referer": url})
    assert reply.status_code == 302, "the login was refused"
    http.headers["X-CSRFToken"] = http.cookies["csrftoken"]
    http.headers["Origin"] = url
    return http
