#!/usr/bin/env python3
"""The part of Qdrant's REST interface that a store of vectors uses, over the local mode of Qdrant's own Python client.

Usage: qdrant_server.py PORT

There is no Qdrant server to be had from a package registry. Here the client's models, which are made from the interface's
description and refuse what it does not know, read the requests, and its local mode answers them.
"""

import http.server
import json
import re
import sys
import threading

from pydantic import BaseModel, TypeAdapter
from qdrant_client import QdrantClient, models

client = QdrantClient(":memory:")
lock = threading.Lock()
Vectors = TypeAdapter(models.CreateCollection)


def plain(value):
    if isinstance(value, BaseModel):
        return json.loads(value.model_dump_json(exclude_none=True))
    return [plain(item) for item in value] if isinstance(value, list) else value


def collection(method: str, name: str, body: dict | None):
    if method == "GET":
        return client.get_collection(name) if client.collection_exists(name) else None
    if method == "DELETE":
        return client.delete_collection(name)
    request = models.CreateCollection.model_validate(body)
    return client.create_collection(name, vectors_config=request.vectors, sparse_vectors_config=request.sparse_vectors)


def points(method: str, name: str, what: str, body: dict):
    if what == "index":
        models.CreateFieldIndex.model_validate(body)
        return {"status": "completed"}
    if method == "PUT":
        return client.upsert(name, TypeAdapter(models.PointsList).validate_python(body).points)
    if what == "points":
        request = models.PointRequest.model_validate(body)
        return client.retrieve(name, request.ids, with_payload=request.with_payload, with_vectors=request.with_vector or False)
    if what == "points/delete":
        selector = TypeAdapter(models.PointsSelector).validate_python(body)
        return client.delete(name, selector)
    if what == "points/count":
        request = models.CountRequest.model_validate(body)
        return client.count(name, count_filter=request.filter, exact=True)
    if what == "points/scroll":
        request = models.ScrollRequest.model_validate(body)
        found, following = client.scroll(
            name, limit=request.limit, offset=request.offset, with_payload=request.with_payload,
            with_vectors=request.with_vector)
        return {"points": plain(found), "next_page_offset": following}
    if what == "points/query":
        request = models.QueryRequest.model_validate(body)
        return client.query_points(
            name, query=request.query, using=request.using, limit=request.limit, query_filter=request.filter,
            search_params=request.params, with_payload=request.with_payload)
    raise ValueError(f"no {what}")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        path = re.fullmatch(r"/collections/([^/]+)(?:/([a-z/]+))?", self.path.split("?")[0])
        try:
            with lock:
                name, what = path[1], path[2]
                if what and not client.collection_exists(name):
                    result = None
                else:
                    result = points(self.command, name, what, body) if what else collection(self.command, name, body)
            status, text = (404, {"status": {"error": "Not found"}}) if result is None else (200, {"result": plain(result)})
        except Exception as error:
            status, text = 400, {"status": {"error": str(error)[:2000]}}
        data = json.dumps(text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print(server.server_port, flush=True)
server.serve_forever()
