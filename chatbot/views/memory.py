"""What the assistant remembers of a user: theirs to see and to delete."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chatbot import store
from chatbot.access import fact_for, facts_of
from chatbot.models import Fact, User


@require_safe
@never_cache
@login_required
def memory(request: HttpRequest) -> HttpResponse:
    """`/memory/`: one's own facts, newest first."""
    return render(request, "memory.html", {"facts": facts_of(cast("User", request.user))})


@require_POST
@login_required
def delete_fact(request: HttpRequest, fact_id: int) -> HttpResponse:
    """`/memory/<id>/delete/`: forget one of one's own facts."""
    try:
        store.delete_fact(fact_for(cast("User", request.user), fact_id))
    except Fact.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Forgotten."))
    return redirect("memory")
