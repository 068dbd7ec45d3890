"""The pages about the staff: everybody's accounts, and one's own."""

from __future__ import annotations

import asyncio

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.site import ACCOUNT, Site
from bot.domain.staff import Permission, Role, Skill, may
from bot.services.staff import Staff
from bot.services.staff_words import ROLE_HINTS, ROLE_WORDS, SKILL_WORDS
from bot.services.user_fields import MOST_CONVERSATIONS, PEOPLE, SHORTEST_PASSWORD
from bot.services.users import find_user


def add_people_pages(site: Site) -> None:
    """``/console/users`` and ``/console/me``."""

    @site.page("/console/users", Permission.MANAGE_USERS)
    async def users(request: Request, staff: Staff) -> HTTPResponse:
        dealership = (await asyncio.to_thread(site.content.current)).dealership
        stores = {store.id: store.name for store in dealership.stores}
        people = [
            (resource.id, f"{stores.get(resource.store, resource.store)} · {resource.name}")
            for resource in dealership.resources
            if resource.kind in PEOPLE
        ]
        return site.render(
            request,
            staff,
            "users.html",
            roles=[(role.value, ROLE_WORDS[role], ROLE_HINTS[role]) for role in Role],
            skills=[(skill.value, SKILL_WORDS[skill]) for skill in Skill],
            talking=[role.value for role in Role if may(role, Permission.CONVERSE)],
            stores=stores,
            people=people,
            usual_limit=dealership.handoff.conversation_limit,
            most=MOST_CONVERSATIONS,
        )

    @site.page(ACCOUNT, Permission.SIGNED_IN)
    async def me(request: Request, staff: Staff) -> HTTPResponse:
        user = await asyncio.to_thread(find_user, site.database, staff.username, clock.now())
        dealership = (await asyncio.to_thread(site.content.current)).dealership
        resources = {resource.id: resource.name for resource in dealership.resources}
        stores = {store.id: store.name for store in dealership.stores}
        facts = (
            ("用户名", user.username),
            ("角色", f"{ROLE_WORDS[user.role]}：{ROLE_HINTS[user.role]}"),
            ("技能", "、".join(SKILL_WORDS[skill] for skill in user.skills)),
            ("门店", "、".join(stores.get(id_, id_) for id_ in user.stores) or "全部"),
            ("顾问或技师", resources.get(user.resource or "", "")),
            ("邮箱", user.email or ""),
        )
        return site.render(
            request,
            staff,
            "me.html",
            facts=[(name, value) for name, value in facts if value],
            shortest=SHORTEST_PASSWORD,
        )
