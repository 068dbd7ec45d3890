/** The board of appointments: loads a day or a week of one store, and draws it. */

import { el } from "/web/static/dom.js";
import { Dates } from "/web/static/dates.js";
import { api } from "./api.js";
import { dayList, dayTable, weekColumns } from "./board_views.js";
import { openVisit, visitLine } from "./board_visit.js";
import { catalogue, dayOf, daysLater } from "./catalogue.js";
import { wordsOf } from "./dialogs.js";
import { beginOutage, endOutage } from "./outages.js";
import { whenNews } from "./news.js";
import { attempt, toast } from "./toast.js";
import { bookVisit } from "./visits.js";

const dates = new Dates();
const form = document.getElementById("filters");
const place = document.getElementById("board");
const state = document.getElementById("board-state");
const narrow = matchMedia("(max-width: 900px)");
const runsWorkshop = Boolean(document.getElementById("may-run-workshop").dataset.may);
let loaded = null;
let number = 0;

const chosen = () => Object.fromEntries(new FormData(form));

async function load() {
  const mine = ++number;
  const { store, day, view } = chosen();
  if (!day) return;
  history.replaceState(null, "", `?${new URLSearchParams({ store, day, view })}`);
  state.textContent = loaded ? "正在更新…" : "正在加载预约…";
  try {
    const found = await read(day, view);
    if (mine !== number) return;
    loaded = found;
    fillResources();
    draw();
  } catch (error) {
    if (mine !== number) return;
    state.replaceChildren(`${wordsOf(error)} `, el("button", { type: "button", click: load }, "再试一次"));
  }
}

async function read(day, view) {
  const [first, last] = span(day, view);
  const [names, visits, toCall, outages, waiting] = await Promise.all([
    catalogue(),
    api("GET", `appointments?${new URLSearchParams({ from: first, to: last })}`),
    api("GET", "appointments?to_call=true"),
    api("GET", "outages"),
    api("GET", "waitlist"),
  ]);
  return { names, visits, toCall, outages, waiting, first, last };
}

/** Takes over what others changed. Nothing moves under an open dialog, and what has not changed is not drawn anew. */
async function refresh() {
  if (!loaded || busy()) return;
  const mine = number;
  const { day, view } = chosen();
  const found = await read(day, view).catch(() => null); // the next look may reach the server
  if (!found || mine !== number || busy() || same(found, loaded)) return;
  loaded = found;
  keepingPlace(draw);
}

const busy = () => Boolean(document.querySelector("dialog[open]"));

function same({ names, ...one }, { names: others, ...other }) {
  return names === others && JSON.stringify(one) === JSON.stringify(other);
}

/** Draws, and gives scrolling and focus back. */
function keepingPlace(work) {
  const table = () => place.querySelector(".scroll-x");
  const [x, y, left] = [scrollX, scrollY, table()?.scrollLeft ?? 0];
  const focused = document.activeElement;
  const visit = focused?.dataset?.visit;
  const section = focused?.closest("#board, #to-call");
  work();
  if (table()) table().scrollLeft = left;
  scrollTo({ left: x, top: y, behavior: "instant" });
  if (visit && section) section.querySelector(`[data-visit="${CSS.escape(visit)}"]`)?.focus({ preventScroll: true });
  else if (focused && !focused.isConnected) table()?.focus({ preventScroll: true });
}

function span(day, view) {
  if (view !== "week") return [day, day];
  const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
  const monday = daysLater(day, -weekday);
  return [monday, daysLater(monday, 6)];
}

function draw() {
  const { names, visits, outages, first, last } = loaded;
  const { store, kind, resource, view, cancelled, day } = chosen();
  const shown = visits.filter((visit) => visit.store === store
    && (!kind || visit.kind === kind) && (!resource || visit.resources.includes(resource))
    && (cancelled || visit.status !== "cancelled"));
  const resources = names.resources.filter((each) => each.store === store && (!resource || each.id === resource)
    && (!kind || ["test_car", "sales_adviser"].includes(each.kind) === (kind === "test_drive")));
  const out = outages.filter((each) => resources.some(({ id }) => id === each.resource)
    && dayOf(each.start) <= last && dayOf(each.end) >= first);
  const parts = { names, visits: shown, resources, outages: out, day, first, open };
  const alive = shown.filter((visit) => visit.status !== "cancelled").length;
  const when = view === "week" ? `${dates.day(`${first}T12:00+08:00`)} 到 ${dates.day(`${last}T12:00+08:00`)}` : dates.day(`${day}T12:00+08:00`);
  state.textContent = `${names.name(store)} · ${when} · ${alive ? `${alive} 个预约` : "没有预约"}`;
  place.replaceChildren(view === "week" ? weekColumns(parts) : narrow.matches ? dayList(parts) : dayTable(parts));
  drawCalls(names);
  drawOutages(names, store);
  drawWaitlist(names, store);
}

function drawCalls(names) {
  const section = document.getElementById("to-call");
  section.hidden = !loaded.toCall.length;
  section.querySelector("ul").replaceChildren(...loaded.toCall.map((visit) => visitLine(visit, names, open)));
}

function drawOutages(names, store) {
  const mine = loaded.outages.filter((each) => names.resources.some(({ id, store: at }) => id === each.resource && at === store));
  const lines = mine.map((each) => el("li", { class: "line" },
    el("div", {}, el("strong", {}, each.resource_name), ` ${dates.full(each.start)} 到 ${dates.full(each.end)}`),
    el("div", { class: "small muted" }, each.reason || "没有写原因"),
    runsWorkshop ? el("button", { type: "button", click: () => endOutage(each).then(changed) }, "提前恢复") : null));
  document.getElementById("outages").replaceChildren(lines.length
    ? el("ul", { class: "lines" }, ...lines) : el("p", { class: "muted small" }, "这家店现在和之后都没有停用的资源。"));
}

function drawWaitlist(names, store) {
  const mine = loaded.waiting.filter((each) => !each.store || each.store === store);
  const lines = mine.map((each) => el("li", { class: "line" },
    el("div", {}, el("strong", {}, each.name || "未留姓名"), ` ${each.phone} `,
      el("span", { class: each.offered_start ? "badge warn" : "badge" }, each.offered_start ? "有空位，等客户答复" : "候补中")),
    el("div", { class: "small" }, [names.words.kinds[each.kind], names.name(each.model), each.items.map((id) => names.name(id)).join("、")].filter(Boolean).join(" · ")),
    el("div", { class: "small muted" }, each.offered_start
      ? `${dates.full(each.offered_start)}，${dates.full(each.reply_by)} 前答复`
      : `${dates.day(each.from)} 到 ${dates.day(each.until)}${each.from_time === "00:00" && each.until_time === "24:00" ? "" : ` ${each.from_time}–${each.until_time}`}`),
    el("button", { type: "button", class: "quiet", click: (event) => leave(event.currentTarget, each) }, "移出候补")));
  document.getElementById("waitlist").replaceChildren(lines.length
    ? el("ul", { class: "lines" }, ...lines) : el("p", { class: "muted small" }, "没有客户在候补。"));
}

async function leave(button, entry) {
  if (await attempt(button, () => api("DELETE", `waitlist/${entry.id}`), "已移出候补")) load();
}

function open(visit) {
  return openVisit(visit.id, loaded.names).then(changed);
}

function changed(done) {
  if (done) load();
}

function fillResources() {
  const { store, kind } = chosen();
  const select = form.elements.resource;
  const before = select.value;
  const { names } = loaded;
  const groups = Object.entries(names.words.resource_kinds)
    .filter(([each]) => !kind || ["test_car", "sales_adviser"].includes(each) === (kind === "test_drive"));
  select.replaceChildren(el("option", { value: "" }, "全部"), ...groups.map(([each, word]) => el("optgroup", { label: word },
    ...names.resources.filter((resource) => resource.store === store && resource.kind === each)
      .map((resource) => el("option", { value: resource.id }, resource.name)))));
  select.value = [...select.options].some((option) => option.value === before) ? before : "";
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => {
  if (["store", "day", "view"].includes(event.target.name) || !loaded) return void load();
  if (event.target.name === "kind") fillResources();
  draw();
});
form.addEventListener("click", async (event) => {
  const { step, today } = event.target.dataset;
  if (today !== undefined) form.elements.day.value = (await catalogue()).today;
  else if (step) form.elements.day.value = daysLater(form.elements.day.value, Number(step) * (form.elements.view.value === "week" ? 7 : 1));
  else return;
  load();
});
document.getElementById("reload").addEventListener("click", load);
document.getElementById("book").addEventListener("click", () => {
  const { store, kind, day } = chosen();
  attempt(null, () => bookVisit({ store, kind: kind || "test_drive", day: loaded && day < loaded.names.today ? undefined : day }))
    .then((visit) => {
      if (!visit) return;
      form.elements.day.value = dayOf(visit.start);
      load();
    });
});
document.getElementById("begin-outage")?.addEventListener("click", () => {
  const { store, day } = chosen();
  attempt(null, () => beginOutage(store, day)).then(changed);
});
narrow.addEventListener("change", () => loaded && draw());
document.addEventListener("visibilitychange", () => !document.hidden && load());
addEventListener("offline", () => toast("网络断开了，显示的可能不是最新的。", { problem: true }));
addEventListener("online", load);
whenNews(refresh);
load();
