/** Choosing a free time: a day, the free times of that day, and the next day that has any. */

import { el } from "/web/static/dom.js";
import { Dates } from "/web/static/dates.js";
import { api } from "./api.js";
import { catalogue, dayOf, daysLater } from "./catalogue.js";
import { wordsOf } from "./dialogs.js";

const dates = new Dates();

export class SlotPicker {
  /** `wish()` gives the query (kind, store, model, items) or null while it is not complete. */
  constructor(wish, day, today) {
    this.wish = wish;
    this.slot = null;
    this.asked = 0;
    this.day = el("input", { type: "date", value: day, min: today, required: true, "aria-label": "日期", change: () => this.load() });
    this.list = el("div", { class: "slots", role: "group", "aria-label": "空闲时间" });
    this.state = el("p", { class: "small muted", role: "status" });
    const step = (days) => () => {
      const wanted = daysLater(this.day.value || today, days);
      this.day.value = wanted < today ? today : wanted;
      this.load();
    };
    this.node = el("fieldset", { class: "picker" }, el("legend", {}, "时间"),
      el("div", { class: "row days" },
        el("button", { type: "button", click: step(-1), "aria-label": "前一天" }, "‹"), this.day,
        el("button", { type: "button", click: step(1), "aria-label": "后一天" }, "›"),
        el("button", { type: "button", click: () => this.next() }, "最近的空位")),
      this.state, this.list);
  }

  /** Loads the free times of the day; only the newest question counts. */
  async load() {
    this.slot = null;
    this.list.replaceChildren();
    const wish = this.wish();
    if (!wish || !this.day.value) {
      this.state.textContent = "选好项目和车型后显示空闲时间。";
      return;
    }
    const number = ++this.asked;
    this.state.textContent = "正在查空位…";
    try {
      const found = await slotsOf(wish, this.day.value, this.day.value);
      if (number === this.asked) this.show(found, found.length ? "" : "这天没有空位，可以换一天。");
    } catch (error) {
      if (number === this.asked) this.state.textContent = wordsOf(error);
    }
  }

  /** Goes to the first day from the chosen one on that has a free time, as far as can be booked. */
  async next() {
    const wish = this.wish();
    if (!wish) return void this.load();
    const number = ++this.asked;
    this.state.textContent = "正在查空位…";
    try {
      const { today } = await catalogue();
      const [first] = await slotsOf(wish, this.day.value || today, daysLater(today, 31), 1);
      if (number !== this.asked) return;
      if (!first) return void (this.state.textContent = "30 天内都没有空位。");
      this.day.value = dayOf(first.start);
      await this.load();
    } catch (error) {
      this.state.textContent = wordsOf(error);
    }
  }

  show(slots, words) {
    this.state.textContent = words;
    const stores = new Set(slots.map((slot) => slot.store)).size > 1;
    catalogue().then((names) => {
      this.list.replaceChildren(...slots.map((slot) => el("button", {
        type: "button", class: "slot", "aria-pressed": "false", "data-start": slot.start,
        click: (event) => this.choose(event.currentTarget, slot),
      }, dayOf(slot.start) === this.day.value ? dates.clock(slot.start) : dates.full(slot.start),
      stores ? ` ${names.name(slot.store)}` : null)));
    });
  }

  choose(button, slot) {
    for (const each of this.list.children) each.setAttribute("aria-pressed", String(each === button));
    this.slot = slot;
  }
}

function slotsOf(wish, from, to, limit = 500) {
  const query = new URLSearchParams({ ...wish, from, to, limit });
  return api("GET", `slots?${query}`);
}
