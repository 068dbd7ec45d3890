/** How a day or a week of appointments is drawn. Each gets {names, visits, resources, outages, day, first, open}. */

import { el } from "/web/static/dom.js";
import { Dates } from "/web/static/dates.js";
import { dayOf, daysLater } from "./catalogue.js";
import { visitLine } from "./board_visit.js";

const dates = new Dates();
const STEP = 15; // minutes of one column

/** Resources as rows, the opening hours as columns: wide pages. */
export function dayTable({ names, visits, resources, outages, day, open }) {
  const [from, until] = hours(names, resources[0]?.store, visits, day);
  const columns = (until - from) / STEP;
  const grid = el("div", { class: "day-grid", role: "table", "aria-label": "按资源和时间" });
  grid.style.setProperty("--columns", columns);
  const head = el("div", { class: "day-row head", role: "row" }, el("div", { class: "name", role: "columnheader" }, "资源"));
  for (let minute = from; minute < until; minute += 60) {
    head.append(at(el("div", { class: "hour", role: "columnheader" }, clock(minute)), minute - from, Math.min(60, until - minute)));
  }
  grid.append(head);
  for (const [kind, word] of Object.entries(names.words.resource_kinds)) {
    const group = resources.filter((each) => each.kind === kind);
    if (group.length) grid.append(el("div", { class: "group", role: "row" }, el("span", { role: "cell" }, word)));
    for (const resource of group) grid.append(row(resource));
  }
  const unplaced = visits.filter((visit) => !visit.resources.some((id) => resources.some((each) => each.id === id)));
  if (!unplaced.length) return el("div", { class: "scroll-x", tabindex: "0", role: "region", "aria-label": "预约表，可左右滚动" }, grid);
  return el("div", {}, el("div", { class: "scroll-x", tabindex: "0", role: "region", "aria-label": "预约表，可左右滚动" }, grid),
    el("h2", { class: "small" }, "没有占用资源的预约"), el("ul", { class: "lines" }, ...unplaced.map((visit) => visitLine(visit, names, open))));

  function row(resource) {
    const line = el("div", { class: "day-row", role: "row" }, el("div", { class: "name", role: "rowheader" }, resource.name));
    for (const out of outages.filter((each) => each.resource === resource.id)) {
      const [start, end] = [minuteOn(out.start, day), minuteOn(out.end, day)];
      line.append(block(el("div", { class: "out", role: "cell", title: out.reason }, `停用${out.reason ? `：${out.reason}` : ""}`), start, end));
    }
    for (const visit of visits.filter((each) => each.resources.includes(resource.id))) {
      const button = el("button", { type: "button", class: `visit ${visit.status}`, "data-visit": visit.id, click: () => open(visit) },
        el("span", { class: "words" }, el("span", { class: "when" }, dates.clock(visit.start)), " ", el("span", {}, visit.name)), mark(visit),
        el("span", { class: "visually-hidden" }, `，${names.words.statuses[visit.status]}`));
      line.append(block(el("div", { role: "cell", class: "cell" }, button), minuteOn(visit.start, day), minuteOn(visit.end, day)));
    }
    return line;
  }

  function block(node, start, end) {
    const [begin, finish] = [Math.max(start, from), Math.min(Math.max(end, start + STEP), until)];
    return at(node, begin - from, finish - begin);
  }
}

/** One line for each visit and each outage, by time: narrow pages. */
export function dayList({ names, visits, outages, day, open }) {
  const lines = [
    ...outages.map((out) => [dayOf(out.start) < day ? "" : out.start, el("li", { class: "line out" },
      el("strong", {}, `${out.resource_name} 停用`), el("div", { class: "small" }, `${dates.full(out.start)} 到 ${dates.full(out.end)} ${out.reason}`))]),
    ...visits.map((visit) => [visit.start, visitLine(visit, names, open, false)]),
  ].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  if (!lines.length) return el("div", { class: "card empty" }, "这一天还没有预约，可以点“新预约”。");
  return el("ul", { class: "lines" }, ...lines.map(([, line]) => line));
}

/** Seven days beside each other, or below each other on a narrow page. */
export function weekColumns({ names, visits, outages, first, open }) {
  const columns = Array.from({ length: 7 }, (_, number) => daysLater(first, number)).map((day) => {
    const mine = visits.filter((visit) => dayOf(visit.start) === day);
    const out = outages.filter((each) => dayOf(each.start) <= day && dayOf(each.end) >= day);
    const heading = dates.day(`${day}T12:00+08:00`);
    return el("section", { class: day === names.today ? "day today" : "day", "aria-label": heading },
      el("h2", {}, heading, el("span", { class: "muted small" }, ` ${mine.length || "没有"}`)),
      ...out.map((each) => el("p", { class: "line out small" }, `${each.resource_name} 停用`)),
      el("ul", { class: "lines" }, ...mine.map((visit) => visitLine(visit, names, open, false))));
  });
  return el("div", { class: "week" }, ...columns);
}

function mark(visit) {
  return visit.to_call ? el("span", { class: "mark", title: "需要打电话" }, "!") : null;
}

/** First and last minute of the day to show: the opening hours of both departments, and whatever lies beyond. */
function hours(names, storeId, visits, day) {
  const store = names.stores.find((each) => each.id === storeId) ?? names.stores[0];
  const opening = [store.showroom, store.service];
  const starts = [...opening.map((each) => minutes(each.opens)), ...visits.map((visit) => minuteOn(visit.start, day))];
  const ends = [...opening.map((each) => minutes(each.closes)), ...visits.map((visit) => minuteOn(visit.end, day))];
  return [Math.max(0, Math.floor(Math.min(...starts) / 60) * 60), Math.min(1440, Math.ceil(Math.max(...ends) / 60) * 60)];
}

/** Minutes since the local midnight of `day`; before it negative, after it beyond 1440. */
function minuteOn(iso, day) {
  return Math.round((new Date(iso) - new Date(`${day}T00:00:00+08:00`)) / 60_000);
}

function minutes(text) {
  const [hour, minute] = text.split(":").map(Number);
  return hour * 60 + minute;
}

function clock(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:00`;
}

/** Column 1 is the name of the row. */
function at(node, offset, length) {
  node.style.gridColumn = `${Math.floor(offset / STEP) + 2} / span ${Math.max(1, Math.ceil(length / STEP))}`;
  return node;
}
