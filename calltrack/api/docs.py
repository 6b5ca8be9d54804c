"""The OpenAPI document, and a page that a person can read it on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, send_from_directory
from flask_openapi3.openapi import OpenAPI

from calltrack.api.door import bp as routes
from calltrack.ground import ground

bp = Blueprint("api_docs", __name__, url_prefix="/api", template_folder="templates")

_EXAMPLE_PATH = {
    "call_sid": "CA0123456789abcdef0123456789abcdef",
    "campaign_id": "1",
    "external_id": "J-1001",
    "id": "1",
    "name": "furnace%20repair",
    "phone": "+13125550190",
    "tag": "vip",
    "version": "1",
}


@bp.get("/v1/openapi.json")
def show_openapi() -> Response:
    """The OpenAPI document; it is public, as it says nothing of anybody."""
    return jsonify(_openapi())


@bp.get("/docs.css")
def show_style() -> Response:
    """How the page looks."""
    return send_from_directory(Path(__file__).parent / "static", "docs.css")


@bp.get("/docs")
def show_docs() -> Response:
    """The same for people: plain HTML, without any script or foreign host."""
    spec = _openapi()
    operations = list(_operations(spec))
    groups = [(tag, [one for one in operations if one["tag"] == tag["name"]]) for tag in spec["tags"]]
    page = render_template("api/docs.html", info=spec["info"], groups=groups)
    return Response(page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'self'"})


def _openapi() -> dict[str, Any]:
    assert isinstance(current_app, OpenAPI)  # noqa: S101 - for the type checker; make_app made it
    routes.describe(current_app)
    found: dict[str, Any] = current_app.api_doc
    return found


def _operations(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each method of each path, with its schemas laid out as lines of name, type and meaning."""
    for path, methods in spec["paths"].items():
        for method, said in methods.items():
            body = _json_schema(spec, said.get("requestBody"))
            yield {
                "tag": said["tags"][0],
                "id": said["operationId"],
                "method": method.upper(),
                "path": path,
                "summary": said["summary"],
                "description": said.get("description", "").replace("<br/>", " ").strip(),
                "parameters": [
                    (one["name"], one["in"], _type(spec, one["schema"]), one.get("description", ""))
                    for one in said.get("parameters", [])
                ],
                "body": list(_fields(spec, body)),
                "answers": [
                    (status, answer["description"], list(_fields(spec, _json_schema(spec, answer))))
                    for status, answer in sorted(said["responses"].items())
                ],
                "curl": _curl(spec, method=method, path=path, body=body),
            }


def _json_schema(spec: dict[str, Any], said: dict[str, Any] | None) -> dict[str, Any]:
    content = (said or {}).get("content", {})
    return _resolve(spec, content.get("application/json", {}).get("schema", {}))


def _resolve(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = spec["components"]["schemas"][name] if name else schema
    return found


def _fields(spec: dict[str, Any], schema: dict[str, Any], *, depth: int = 0) -> Iterator[tuple[int, str, str, str]]:
    """(depth, name, type, meaning) of every field, nested ones below their parent."""
    required = schema.get("required", [])
    for name, said in schema.get("properties", {}).items():
        optional = "" if name in required else ", optional"
        yield depth, name, _type(spec, said) + optional, said.get("description", "")
        for inner in _inner(spec, said):
            yield from _fields(spec, inner, depth=depth + 1)
    if not schema.get("properties") and not depth:
        for inner in _inner(spec, schema):
            yield from _fields(spec, inner, depth=depth + 1)


def _inner(spec: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects that a field holds, be it one, one of several, or a list or map of them."""
    held = [one for one in (schema.get("items"), schema.get("additionalProperties")) if isinstance(one, dict)]
    parts = [schema, *schema.get("anyOf", []), *held]
    parts += [part for one in held for part in (*one.get("anyOf", []), *one.get("oneOf", []))]
    found = [_resolve(spec, part) for part in parts if "$ref" in part]
    return [one for one in found if one.get("properties")]


def _type(spec: dict[str, Any], schema: dict[str, Any]) -> str:
    if parts := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(spec, part) for part in parts))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "$ref" in schema:
        return _type(spec, {"type": "object", **_resolve(spec, schema)})
    if schema.get("type") == "array":
        return f"list of {_type(spec, schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of names to {_type(spec, schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _example(spec: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A value that the schema describes; what is optional is left out."""
    schema = _resolve(spec, schema)
    if "example" in schema:
        return schema["example"]
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "anyOf" in schema:
        return _example(spec, schema["anyOf"][0])
    if schema.get("type") == "array":
        return [_example(spec, schema["items"])]
    if schema.get("type") == "object":
        fields = schema.get("properties", {})
        wanted = schema.get("required") or list(fields)[:1]
        return {name: _example(spec, fields[name]) for name in wanted}
    return {"integer": 1, "boolean": True, "date": "2026-05-31"}.get(schema.get("format") or schema["type"], "text")


def _curl(spec: dict[str, Any], *, method: str, path: str, body: dict[str, Any]) -> str:
    for name, value in _EXAMPLE_PATH.items():
        path = path.replace(f"{{{name}}}", value)
    lines = ["curl -H 'Authorization: Bearer KEY'"]
    if method != "get":
        lines[0] += f" -X {method.upper()}"
    if body:
        lines.append(f"  -d '{json.dumps(_example(spec, body))}'")
    query = "?kpi=leads" if path.endswith("/rows") else ""
    return " \\\n".join([*lines, f"  {ground().settings.base_url}{path}{query}"])
