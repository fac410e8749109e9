"""People, for staff: Django's own pages; who may not sign in any more is not in a call either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from chatbot import control, store
from chatbot.models import User

if TYPE_CHECKING:
    UserModelAdmin = UserAdmin[User]
else:
    UserModelAdmin = UserAdmin


@admin.register(User)
class PeopleAdmin(UserModelAdmin):
    """Who has an account."""

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            for call_id in store.end_calls_of(obj):
                async_to_sync(control.order_end)(call_id, store.ACCOUNT_INACTIVE)
            async_to_sync(control.order_end_of_watching)(obj.pk, store.ACCOUNT_INACTIVE)
