"""`/admin/overview/`: figures of all conversations as charts and tables, for staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chatbot.models import Persona, Usage
from chatbot.overview import Figures, Period, figures
from chatbot.overview_charts import Charts
from chatbot.rights import Right, may

#: How many days can be asked for; the second unless something else is.
RANGES = (7, 30, 90)

#: Figures are this old at most.
KEPT_SECONDS = 60


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """`?days=7|30|90` and `?persona=<id>`. Costs are for who may see them."""
    if not may(request.user, Right.LIST):
        raise PermissionDenied
    personas = dict(Persona.objects.values_list("pk", "name"))
    period = asked_for(request, personas)
    found = kept(period, with_costs=may(request.user, Right.SEE_COST))
    has_usage = admin.site.get_model_admin(Usage).has_view_permission(request)
    charts = Charts(period, found, personas, has_usage).all()
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Overview"),
        "ranges": RANGES,
        "days": len(period.days),
        "personas": personas.items(),
        "period": period,
        "charts": charts,
        "is_empty": found.is_empty,
        "drawn": [chart.as_json() for chart in charts],
    }
    return TemplateResponse(request, "admin/overview.html", context)


def asked_for(request: HttpRequest, personas: dict[int, str]) -> Period:
    """The period of the query; what it cannot be is said, and the usual one is shown."""
    days, persona = RANGES[1], None
    if wanted := request.GET.get("days"):
        if wanted in map(str, RANGES):
            days = int(wanted)
        else:
            told = _("An overview has 7, 30 or 90 days; here are %(days)d.") % {"days": days}
            messages.warning(request, told)
    if wanted := request.GET.get("persona"):
        persona = next((each for each in personas if str(each) == wanted), None)
        if persona is None:
            messages.warning(request, _("There is no such persona; here are all of them."))
    return Period.of_last(days, persona)


def kept(period: Period, *, with_costs: bool) -> Figures:
    """The figures, as they were counted within the last minute."""
    key = f"overview:{period.first}:{period.last}:{period.persona}:{with_costs}"
    found: Figures | None = cache.get(key)
    if found is None:
        found = figures(period, with_costs=with_costs)
        cache.set(key, found, KEPT_SECONDS)
    return found
