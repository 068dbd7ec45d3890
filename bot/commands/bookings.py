"""``booking``: look at, book, move and cancel visits; the waitlist, outages, and bookings from and to files.

Staff need neither the customer's phone number nor to keep a notice; the customer is told by the running server.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot import clock
from bot.commands.booking_day import tell_day
from bot.commands.booking_views import (
    WIDEST,
    content_of,
    day_start,
    moment,
    period,
    store_name,
    tell_refusal,
    tell_slots,
    visit_lines,
    visit_table,
)
from bot.commands.files import read_file, write_file
from bot.commands.outages import OutageCommands
from bot.commands.preparing import prepare, tell
from bot.commands.reaching import tell_whom_to_call
from bot.commands.requests import Mistake, contact_of, known, phone_of, request_of, vehicle_of
from bot.commands.tables import table
from bot.commands.waitlist import WaitlistCommands
from bot.domain.booking import VisitKind, VisitRequest, VisitStatus
from bot.domain.errors import BookingRefused, Conflict, InvalidInput, NotFound, OfferOver, ZhantingError
from bot.services import attendance
from bot.services import booking as service
from bot.services.content.fields import moment_text
from bot.services.exchange.bookings import (
    ImportedVisit,
    bookings_csv,
    bookings_csv_text,
    bookings_yaml,
    import_bookings,
)
from bot.services.exchange.words import KINDS, REFUSALS, STATUSES, Names, choices, visit_kind, visit_status
from bot.services.holds import list_holds
from bot.services.installation import Installation, open_content
from bot.services.staff_slots import slots_for_staff
from bot.services.vehicles import model_of_plate
from bot.services.visit_details import Correction, correct_visit
from bot.services.visits import BookedVisit, find_visit, list_visits
from bot.services.wording import say_day, say_time
from bot.settings import read_settings

SLOT_DAYS = timedelta(days=7)
_WORDS: dict[type[Exception], str] = defaultdict(
    lambda: "预约已经取消、结束或者刚被改过，用 booking show 看看现在的状态",
    {NotFound: "没有找到，请核对预约码或编号", OfferOver: "保留的时间已经过期"},
)


class Explained(ZhantingError):
    """An error of a service with ``words`` in Chinese for the person at the terminal."""

    def __init__(self, problem: str, words: str) -> None:
        self.words = words
        super().__init__(problem)


def booking(arguments: Namespace) -> int:
    """``python -m bot booking …``"""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    try:
        command = _Command(installation, arguments)
        getattr(command, f"do_{arguments.action.replace('-', '_')}")()
    except BookingRefused as refused:
        tell_refusal(installation.content.current().dealership, refused)
        return 1
    except NotFound as error:
        code = getattr(arguments, "code", None)
        problem = f"没有找到预约 {code}" if code else str(error)
        raise Explained(problem, "请核对预约码" if code else _WORDS[NotFound]) from error
    except Conflict as error:
        raise Explained(str(error), getattr(error, "words", "") or _WORDS[type(error)]) from error
    finally:
        installation.database.close()
    return 0


class _Command:
    """One command on the visits of an installation."""

    def __init__(self, installation: Installation, arguments: Namespace) -> None:
        self.installation, self.database, self.arguments = installation, installation.database, arguments
        self.dealership = installation.content.current().dealership
        self.names, self.now = Names(self.dealership), clock.now()

    def do_list(self) -> None:
        visits = list(filter(self._wanted(), self._listed()))
        if self.arguments.format == "json":
            from bot.api.appointments import appointments_json

            tell(json.dumps(appointments_json(self.database, visits), ensure_ascii=False, indent=2))
        elif self.arguments.format == "csv":
            tell(bookings_csv_text(visits).rstrip())
        else:
            tell(visit_table(self.dealership, visits))
            tell(f"共 {len(visits)} 个")

    def do_show(self) -> None:
        self._tell(find_visit(self.database, self.dealership, self.arguments.code, None))

    def do_slots(self) -> None:
        from_, to = period(self.arguments, self.now)
        from_ = from_ or self.now
        found = slots_for_staff(
            self.database,
            self.dealership,
            self.now,
            request_of(self.names, self.arguments),
            from_,
            to or from_ + SLOT_DAYS,
            self.arguments.limit,
        )
        if found.reason is not None:
            tell(f"没有空位：{REFUSALS[found.reason]}")
            return
        tell_slots(self.dealership, found.slots)
        count, last = len(found.slots), found.slots[-1].start
        cut = (
            f"，只显示到 {say_day(last.date())}，后面还有（--limit 或 --from 看更多）" if found.is_cut else ""
        )
        tell(f"共 {count} 个{cut}")

    def do_day(self) -> None:
        start = day_start("the day", self.arguments.day, self.now)
        store = self.arguments.store and known(
            "--store", self.arguments.store, self.names.store, self.names.stores
        )
        tell_day(self.database, self.dealership, self.now, start, store)

    def do_holds(self) -> None:
        rows = [
            (
                say_time(hold.slot.start),
                store_name(self.dealership, hold.slot.store),
                KINDS[hold.request.kind],
                content_of(self.dealership, hold.request.model, hold.request.jobs),
                "候补客户" if hold.is_offer else "对话中的客户",
                hold.owner[:8],
                moment_text(hold.expires_at.replace(second=0, microsecond=0)),
                "、".join(hold.resources),
            )
            for hold in list_holds(self.database, self.now)
        ]
        tell(table(("时间", "门店", "类型", "内容", "为谁保留", "编号", "到", "资源"), rows, WIDEST))
        tell(f"共 {len(rows)} 个")

    def do_book(self) -> None:
        given = self.arguments
        visit = service.book(
            self.database,
            self.dealership,
            self.now,
            None,
            self._with_known_car(request_of(self.names, given)),
            moment("--at", given.at),
            contact_of(given),
            by_staff=True,
            **vehicle_of(given),
        )
        tell("已预约")
        self._tell(visit)
        tell_whom_to_call(self.database, [visit])

    def _with_known_car(self, request: VisitRequest) -> VisitRequest:
        """A service visit without ``--model`` of a car that the dealer knows by its plate."""
        plate = vehicle_of(self.arguments)["plate"]
        if plate is None or request.model is not None or request.kind is not VisitKind.SERVICE:
            return request
        return replace(request, model=model_of_plate(self.database, self.dealership, plate))

    def do_move(self) -> None:
        given = self.arguments
        store = given.store and known("--store", given.store, self.names.store, self.names.stores)
        visit = service.move_visit(
            self.database,
            self.dealership,
            self.now,
            given.code,
            None,
            moment("--to", given.to),
            store,
            by_staff=True,
        )
        tell("已改约")
        self._tell(visit)
        tell_whom_to_call(self.database, [visit])

    def do_edit(self) -> None:
        given = self.arguments
        if all(value is None for value in (given.name, given.phone, given.plate, given.mileage, given.email)):
            raise Mistake(
                "edit needs --name, --phone, --plate, --mileage or --email", "要写改什么，比如 --phone"
            )
        old = find_visit(self.database, self.dealership, given.code, None)
        contact = contact_of(Namespace(**{**vars(given), "phone": given.phone or old.phone}))
        correction = Correction(
            name=contact.name or None, phone=contact.phone, email=contact.email, **vehicle_of(given)
        )
        visit = correct_visit(self.database, self.dealership, self.now, given.code, correction)
        tell("已更正")
        self._tell(visit)

    def do_cancel(self) -> None:
        visit = service.cancel_visit(
            self.database, self.dealership, self.now, self.arguments.code, None, by_staff=True
        )
        tell(f"已取消 {visit.code}（{say_time(visit.start)} {visit.name}）")
        tell_whom_to_call(self.database, [visit])

    def do_check_in(self) -> None:
        self._record(attendance.check_in)

    def do_complete(self) -> None:
        self._record(attendance.complete)

    def do_no_show(self) -> None:
        self._record(attendance.no_show)

    def do_approve(self) -> None:
        self._record(attendance.approve)

    def do_waitlist(self) -> None:
        WaitlistCommands(self.database, self.dealership, self.names, self.now, self.arguments).run()

    def do_outage(self) -> None:
        OutageCommands(self.database, self.dealership, self.names, self.now, self.arguments).run()

    def do_export(self) -> None:
        path = Path(self.arguments.file)
        from_, to = period(self.arguments, self.now)
        visits = list_visits(self.database, self.dealership, None, from_, to)
        as_yaml = path.suffix.lower() in (".yml", ".yaml")
        if not as_yaml and path.suffix.lower() != ".csv":
            raise InvalidInput(f"{path.name} must end with .csv or .yml")
        write_file(path, bookings_yaml(visits) if as_yaml else bookings_csv(visits))
        tell(f"已导出 {len(visits)} 个预约到 {path}")

    def do_import(self) -> None:
        path = Path(self.arguments.file)
        data, dry_run = read_file(path), self.arguments.dry_run
        report = import_bookings(self.database, self.dealership, self.now, path.name, data, dry_run)
        new = [*report.booked, *report.history]
        if new:
            tell(
                table(
                    ("位置", "预约码", "时间", "门店", "状态", "安排"), map(self._imported_row, new), WIDEST
                )
            )
        if dry_run:
            tell("只是试运行，什么也没有写入")
        tell(
            f"新预约 {len(report.booked)} 个，历史记录 {len(report.history)} 个，没有变化 {len(report.unchanged)} 个"
        )

    def _imported_row(self, visit: ImportedVisit) -> tuple[str, ...]:
        names = {resource.id: resource.name for resource in self.dealership.resources}
        return (
            visit.place,
            visit.code or "导入时生成",
            say_time(visit.start),
            store_name(self.dealership, visit.store),
            STATUSES[visit.status],
            "、".join(names.get(resource, resource) for resource in visit.resources),
        )

    def _listed(self) -> tuple[BookedVisit, ...]:
        given = self.arguments
        if given.unsettled:
            return attendance.visits_to_settle(self.database, self.dealership, self.now)
        from_, to = period(given, self.now)
        if given.day is not None:
            from_ = day_start("--day", given.day, self.now)
            to = from_ + timedelta(days=1)
        if from_ is None and to is None and given.phone is None:
            from_ = day_start("--from", "today", self.now)
        phone = given.phone and phone_of(given.phone)
        return list_visits(self.database, self.dealership, phone, from_, to)

    def _wanted(self) -> Callable[[BookedVisit], bool]:
        """Whether a visit is what ``--store``, ``--kind``, ``--status`` and ``--to-call`` ask for."""
        given = self.arguments
        store = given.store and known("--store", given.store, self.names.store, self.names.stores)
        kind = given.kind and _meant("--kind", given.kind, visit_kind, choices(KINDS))
        status = given.status and _meant("--status", given.status, visit_status, choices(STATUSES))
        return lambda visit: (
            visit.store == (store or visit.store)
            and visit.kind == (kind or visit.kind)
            and visit.status == (status or visit.status)
            and (visit.to_call or not given.to_call)
        )

    def _record(self, record: Callable[..., BookedVisit]) -> None:
        visit = record(self.database, self.dealership, self.now, self.arguments.code)
        state = "已确认" if record is attendance.approve else STATUSES[VisitStatus(visit.status)]
        tell(f"{visit.code}  {say_time(visit.start)}  {visit.name}  {state}")
        if record is attendance.approve:
            tell_whom_to_call(self.database, [visit])

    def _tell(self, visit: BookedVisit) -> None:
        tell(visit_lines(self.dealership, visit))


def _meant(option: str, text: str, find: Callable[[str], object], known_words: str) -> object:
    found = find(text)
    if found is None:
        raise InvalidInput(f"{option} must be one of {known_words}, not {text!r}")
    return found
