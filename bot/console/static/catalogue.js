/** What ids mean: stores, models, jobs, resources and words for states; asked for once per page. */

import { api } from "./api.js";

let asked;

export function catalogue() {
  asked ??= api("GET", "catalogue").then((found) => new Catalogue(found));
  asked.catch(() => { asked = undefined; });
  return asked;
}

class Catalogue {
  constructor(found) {
    Object.assign(this, found);
    this.names = new Map([...found.stores, ...found.models, ...found.jobs, ...found.resources].map((each) => [each.id, each.name]));
    this.ahead = new Date(found.now) - Date.now();
  }

  name(id) {
    return this.names.get(id) ?? id ?? "";
  }

  /** The dealer's time now, whatever this device's clock says. */
  get time() {
    return new Date(Date.now() + this.ahead);
  }

  /** The dealer's day as 2026-11-28. */
  get today() {
    return dayOf(this.time);
  }
}

const DAY = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit" });

export function dayOf(moment) {
  return DAY.format(new Date(moment));
}

/** "2026-11-28" and 1 give "2026-11-29". */
export function daysLater(day, count) {
  const moment = new Date(`${day}T12:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + count);
  return moment.toISOString().slice(0, 10);
}
