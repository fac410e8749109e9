"""People, for staff: Django's own pages; who may not sign in any more is not in a call either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chatbot import control, erasing, store
from chatbot.addresses import address_of
from chatbot.models import Conversation, User
from chatbot.rights import Right, may

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

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A person goes with their conversations."""
        return super().has_delete_permission(request, obj) and may(request.user, Right.ERASE)

    def get_deleted_objects(
        self, objs: Iterable[User], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Whom it is about and how many conversations go; none of their words."""
        people = list(objs)
        own = Conversation.objects.filter(user__in=people)
        held, count = own.filter(is_held=True).count(), own.count()
        told: list[Any] = [str(person) for person in people]
        told.append(
            ngettext("%(count)d conversation", "%(count)d conversations", count - held)
            % {"count": count - held}
        )
        if held:
            told.append(_("What is held stays, without a name: %(count)d") % {"count": held})
        return told, {str(User._meta.verbose_name_plural): len(people)}, set(), []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Not in one transaction, as Django has it: erasing takes many short ones."""
        answer: HttpResponse = self._delete_view(request, object_id, extra_context)  # type: ignore[attr-defined]
        return answer

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self._erase(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._erase(request, list(queryset))

    def _erase(self, request: HttpRequest, people: list[User]) -> None:
        by = request.user if isinstance(request.user, User) else None
        for person in people:
            erased = erasing.erase_user(person, by, address_of(request))
            if erased.held:
                told = _("What is held stays, without a name: %(count)d") % {"count": erased.held}
                self.message_user(request, told, messages.WARNING)
