/** The list of FAQ answers, templates or standard replies; what is looked for stands in the address, so that "back" leads to it. */

import { api } from "./api.js";
import { authorOf, badges, dates, filled } from "./content_words.js";
import { data } from "./page_data.js";
import { el } from "/web/static/dom.js";

const LIVE = "使用中"; // what nearly all are need not be said of each
const PAUSE_MS = 250; // somebody types
const filters = document.getElementById("filters");
const results = document.getElementById("results");
const count = document.getElementById("count");
const state = document.getElementById("state");
let newest = 0;
let timer;

function query() {
  const chosen = new URLSearchParams(new FormData(filters));
  for (const [name, value] of [...chosen]) if (!value.trim()) chosen.delete(name);
  return chosen.toString();
}

async function load() {
  const number = ++newest;
  const wanted = query();
  history.replaceState(null, "", wanted ? `?${wanted}` : location.pathname);
  try {
    const entries = await api("GET", `${data.path}/search?${wanted}`);
    if (number === newest) show(entries);
  } catch (error) {
    if (number === newest) fail(error instanceof TypeError ? "网络断开了，连上后再试。" : error.message);
  }
}

function show(entries) {
  count.textContent = `共 ${entries.length} 条`;
  results.replaceChildren(...entries.map(line));
  state.hidden = entries.length > 0;
  if (entries.length) return;
  const again = el("button", { type: "button", click: reset }, "清除条件");
  state.replaceChildren(el("p", {}, query() ? "没有符合条件的内容。换个词，或者清除条件。" : "还没有内容。"), query() ? again : "");
}

function fail(words) {
  count.textContent = "";
  results.replaceChildren();
  state.hidden = false;
  state.replaceChildren(el("p", { class: "problem" }, words), el("button", { type: "button", click: load }, "重试"));
}

function reset() {
  filters.reset();
  load();
}

function line(entry) {
  const words = filled(entry.answer ?? entry.text, entry.variables);
  const place = "title" in entry ? [data.categories[entry.category] ?? entry.category, entry.shortcut ? `快捷码 ${entry.shortcut}` : entry.id] : [entry.id];
  const by = `第 ${entry.version} 版 · ${authorOf(entry.author)} · ${dates.full(entry.updated_at)}`;
  return el(
    "li",
    {},
    el(
      "a",
      { href: `/console/${data.path}/${encodeURIComponent(entry.id)}`, class: "entry" },
      el("span", { class: "row" }, entry.title ? el("strong", {}, entry.title) : null, ...badges(entry).filter((each) => each && each.textContent !== LIVE)),
      el("span", { class: "words" }, words),
      el("span", { class: "muted small" }, [...place, by].filter(Boolean).join(" · ")),
    ),
  );
}

for (const [name, value] of new URLSearchParams(location.search)) {
  if (filters.elements[name]) filters.elements[name].value = value;
}
filters.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(load, PAUSE_MS);
});
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  load();
});
load();
