"""The variables that FAQ answers and templates may use, computed from the dealership."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from bot.domain.dealership import Dealership, Hours, Model, Powertrain, ServiceJob, Store
from bot.domain.lifecycle import Schedule
from bot.domain.replies import render, variables_of

WEEKDAYS = "一二三四五六日"


def dealership_variables(dealership: Dealership, schedule: Schedule) -> dict[str, str]:
    """Every variable by name; lists come as several lines, numbers without unit."""
    values = {
        **_profile(dealership),
        **_stores(dealership),
        **_models(dealership),
        **_booking(dealership),
        **_services(dealership),
        **_lifecycle(schedule),
    }
    policies = {name: text.strip() for name, text in dealership.policies.items()}
    return {**values, **{name: _fill(text, values) for name, text in policies.items()}}


def price_text(yuan: int) -> str:
    """A workshop price in words: 免费 for 0, else "398 元起"."""
    return "免费" if yuan == 0 else f"{yuan} 元起"


def hours_text(store: Store) -> str:
    """ "展厅 每天 09:00–18:00；售后 周二至周日 08:30–17:30（周一休息）" """
    return f"展厅 {_hours(store.hours.showroom)}；售后 {_hours(store.hours.service)}"


def price_range(model: Model) -> str:
    """The guide price in 万元."""
    return f"{model.price_from:g}–{model.price_to:g} 万元"


def _fill(text: str, values: dict[str, str]) -> str:
    return render(text, values) if variables_of(text) <= values.keys() else text


def _profile(dealership: Dealership) -> dict[str, str]:
    profile = dealership.profile
    online = profile.consultants_online
    return {
        "brand": profile.brand,
        "assistant": profile.assistant,
        "rescue_line": profile.rescue_line,
        "parking": profile.parking,
        "online_hours": f"每天 {_clock(online.opens)}–{_clock(online.closes)}",
        "complaint_hours": str(profile.complaint_hours),
        "warranty_months": str(profile.warranty.months),
        "warranty_km": f"{profile.warranty.km:,}",
        "ev_warranty_years": str(profile.warranty.ev_years),
        "ev_warranty_km": f"{profile.warranty.ev_km:,}",
    }


def _stores(dealership: Dealership) -> dict[str, str]:
    stores = dealership.stores
    return {
        "store_names": "、".join(store.name for store in stores),
        "store_count": str(len(stores)),
        "store_hours": _lines(f"{store.name}：{hours_text(store)}" for store in stores),
        "store_addresses": _lines(f"{s.name}：{s.address}" for s in stores),
        "store_phones": _lines(f"{s.name}：销售 {s.sales_phone}，售后 {s.service_phone}" for s in stores),
        "spring_festival_closure": _closures(dealership),
    }


def _models(dealership: Dealership) -> dict[str, str]:
    models = dealership.models
    electric = [m for m in models if m.powertrain is Powertrain.ELECTRIC]
    return {
        "model_names": _names(models),
        "model_count": str(len(models)),
        "model_list": _lines(
            f"{m.name}：{m.kind}，{m.engine}，{_seats(m)}，{price_range(m)}" for m in models
        ),
        "price_list": _lines(f"{m.name}：{price_range(m)}" for m in models),
        "lowest_price": f"{min(m.price_from for m in models):g} 万元",
        "ev_models": _names(electric),
        "ev_range": "；".join(f"{m.name} CLTC {'/'.join(map(str, m.range_km))} 公里" for m in electric),
        "suv_models": _names(m for m in models if m.body == "suv"),
        "sedan_models": _names(m for m in models if m.body == "sedan"),
        "seven_seat_models": _names(m for m in models if 7 in m.seats),
        "test_cars": _lines(
            f"{s.name}：{_names(dealership.test_car_models(s.id))}" for s in dealership.stores
        ),
    }


def _booking(dealership: Dealership) -> dict[str, str]:
    rules, drive = dealership.rules, dealership.rules.test_drive
    opens = min(store.hours.showroom.opens for store in dealership.stores)
    return {
        "test_drive_minutes": str(drive.minutes),
        "test_drive_hours": f"{_clock(opens)}–{_clock(drive.last_start)}",
        "test_drive_min_age": str(drive.min_age),
        "test_drive_max_age": str(drive.max_age),
        "licence_months": str(drive.licence_months),
        "test_drive_notice": str(drive.notice_hours),
        "service_notice": str(rules.service.notice_hours),
        "booking_horizon": str(rules.horizon_days),
        "change_notice": str(rules.change_notice_hours),
        "hold_minutes": str(rules.hold_minutes),
        "no_show_limit": str(rules.no_show_limit),
    }


def _services(dealership: Dealership) -> dict[str, str]:
    values = {
        "service_list": _lines(
            f"{job.name}：约 {job.minutes} 分钟，{price_text(job.price)}{_note(job)}"
            for job in dealership.services
        )
    }
    for job in dealership.services:
        short = job.id.removesuffix("_service").removesuffix("_check")
        values[f"service_price_{short}"] = str(job.price)
        values[f"service_minutes_{short}"] = str(job.minutes)
    return values


def _lifecycle(schedule: Schedule) -> dict[str, str]:
    rule = schedule.next_service
    cabin = [item for item in schedule.maintenance if item.id == "cabin_filter"]
    return {
        **({"filter_interval_km": str(cabin[0].every_km)} if cabin else {}),
        "first_service_months": str(rule.first_months),
        "first_service_km": f"{rule.first_km:,}",
        "service_interval_months": str(rule.interval_months),
        "service_interval_km": f"{rule.interval_km:,}",
        "follow_up_months": "1.5",
    }


def _closures(dealership: Dealership) -> str:
    spring = [c for c in dealership.closures if c.lunar == "01-01"]
    if not spring:
        return "春节期间正常营业"
    days = spring[0].days
    return (
        f"春节期间初一到初{'一二三四五六七八九十'[days - 1]}休息"
        if days <= 10
        else f"春节期间从初一起休息 {days} 天"
    )


def _hours(hours: Hours) -> str:
    """ "周二至周日 08:30–17:30（周一休息）", "每天 09:00–18:00" """
    closed = "、".join(f"周{WEEKDAYS[day - 1]}" for day in sorted(hours.closed_weekdays))
    times = f"{_clock(hours.opens)}–{_clock(hours.closes)}"
    return f"{_open_days(hours)} {times}（{closed}休息）" if closed else f"每天 {times}"


def _open_days(hours: Hours) -> str:
    """ "周二至周日", "周一、周三" """
    days = [day for day in range(1, 8) if day not in hours.closed_weekdays]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"周{WEEKDAYS[days[0] - 1]}至周{WEEKDAYS[days[-1] - 1]}"
    return "、".join(f"周{WEEKDAYS[day - 1]}" for day in days)


def _seats(model: Model) -> str:
    return "/".join(str(seats) for seats in model.seats) + " 座"


def _note(job: ServiceJob) -> str:
    return f"（{job.note}）" if job.note else ""


def _names(models: Iterable[Model]) -> str:
    return "、".join(model.name for model in models)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _clock(value: time) -> str:
    return value.strftime("%H:%M")
