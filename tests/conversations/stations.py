"""Every question of every form, with the shortest way to it: what may interrupt one of them may interrupt all."""

from __future__ import annotations

from dataclasses import dataclass

from tests.conversations.harness import Customer


class Click(str):
    """A button to press instead of a text to say."""


@dataclass(frozen=True)
class Station:
    """``steps`` lead a new customer to ``question``, which asks for ``slot`` in ``form``."""

    steps: tuple[str, ...]
    form: str
    slot: str
    question: str
    at: str | None = None
    booked: bool = False

    async def reach(self, customer: Customer) -> None:
        if self.at:
            customer.at(self.at)
        if self.booked:
            customer.assistant.books("2026-11-28T10:00")
        for step in self.steps:
            await (customer.clicks(step) if isinstance(step, Click) else customer.says(step))
        self.is_where(customer)

    def is_where(self, customer: Customer) -> None:
        """The form is at this question, and has just asked it."""
        assert customer.form == self.form, customer.told(f"in {customer.form}, not {self.form}")
        customer.was_asked(self.slot, self.question)


DRIVE = "我想周六上午十点去城东店试驾X5"
CONTACT = "张伟 13812345678"
SERVICE = "我要给X5预约保养"
VISIT = "周三上午十点"
FOUND = "KHM374 13700001111"


def _drive(slot: str, question: str, *steps: str) -> Station:
    return Station(steps, "test_drive_form", f"drive_{slot}", question)


def _visit(slot: str, question: str, *steps: str) -> Station:
    return Station(steps, "service_visit_form", f"visit_{slot}", question)


def _booking(slot: str, question: str, *steps: str) -> Station:
    return Station(steps, "existing_booking_form", f"booking_{slot}", question, booked=True)


def _car(slot: str, question: str, *steps: str) -> Station:
    return Station(steps, "own_car_form", f"car_{slot}", question)


_CAR = (SERVICE, "浙A12345", "12000公里")
STATIONS: dict[str, Station] = {
    "test drive: model": _drive("model", "哪一款", "我想试驾"),
    "test drive: store": _drive("store", "哪家门店", "我想试驾X5"),
    "test drive: time": _drive("time", "什么时候", "我想去城东店试驾X5"),
    "test drive: contact": _drive("phone", "姓名和手机号", DRIVE),
    "test drive: name": _drive("name", "怎么称呼", DRIVE, "13812345678"),
    "test drive: phone": _drive("phone", "手机号", DRIVE, "我叫张伟"),
    "test drive: licence": _drive("licence", "驾照", DRIVE, CONTACT),
    "test drive: confirmation": _drive("confirmed", "确认预约吗", DRIVE, CONTACT, Click("符合")),
    "test drive: change": _drive("change", "要改哪一项", DRIVE, CONTACT, Click("符合"), Click("改一下")),
    "service: vehicle": _visit("model", "车型和车牌", "我要预约保养"),
    "service: plate": _visit("plate", "车牌号", SERVICE),
    "service: mileage": _visit("mileage", "多少公里", SERVICE, "浙A12345"),
    "service: jobs": _visit("jobs", "哪些项目", "我要约售后", "X5 浙A12345", "12000公里"),
    "service: store": _visit("store", "哪家门店", *_CAR),
    "service: time": _visit("time", "什么时候", *_CAR, "城东店"),
    "service: contact": _visit("phone", "姓名和手机号", *_CAR, "城东店", VISIT),
    "service: confirmation": _visit("confirmed", "确认预约吗", *_CAR, "城东店", VISIT, CONTACT),
    "booking: code": _booking("code", "预约码", "查一下我的预约"),
    "booking: phone": _booking("phone", "手机号", "查一下我的预约", "KHM374"),
    "booking: new time": _booking("new_time", "这些时间", "我要改预约时间", FOUND),
    "booking: move": _booking("confirmed", "对吗", "我要改预约时间", FOUND, "周六下午两点"),
    "booking: cancel": _booking("confirmed", "要取消", "我要取消预约", FOUND),
    "own car: identity": _car("identity", "登记的手机号和车牌", "我的车该做什么保养了"),
    "own car: plate": _car("plate", "车牌号", "我的车该做什么保养了", "13800000001"),
    "own car: delivery": _car("delivered", "哪天交的车", "我的车该做什么保养了", "X5"),
    "own car: mileage": _car("mileage", "多少公里", "我的车该做什么保养了", "X5，2025年5月提的车"),
    "rescue: place": Station(("我的车抛锚了",), "rescue_form", "rescue_place", "什么位置"),
    "rescue: phone": Station(
        ("我的车抛锚了", "学府路和迎宾大道路口"), "rescue_form", "rescue_phone", "手机号"
    ),
    "complaint: text": Station(("我要投诉",), "complaint_form", "complaint_text", "发生了什么"),
    "complaint: phone": Station(
        ("我要投诉", "昨天在城东店保养，等了三个小时没人管"), "complaint_form", "complaint_phone", "手机号"
    ),
    "call-back: phone": Station(
        ("转人工",), "callback_form", "callback_phone", "手机号", at="2026-11-22T22:00"
    ),
}
BOOKING_STATIONS = {k: v for k, v in STATIONS.items() if k.startswith(("test drive", "service"))}
