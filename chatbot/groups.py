"""Groups that give staff what their work needs, for teams that have none yet."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from chatbot.rights import Right

REVIEWERS = (Right.LIST, Right.READ, Right.REVIEW)
TAGS = ("view_tag", "add_tag", "change_tag", "delete_tag")
AUDIT = ("view_auditentry", "export_audit")

#: Codenames of permissions, by the name of the group that gives them.
GROUPS: dict[str, tuple[str, ...]] = {
    "Reviewers": REVIEWERS,
    "Lead reviewers": (
        *REVIEWERS,
        *(Right.LISTEN, Right.EXPORT, Right.HOLD, Right.END_CALL, Right.SEE_COST),
        *("view_persona", *TAGS),
    ),
    "Privacy officers": (Right.LIST, Right.ERASE, Right.HOLD, *AUDIT),
}


@transaction.atomic
def make_groups() -> list[str]:
    """Make the groups, unless some group gives a right already: then this was done, or staff have
    groups of their own. Returns the names of those made."""
    ours = Permission.objects.filter(content_type__app_label="chatbot")
    if Group.objects.filter(permissions__in=ours.filter(codename__in=list(Right))).exists():
        return []
    made = []
    for name, codenames in GROUPS.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(ours.filter(codename__in=codenames))
            made.append(name)
    return made
