"""A round trip over real HTTP: every list route of the API root answers or asks who is there, and a post survives create, read,
update and delete; a tag, where posts have tags, is put on it.

usage: http_round_trip.py BASE_URL AUTHOR_ID
"""

import json
import sys
import urllib.error
import urllib.request

BASE, AUTHOR = sys.argv[1].rstrip("/"), int(sys.argv[2])
HEADERS = {"accept": "application/json", "content-type": "application/json"}


def call(method, path, body=None, ok=(200, 201, 204)):
    data = None if body is None else json.dumps(body).encode()
    url = path if path.startswith("http") else BASE + path
    request = urllib.request.Request(url, data=data, method=method, headers=HEADERS)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            status, text = response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    if status not in ok:
        sys.exit(f"{method} {path} -> {status}: {text[:800]}")
    return json.loads(text) if text else None


routes = call("GET", "/api/")
for url in routes.values():
    call("GET", url, ok=(200, 401, 403))
body = {"title": "Smoke", "slug": "smoke", "content": "Round trip", "author": AUTHOR}
if "tags" in routes:
    tag = call("POST", "/api/tags/", {"name": "Rust", "slug": "rust"})
    body["tag_ids"] = [tag["id"]]
post = call("POST", "/api/posts/", body)
path = f"/api/posts/{post['id']}/"
assert call("GET", path)["title"] == "Smoke"
assert call("PATCH", path, {"title": "Changed"})["title"] == "Changed"
if "tags" in post:
    assert [t["slug"] for t in call("GET", path)["tags"]] == ["rust"]
    assert call("GET", "/api/posts/?tag=rust")["count"] == 1
    assert call("GET", "/api/posts/?tag=other")["count"] == 0
call("DELETE", path)
call("GET", path, ok=(404,))
print(f"{len(routes)} routes, round trip ok")
