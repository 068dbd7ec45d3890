"""The FAQ as an Excel workbook for a dealer's staff: its sheets, and how it is written (``workbook_reader``: read)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from bot.services.content.diff import ARROW, STATUS_WORDS, button_text
from bot.services.content.fields import moment_text
from bot.services.content.listing import Entry

ANSWERS, QUESTIONS, HELP = "问答", "问法", "说明"
COLUMNS = {
    ANSWERS: ("id", "分类", "标题", "答案", "按钮", "状态", "生效", "失效", "版本"),
    QUESTIONS: ("id", "问法"),
}
OPTIONAL = frozenset({"版本"})
"""Columns that a workbook may do without."""
_WIDTHS = {
    "id": 26,
    "分类": 12,
    "标题": 20,
    "答案": 72,
    "按钮": 36,
    "状态": 10,
    "生效": 18,
    "失效": 18,
    "版本": 8,
    "问法": 60,
}
_AS_TEXT = "@"
_ROWS_TO_FILL = 2000
_INTENT_WORDS = {
    "book_test_drive": "预约试驾",
    "book_service": "预约保养维修",
    "check_booking": "查预约",
    "change_booking": "改预约",
    "cancel_booking": "取消预约",
    "ask_service_due": "查下次保养",
    "ask_warranty_status": "查质保",
    "report_breakdown": "报救援",
    "complain": "投诉",
    "ask_human": "转人工顾问",
    "join_waitlist": "排候补",
    "sign_up_event": "报名活动",
    "recommend_model": "选车推荐",
    "referral": "推荐码",
    "export_my_data": "导出个人信息",
    "delete_my_data": "删除个人信息",
    "withdraw_consent": "不再接收消息",
    "claim_warranty": "质保索赔",
    "trade_in": "旧车置换",
}
_HELP = (
    "怎么填写",
    "",
    "“问答”表：一行是一个主题。id 和文件里的一样（如 store.hours），已有的不要改；新主题写“分类.英文名”。",
    "分类用下拉框里的；新主题的分类留空时，取 id 点号前面的部分。",
    "答案可以换行（Alt+Enter）。大括号里的变量会自动换成门店的数据，可用的变量见下面。",
    f"按钮一行一个，写成“按钮文字 {ARROW} 去处”。去处是另一个主题的 id，或者下面的一个动作。",
    "状态：已发布（导入后马上使用）、草稿（等人批准）、已停用（不再回答，也不再推荐）。留空就是“已发布”。",
    "生效、失效可以留空；写成 2026-12-01 09:00。只在这段时间里使用，过后恢复原来的答案。",
    "版本是导出时的版本号，不要改：导出之后别人改过的主题，不会被旧的内容盖掉，导入时会提示。新主题留空。",
    "",
    "“问法”表：客户可能怎么问，一行一句，id 是对应的主题。导入后马上能认出来，不用重新训练。",
    "某个主题在“问法”表里一行都没有时，它原有的问法保持不变。",
    "",
    "没有写进表里的主题保持不变。有一处填错，整份都不会导入，错误会列出工作表、行号和原因。",
    "单元格不要合并，不要用公式；表头和工作表的名字不要改。",
)


def workbook_bytes(entries: Iterable[Entry], variables: Mapping[str, str]) -> bytes:
    """The workbook; texts are texts in it, whatever they begin with, so that Excel neither calculates nor shortens."""
    entries = list(entries)
    book = Workbook()
    book.remove(book.active)
    _fill(book, ANSWERS, [_answer_row(entry) for entry in entries])
    asked = [(entry.id, question) for entry in entries for question in entry.data.get("questions", ())]
    _fill(book, QUESTIONS, asked)
    _offer_choices(book, sorted({str(entry.data.get("category") or "") for entry in entries} - {""}))
    _write_help(book, variables)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _answer_row(entry: Entry) -> tuple[str, ...]:
    data, shown = entry.data, entry.shown
    return (
        entry.id,
        str(data.get("category") or ""),
        str(data["title"]),
        str(data["answer"]),
        "\n".join(button_text(button) for button in data.get("buttons", ())),
        STATUS_WORDS[entry.status],
        moment_text(shown.valid_from),
        moment_text(shown.valid_until),
        str(entry.version),
    )


def _fill(book: Any, name: str, rows: Iterable[tuple[str, ...]]) -> None:
    sheet = book.create_sheet(name)
    columns = COLUMNS[name]
    for column, title in enumerate(columns, start=1):
        cell = sheet.cell(1, column, title)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFDDE6EE")
        dimension = sheet.column_dimensions[cell.column_letter]
        dimension.width, dimension.number_format = _WIDTHS[title], _AS_TEXT
    for number, row in enumerate(rows, start=2):
        for column, text in enumerate(row, start=1):
            _write(sheet.cell(number, column), text)
    sheet.freeze_panes = "B2"


def _write(cell: Any, text: str) -> None:
    """A text as a text: "=1+1" is no formula, "007" no number."""
    cell.number_format = _AS_TEXT
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = text[0] in "=+-@"


def _offer_choices(book: Any, categories: list[str]) -> None:
    """Drop-down lists; a category that is not in the list is possible, a status is not."""
    sheet = book[ANSWERS]
    choices = (("B", categories, "warning"), ("F", list(STATUS_WORDS.values()), "stop"))
    for column, values, style in choices:
        listed = f'"{",".join(values)}"'
        if values and len(listed) <= 255:  # what Excel takes
            rule = DataValidation("list", formula1=listed, allow_blank=True, errorStyle=style)
            rule.add(f"{column}2:{column}{_ROWS_TO_FILL}")
            sheet.add_data_validation(rule)


def _write_help(book: Any, variables: Mapping[str, str]) -> None:
    sheet = book.create_sheet(HELP)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 44, 80
    rows: list[tuple[str, ...]] = [(line,) for line in _HELP]
    rows += [("",), ("动作", "含义"), *_INTENT_WORDS.items()]
    rows += [
        ("",),
        ("变量", "现在的内容"),
        *((f"{{{name}}}", text) for name, text in sorted(variables.items())),
    ]
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            _write(sheet.cell(number, column), text)
            if len(row) == 1:
                sheet.cell(number, column).alignment = Alignment(vertical="top")
    sheet["A1"].font = Font(bold=True)
