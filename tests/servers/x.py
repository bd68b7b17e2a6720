"""A stand-in for X, as a real HTTP server: posts, direct messages, limits, credits and outages.

It checks signatures and tokens, counts requests by call, lists late what it is told to list late,
and refuses as X does, with X's bodies.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from oauthlib.oauth1 import Client
from oauthlib.oauth1.rfc5849 import signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EPOCH_MS = 1_288_834_974_657
HOST = "https://api.twitter.com"
OFFICE_ID, OFFICE = "99", "phsoffice"
KEYS = {
    "consumer_key": "ck-1",
    "consumer_secret": "cs-2",
    "access_token": "99-at-3",
    "access_token_secret": "ats-4",
}
CLIENT = {"client_id": "client-5", "client_secret": "secret-6"}


def snowflake(at: float, number: int = 0) -> str:
    """Return the id of a post of that time (seconds since 1970)."""
    return str(((int(at * 1000) - EPOCH_MS) << 22) + number)


def iso(at: float) -> str:
    """Return a time as X writes it."""
    whole, part = divmod(int(at * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{part:03d}Z"


def problem(status: int, **more: Any) -> tuple[int, dict[str, Any]]:
    """Return an error body as X writes them."""
    titles = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable"}
    title = titles.get(status, "Too Many Requests")
    return status, {
        "title": title,
        "detail": title,
        "type": "about:blank",
        "status": status,
        **more,
    }


NO_CREDITS = (
    402,
    {
        "title": "CreditsDepleted",
        "detail": "Your enrolled account does not have any credits to fulfill this request.",
        "type": "https://api.twitter.com/2/problems/credits",
    },
)
UNSUMMONED = problem(
    403,
    type="https://api.x.com/2/problems/not-authorized-for-resource",
    detail="You can only reply to or quote posts where you are mentioned or are the author.",
)
DUPLICATE = problem(403, detail="You are not allowed to create a Tweet with duplicate content.")
CLOSED = problem(403, detail="You do not have permission to DM one or more participants.")


@dataclass
class Seen:
    """One request that came."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    status: int = 0


@dataclass
class XServer:
    """X itself; each method does what people, or X, do."""

    limits: dict[str, tuple[int, float]] = field(default_factory=dict)  # call: how many, seconds
    has_credits: bool = True
    outage: str = ""  # "html", "cut" (takes a post and breaks off), "hang"
    new_names: bool = False  # only the names of 2026
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: list[dict[str, Any]] = field(default_factory=list)  # of people
    messages: list[dict[str, Any]] = field(default_factory=list)  # all of them
    own_posts: list[dict[str, Any]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)  # who takes no messages
    requests_left: dict[str, list[float]] = field(default_factory=dict)
    refresh_token: str = "refresh-0"
    agreed: tuple[str, str] = ("", "")  # a code that was given, and its challenge
    access_tokens: dict[str, float] = field(default_factory=dict)  # token: until when
    token_lasts_s: float = 7200
    refreshed: int = 0
    refusals: dict[str, tuple[tuple[int, Any], dict[str, str], float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._number = 0
        self.add_user(OFFICE_ID, OFFICE, "The office")
        owner = self

        class Handler(_Handler):
            x = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        serving = {"target": self._server.serve_forever, "args": (0.05,)}
        threading.Thread(**serving, name="x", daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    # What people do

    def add_user(self, user_id: str, handle: str, name: str = "") -> None:
        """Have somebody join."""
        self.users[user_id] = {"id": user_id, "username": handle, "name": name or handle}

    def post(
        self,
        text: str,
        *,
        by: str = "42",
        at: float | None = None,
        answers: dict[str, Any] | None = None,
        listed_after_s: float = 0.0,
        **more: Any,
    ) -> dict[str, Any]:
        """Have somebody post, perhaps listed only a while later."""
        with self._lock:
            now = time.time()
            at = at or now
            self._number += 1
            post_id = snowflake(at, self._number)
            one: dict[str, Any] = {
                "id": post_id,
                "text": text,
                "author_id": by,
                "conversation_id": post_id,
                "created_at": iso(at),
                "edit_history_tweet_ids": [post_id],
                "lang": "en",
            }
            if answers is not None:
                one["conversation_id"] = answers["conversation_id"]
                one["in_reply_to_user_id"] = answers["author_id"]
                one["referenced_tweets"] = [{"type": "replied_to", "id": answers["id"]}]
            one |= more
            self.posts.append({**one, "_listed_at": now + listed_after_s})
            return one

    def edit(self, post: dict[str, Any], text: str) -> dict[str, Any]:
        """Have the writer of a post change it: another id, with the history of all."""
        with self._lock:
            before = next(one for one in self.posts if one["id"] == post["id"])
            self.posts.remove(before)
            self._number += 1
            new_id = snowflake(time.time(), self._number)
            history = [*before["edit_history_tweet_ids"], new_id]
            after = {**before, "id": new_id, "text": text, "edit_history_tweet_ids": history}
            self.posts.append(after)
            return after

    def delete(self, post: Mapping[str, Any]) -> None:
        """Have a post or message deleted."""
        with self._lock:
            self.posts = [one for one in self.posts if one["id"] != post["id"]]
            self.messages = [one for one in self.messages if one["id"] != post["id"]]

    def message(
        self, text: str, *, by: str = "42", at: float | None = None, listed_after_s: float = 0.0
    ) -> dict[str, Any]:
        """Have somebody write to the office."""
        return self._message(text, by, by, at, listed_after_s)

    def _message(
        self, text: str, by: str, other: str, at: float | None, listed_after_s: float = 0.0
    ) -> dict[str, Any]:
        with self._lock:
            now = time.time()
            self._number += 1
            one = {
                "id": snowflake(at or now, self._number),
                "event_type": "MessageCreate",
                "text": text,
                "sender_id": by,
                "dm_conversation_id": "-".join(sorted((other, OFFICE_ID), key=int)),
                "created_at": iso(at or now),
                "_listed_at": now + listed_after_s,
                "_with": other,
            }
            self.messages.append(one)
            return one

    def sent_to(self, user_id: str) -> list[str]:
        """Return what the office wrote to somebody."""
        return [
            one["text"]
            for one in self.messages
            if one["_with"] == user_id and one["sender_id"] == OFFICE_ID
        ]

    def refuse(
        self, call: str, said: tuple[int, Any], headers: dict[str, str], *, until: float
    ) -> None:
        """Answer one call so until then, whatever its limit."""
        self.refusals[call] = (said, headers, until)

    def calls(self, call: str) -> list[Seen]:
        """Return the requests of one kind that came."""
        return [one for one in self.seen if call_of(one.method, one.path) == call]

    # What X does

    def take(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, Any, dict[str, str]]:
        """Return status, body and headers of the answer to a request."""
        with self._lock:
            seen = Seen(at=time.time(), method=method, path=path, query=query, body=body)
            self.seen.append(seen)
            status, said, headers = self._take(seen)
            seen.status = status
            return status, said, headers

    def _take(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        if self.outage == "html":
            return 503, "<html>Over capacity</html>", {}
        call = call_of(seen.method, seen.path)
        if call in self.refusals and time.time() < self.refusals[call][2]:
            said, told, _ = self.refusals[call]
            return (*said, told)
        is_over, headers = self._limit(call)
        if is_over:
            return (*problem(429), headers)
        if not self.has_credits:
            return (*NO_CREDITS, headers)
        return (*self._answer(call, seen), headers)

    def _limit(self, call: str) -> tuple[bool, dict[str, str]]:
        most, window_s = self.limits.get(call, (300, 900.0))
        now = time.time()
        window = self.requests_left.setdefault(call, [float(most), now + window_s])
        if now >= window[1]:
            window[:] = [float(most), now + window_s]
        is_over = window[0] <= 0
        window[0] = max(0.0, window[0] - 1)
        # Whole seconds, as X has it: never before the window really ends.
        reset = int(window[1]) + 1
        return is_over, {
            "x-rate-limit-limit": str(most),
            "x-rate-limit-remaining": str(int(window[0])),
            "x-rate-limit-reset": str(reset),
        }

    def _answer(self, call: str, seen: Seen) -> tuple[int, Any]:
        answers: dict[str, Callable[[Seen], tuple[int, Any]]] = {
            "me": lambda _: (200, {"data": self.users[OFFICE_ID]}),
            "mentions": lambda one: (200, self._page(_listed(self.posts), one.query)),
            "posts": self._posts,
            "own-posts": lambda _: (200, self._body(self.own_posts[::-1])),
            "messages": self._all_messages,
            "messages-with": self._messages_with,
            "message": self._one_message,
            "send-message": self._send_message,
            "send-post": self._send_post,
        }
        return answers[call](seen) if call in answers else problem(404)

    def _posts(self, seen: Seen) -> tuple[int, Any]:
        wanted = seen.query["ids"].split(",")
        return 200, self._body([one for one in self.posts if one["id"] in wanted])

    def _all_messages(self, seen: Seen) -> tuple[int, Any]:
        listed = _listed(self.messages)
        return 200, self._page(listed, seen.query, default=100, always_next=True)

    def _messages_with(self, seen: Seen) -> tuple[int, Any]:
        other = seen.path.split("/")[4]
        found = [one for one in self.messages if one["_with"] == other]
        return 200, self._body(found[::-1])

    def _one_message(self, seen: Seen) -> tuple[int, Any]:
        found = [one for one in self.messages if one["id"] == seen.path.rpartition("/")[2]]
        return (200, self._body(found, single=True)) if found else problem(404)

    def _page(
        self,
        rows: list[dict[str, Any]],
        query: dict[str, str],
        *,
        default: int = 10,
        always_next: bool = False,
    ) -> dict[str, Any]:
        rows = sorted(rows, key=lambda one: -int(one["id"]))
        if "since_id" in query:
            rows = [one for one in rows if int(one["id"]) > int(query["since_id"])]
        elif "start_time" in query:
            rows = [one for one in rows if one["created_at"] >= query["start_time"].rstrip("Z")]
        size = int(query.get("max_results", default))
        start = int(query.get("pagination_token", "0" * 16)[-8:])
        page = rows[start : start + size]
        body = self._body(page)
        if start + size < len(rows) or (always_next and page):
            body["meta"]["next_token"] = f"7140dibd{start + len(page):08d}"
        return body

    def _body(self, page: list[dict[str, Any]], *, single: bool = False) -> dict[str, Any]:
        shown = [_shown(one) for one in page]
        ids = {one.get("author_id", one.get("sender_id")) for one in page}
        near = {r["id"] for one in page for r in one.get("referenced_tweets", ())}
        posts = [one for one in (*self.posts, *self.own_posts) if one["id"] in near]
        lost = near - {one["id"] for one in posts}
        users = [self.users[i] for i in ids if i in self.users]
        body: dict[str, Any] = {"meta": {"result_count": len(page)}}
        if shown:
            body["data"] = shown[0] if single else shown
            body["includes"] = {"users": users}
        if posts:
            body["includes"]["tweets"] = [_shown(one) for one in posts]
        if lost:
            body["errors"] = [
                {
                    "resource_type": "tweet",
                    "resource_id": one,
                    "title": "Not Found Error",
                    "detail": f"Could not find tweet with referenced_tweets.id: [{one}].",
                    "type": "https://api.twitter.com/2/problems/resource-not-found",
                }
                for one in lost
            ]
        return body

    def _send_message(self, seen: Seen) -> tuple[int, Any]:
        other = seen.path.split("/")[4]
        if other in self.closed:
            return CLOSED
        one = self._message(seen.body["text"], OFFICE_ID, other, None)
        data = {"dm_conversation_id": one["dm_conversation_id"], "dm_event_id": one["id"]}
        return 201, {"data": data}

    def _send_post(self, seen: Seen) -> tuple[int, Any]:
        target = str(seen.body.get("reply", {}).get("in_reply_to_tweet_id", ""))
        found = next((one for one in self.posts if one["id"] == target), None)
        if found is None:
            return problem(
                403,
                detail="You attempted to reply to a Tweet that is deleted or not visible to you.",
            )
        if f"@{OFFICE}" not in found["text"].lower():
            return UNSUMMONED
        if any(one["text"] == seen.body["text"] for one in self.own_posts):
            return DUPLICATE
        self._number += 1
        post_id = snowflake(time.time(), self._number)
        self.own_posts.append(
            {
                "id": post_id,
                "text": seen.body["text"],
                "author_id": OFFICE_ID,
                "conversation_id": found["conversation_id"],
                "created_at": iso(time.time()),
                "edit_history_tweet_ids": [post_id],
                "referenced_tweets": [{"type": "replied_to", "id": target}],
            }
        )
        return 201, {"data": {"id": post_id, "text": seen.body["text"]}}

    def refresh(self, form: dict[str, str], basic: str) -> tuple[int, dict[str, Any]]:
        """Renew a token: the old refresh token is dead from now on."""
        with self._lock:
            wanted = base64.b64encode(f"{CLIENT['client_id']}:{CLIENT['client_secret']}".encode())
            known = basic == wanted.decode() or form.get("client_id") == CLIENT["client_id"]
            if not known or not self._may_renew(form):
                self.refresh_token = ""  # an old one that comes again ends them all
                return 400, {
                    "error": "invalid_request",
                    "error_description": "Value passed for the token was invalid.",
                }
            self.refreshed += 1
            self.refresh_token = f"refresh-{self.refreshed}"
            access = secrets.token_hex(8)
            self.access_tokens = {access: time.time() + self.token_lasts_s}
            return 200, {
                "token_type": "bearer",
                "expires_in": int(self.token_lasts_s),
                "access_token": access,
                "refresh_token": self.refresh_token,
                "scope": "tweet.read users.read dm.read dm.write offline.access",
            }

    def _may_renew(self, form: dict[str, str]) -> bool:
        """Whether a refresh token is the newest, or a code and its verifier fit (RFC 7636)."""
        if form.get("grant_type") != "authorization_code":
            return form.get("refresh_token") == self.refresh_token
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (form["code"], challenge) == self.agreed

    def agree(self, address: str) -> str:
        """Have an owner agree on the page of this address; return where the browser arrives."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        self.agreed = ("a-code", asked["code_challenge"])
        return f"{asked['redirect_uri']}?state={asked['state']}&code=a-code"

    def is_signed(self, method: str, path: str, header: str) -> bool:
        """Whether a request bears a good signature (RFC 5849), or a token that serves."""
        kind, _, rest = header.partition(" ")
        if kind == "Bearer":
            return self.access_tokens.get(rest, 0.0) > time.time()
        if kind != "OAuth":
            return False
        bears = {"Authorization": header}
        given = signature.collect_parameters(headers=bears, exclude_oauth_signature=False)
        said = dict(given)
        params = [(k, v) for k, v in given if k != "oauth_signature"]
        params += parse_qsl(urlsplit(path).query, keep_blank_values=True)
        base = signature.signature_base_string(
            method,
            signature.base_string_uri(HOST + urlsplit(path).path),
            signature.normalize_parameters(params),
        )
        client = Client(
            KEYS["consumer_key"],
            client_secret=KEYS["consumer_secret"],
            resource_owner_secret=KEYS["access_token_secret"],
        )
        wanted = signature.sign_hmac_sha1_with_client(base, client)
        return said.get("oauth_signature") == wanted and said["oauth_token"] == KEYS["access_token"]


CALLS = (
    ("GET", r"users/me", "me"),
    ("GET", r"users/\d+/mentions", "mentions"),
    ("GET", r"users/\d+/tweets", "own-posts"),
    ("GET", r"tweets", "posts"),
    ("GET", r"dm_events", "messages"),
    ("GET", r"dm_events/\d+", "message"),
    ("GET", r"dm_conversations/with/\d+/dm_events", "messages-with"),
    ("POST", r"dm_conversations/with/\d+/messages", "send-message"),
    ("POST", r"tweets", "send-post"),
)


def call_of(method: str, path: str) -> str:
    """Return which call a request is; "" for none."""
    route = path.strip("/").partition("/")[2]
    known = (name for verb, form, name in CALLS if verb == method and re.fullmatch(form, route))
    return next(known, "")


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    """Return a post as X shows it: its text escaped, and nothing of our own notes."""
    shown = {k: v for k, v in one.items() if not k.startswith("_")}
    return {**shown, "text": html.escape(one["text"], quote=False)}


def _listed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in rows if one["_listed_at"] <= time.time()]


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    x: XServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._do("GET", {})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.path.startswith("/2/oauth2/token"):
            form = {k: v[0] for k, v in parse_qs(content.decode()).items()}
            basic = self.headers.get("authorization", "").removeprefix("Basic ")
            status, said = self.x.refresh(form, basic)
            self._say(status, said, {})
            return
        self._do("POST", json.loads(content or b"{}"))

    def _do(self, method: str, body: dict[str, Any]) -> None:
        if self.x.outage == "hang":
            time.sleep(60)
        parts = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        if not self.x.is_signed(method, self.path, self.headers.get("authorization", "")):
            self._say(*problem(401), {})
            return
        status, said, headers = self.x.take(method, parts.path, query, body)
        if self.x.outage == "cut" and method == "POST":
            self.close_connection = True
            self.connection.close()  # it was done, and nobody hears of it
            return
        self._say(status, said, headers)

    def _say(self, status: int, said: Any, headers: dict[str, str]) -> None:
        is_text = isinstance(said, str)
        content = said.encode() if is_text else json.dumps(said).encode()
        kind = "text/html" if is_text else "application/json; charset=utf-8"
        if not is_text and status >= 400:
            kind = "application/problem+json"
        with suppress(OSError):
            self.send_response(status)
            for name, value in {"content-type": kind, **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
