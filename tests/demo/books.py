"""The part of calltrack's HTTP API that the demo asks for, over plain dictionaries."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from flask import Flask, Response, abort, jsonify, request

API_KEY = "a key of the tests"


@dataclass
class Books:
    """What was written through the API; `calls` are the call SIDs that the server is taken to know."""

    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)
    costs: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    numbers: list[dict[str, Any]] = field(default_factory=list)
    job_types: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    agents: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)

    def add_to(self, app: Flask) -> Flask:
        @app.before_request
        def check_key() -> None:
            if request.path.startswith("/api/"):
                if request.headers.get("Authorization") != f"Bearer {API_KEY}":
                    abort(401)
                if request.method != "GET":
                    self.writes.append(f"{request.method} {request.path}")

        app.add_url_rule("/healthz", view_func=lambda: "ok")
        self._add_campaigns(app)
        self._add_work(app)
        return app

    def _add_campaigns(self, app: Flask) -> None:
        @app.get("/api/v1/scorecards")
        def scorecards() -> Response:
            return jsonify(items=[self._card(key) for key in self.campaigns], total={})

        @app.post("/api/v1/campaigns")
        def add_campaign() -> tuple[Response, int]:
            key = f"c{len(self.campaigns) + 1}"
            self.campaigns[key] = request.get_json()
            return jsonify({"id": key} | self.campaigns[key]), 201

        @app.put("/api/v1/campaigns/<key>/costs")
        def set_costs(key: str) -> Response:
            self.costs[key] = request.get_json()
            return jsonify(self.costs[key])

        @app.post("/api/v1/numbers")
        def add_number() -> tuple[Response, int]:
            self.numbers.append(request.get_json())
            return jsonify(self.numbers[-1]), 201

    def _add_work(self, app: Flask) -> None:
        @app.put("/api/v1/job-types/<path:name>")
        def set_job_type(name: str) -> Response:
            self.job_types[unquote(name)] = request.get_json()["sold_threshold"]
            return jsonify({})

        @app.put("/api/v1/jobs/<key>")
        def put_job(key: str) -> Response:
            self.jobs[key] = request.get_json()
            return jsonify(self.jobs[key])

        @app.get("/api/v1/agents")
        def list_agents() -> Response:
            return jsonify(items=list(self.agents.values()))

        @app.put("/api/v1/agents/<phone>")
        def put_agent(phone: str) -> Response:
            self.agents[phone] = request.get_json()
            return jsonify(self.agents[phone])

        @app.get("/api/v1/tasks")
        def list_tasks() -> Response:
            return jsonify(items=[{"id": 1}])

        @app.get("/api/v1/calls/<sid>")
        def show_call(sid: str) -> Response:
            return jsonify(call_sid=sid) if sid in self.calls else abort(404)

    def _card(self, key: str) -> dict[str, Any]:
        costs = [Decimal(cost["daily_cost"]) for cost in self.costs.get(key, [])]
        return {
            "campaign_id": key,
            "campaign": self.campaigns[key]["name"],
            "phone": [n["phone_number"] for n in self.numbers if n["campaign_id"] == key],
            "total_cost": str(sum(costs) * 10 if costs else Decimal(self.campaigns[key]["daily_cost"])),
        }
