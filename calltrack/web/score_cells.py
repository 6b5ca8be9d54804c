"""The cells of a line of the scorecards, written here and not in the template: a table of a hundred campaigns has
fifteen hundred of them, and the template took twice as long for them as the database for the figures."""

from markupsafe import Markup, escape

from calltrack.campaigns.scorecard import Kpis
from calltrack.web.kpis import GROUPS

_FIRST = {kpis[0].key for kpis in GROUPS.values()}


def write_cells(kpis: Kpis, *, address: str, before: Kpis | None) -> Markup:
    """Each figure, leading to the rows behind it below `address` (which has a query); beside it how it moved since
    `before` (None: is not compared). Figures hold nothing that HTML would take for markup, so only the address is
    escaped."""
    rows_at = escape(address)
    cells = []
    for group in GROUPS.values():
        for kpi in group:
            css = "number first" if kpi.key in _FIRST else "number"
            move = kpi.change(kpis, before) if before else None
            moved = f'<span class="move {move.thinks}" title="before: {move.was}">{move.text}</span>' if move else ""
            figure = f'<a href="{rows_at}&amp;kpi={kpi.key}#rows">{kpi.show(kpis)}</a>'
            cells.append(f'<td class="{css}">{figure}{moved}</td>')
    return Markup("".join(cells))  # noqa: S704 - see above
