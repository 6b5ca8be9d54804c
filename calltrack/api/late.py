"""Routes that are described when somebody asks for their description."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.types import ParametersTuple
from flask_openapi3.utils import parse_parameters


class LateBlueprint(APIBlueprint):
    """A blueprint that leaves the description of its routes for later.

    Describing them takes a quarter of the time that a web process needs to be ready, and several megabytes, while
    callers may be waiting; hardly any process is ever asked for it.
    """

    def __init__(self, *about: Any, **more: Any) -> None:
        super().__init__(*about, **more)
        self._waiting: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []
        self._describing = Lock()

    def _collect_openapi_info(self, rule: str, func: Callable[..., Any], **said: Any) -> ParametersTuple:
        self._waiting.append((rule, func, said))
        return parse_parameters(func, doc_ui=False)

    def describe(self, app: OpenAPI) -> None:
        """Describe to `app` what has not been described yet."""
        with self._describing:
            for rule, func, said in self._waiting:
                super()._collect_openapi_info(rule, func, **said)
            self._waiting.clear()
            app.tags = self.tags
            app.paths.update(self.paths)
            app.components_schemas.update(self.components_schemas)
