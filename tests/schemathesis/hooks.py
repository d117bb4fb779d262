"""What Schemathesis has to know of Berth: its formats, its two credentials, and what a policy may refuse."""

import atexit
import json
import os
import re
import sys
from collections import Counter
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import strategies as st

KEY = "Bearer " + os.environ["SCHEMATHESIS_KEY"]
EVENTS_TOKEN = os.environ["EVENTS_S3_TOKEN"]
EVENTBRIDGE_KEY = os.environ["EVENTS_EVENTBRIDGE_KEY"]
SMALL = 4096

statuses: Counter = Counter()
# By address, the answer that removed what was there.
gone: dict = {}
atexit.register(lambda: print("answers", json.dumps(statuses, sort_keys=True), file=sys.stderr))


def utf8_up_to(limit: int) -> st.SearchStrategy[str]:
    text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=limit)
    return text.filter(lambda value: len(value.encode()) <= limit)


schemathesis.openapi.format("utf8-255", utf8_up_to(255))
schemathesis.openapi.format("utf8-512", utf8_up_to(512))


def is_positive(case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    # The senders of events have credentials of their own; those that are made up stay so.
    if case.path.startswith("/events/") and (case.headers or {}).get("Authorization") == KEY:
        case.headers["Authorization"] = f"Bearer {EVENTS_TOKEN}"
        case.headers["x-api-key"] = EVENTBRIDGE_KEY
    if is_positive(case):
        if case.method == "POST" and case.path == "/v1/uploads":
            make_possible(case.body)
        elif case.method == "POST" and case.path == "/v1/webhooks":
            make_registrable(case.body)
        elif case.method == "GET" and case.query:
            make_quick(case.query)


def make_registrable(body) -> None:
    """Text is no address, and names of profiles are made up; nothing is sent to this one."""
    if isinstance(body, dict):
        body["url"] = "https://hooks.acme.io/berth"
        body["profiles"] = None


def make_quick(query) -> None:
    """Cursors are sealed: hardly any that is made up needs to be tried. Nor is there time to wait."""
    if len(query.get("cursor", "")) % 3 > 0:
        del query["cursor"]
    if isinstance(query.get("wait"), int):
        query["wait"] %= 3


def make_possible(body) -> None:
    """Most random uploads are larger than any profile allows, and no profile has a random name."""
    if isinstance(body, dict) and isinstance(body.get("size"), int) and body["size"] % 4 > 0:
        body["profile"] = "default"
        body["size"] %= SMALL
        body["expiresIn"] = None


@schemathesis.hook
def after_call(context, case, response):
    """Every other slot is used, so that uploads get through all their states while the calls go on."""
    statuses[response.status_code] += 1
    if case.method == "DELETE" and response.status_code == 204:
        gone.setdefault(address_of(response), response)
    if response.status_code != 201 or not case.path.startswith("/v1/uploads"):
        return
    upload = response.json()
    slot = upload["slot"]
    if slot is None or upload["size"] > SMALL or int(upload["id"][-1], 16) % 2 == 0:
        return
    requests.put(slot["url"], data=bytes(upload["size"]), headers=slot["headers"], timeout=10)


def address_of(response) -> str:
    return urlsplit(response.request.url).path


# In place of `use_after_free`: DELETE of an upload is a change of its state, and its record can be read on.
@schemathesis.check
def what_was_removed_is_gone(ctx, response, case):
    removal = gone.get(address_of(response))
    if removal is None or removal is response:
        return
    assert response.status_code >= 300, f"{address_of(response)} was removed"


# What only the configuration, or what happened before, can decide.
POLICY = {
    "size-over-limit",
    "size-under-limit",
    "content-type-not-allowed",
    "unknown-profile",
    "webhook-url-not-allowed",
    "idempotency-key-reused",
    "invalid-cursor",
    "upload-expired",
    "upload-deleted",
    "precondition-failed",
}
# Limits of the configuration, the one name that nothing may have, and how many parts this upload has.
JUDGED_ELSEWHERE = re.compile(r"[/?]expiresIn|/__proto__|/partNumbers/\d+")


@schemathesis.check
def valid_data_is_refused_by_policy_alone(ctx, response, case):
    if not is_positive(case) or response.status_code not in (400, 410, 412, 413, 415, 422):
        return
    problem = response.json()
    slug = problem["type"].rsplit("/", 1)[-1]
    wrong = [error["pointer"] for error in problem.get("errors", [])]
    elsewhere = len(wrong) > 0 and all(JUDGED_ELSEWHERE.fullmatch(pointer) for pointer in wrong)
    by_policy = slug in POLICY or (slug == "validation-failed" and elsewhere)
    assert by_policy, f"{slug}: {problem['detail']}"
