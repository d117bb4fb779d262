"""What Schemathesis has to know of Berth: its formats, its two credentials, and what a policy may refuse."""

import os

import requests
import schemathesis
from hypothesis import strategies as st

EVENTS_TOKEN = os.environ["EVENTS_S3_TOKEN"]
EVENTBRIDGE_KEY = os.environ["EVENTS_EVENTBRIDGE_KEY"]
SMALL = 4096


def utf8_up_to(limit: int) -> st.SearchStrategy[str]:
    text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=limit)
    return text.filter(lambda value: len(value.encode()) <= limit)


schemathesis.openapi.format("utf8-255", utf8_up_to(255))
schemathesis.openapi.format("utf8-512", utf8_up_to(512))


def is_positive(case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    # The senders of events have credentials of their own; what goes out without any stays so.
    if case.path.startswith("/events/") and "Authorization" in headers:
        headers["Authorization"] = f"Bearer {EVENTS_TOKEN}"
        headers["x-api-key"] = EVENTBRIDGE_KEY
    if case.path == "/v1/uploads" and case.method == "POST" and is_positive(case):
        make_possible(case.body)
    if case.path == "/v1/uploads" and case.method == "GET" and is_positive(case):
        # Cursors are sealed, so none that is made up leads anywhere; every third says so.
        if len((case.query or {}).get("cursor", "")) % 3 > 0:
            del case.query["cursor"]


def make_possible(body) -> None:
    """Most random uploads are larger than any profile allows, and no profile has a random name."""
    if isinstance(body, dict) and isinstance(body.get("size"), int) and body["size"] % 4 > 0:
        body["profile"] = "default"
        body["size"] %= SMALL
        body["expiresIn"] = None


@schemathesis.hook
def after_call(context, case, response):
    """Every other slot is used, so that uploads get through all their states while the calls go on."""
    if response.status_code != 201 or not case.path.startswith("/v1/uploads"):
        return
    upload = response.json()
    slot = upload["slot"]
    if slot is None or upload["size"] > SMALL or int(upload["id"][-1], 16) % 2 == 0:
        return
    requests.put(slot["url"], data=bytes(upload["size"]), headers=slot["headers"], timeout=10)


# What only the configuration, or what happened before, can decide.
POLICY = {
    "size-over-limit",
    "size-under-limit",
    "content-type-not-allowed",
    "unknown-profile",
    "idempotency-key-reused",
    "invalid-cursor",
    "upload-expired",
    "upload-deleted",
    "precondition-failed",
}
LIMITS_OF_THE_CONFIGURATION = {"/expiresIn", "?expiresIn"}


@schemathesis.check
def valid_data_is_refused_by_policy_alone(ctx, response, case):
    if not is_positive(case) or response.status_code not in (400, 410, 412, 413, 415, 422):
        return
    problem = response.json()
    slug = problem["type"].rsplit("/", 1)[-1]
    wrong = {error["pointer"] for error in problem.get("errors", [])}
    by_policy = slug in POLICY or (slug == "validation-failed" and wrong <= LIMITS_OF_THE_CONFIGURATION)
    assert by_policy, f"{slug}: {problem['detail']}"
