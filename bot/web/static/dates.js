/** Times in the dealer's time zone, whatever the customer's device says: 周六 11月28日 14:00. */

const FIELDS = { weekday: "short", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" };

export class Dates {
  #format;

  constructor(timeZone = "Asia/Shanghai") {
    this.#format = new Intl.DateTimeFormat("zh-CN", { ...FIELDS, hourCycle: "h23", timeZone });
  }

  /** 周六 11月28日 */
  day(iso) {
    const part = this.#parts(iso);
    return `${part.weekday} ${part.month}月${part.day}日`;
  }

  /** 14:00 */
  clock(iso) {
    const part = this.#parts(iso);
    return `${part.hour}:${part.minute}`;
  }

  /** 周六 11月28日 14:00 */
  full(iso) {
    return `${this.day(iso)} ${this.clock(iso)}`;
  }

  #parts(iso) {
    const parts = this.#format.formatToParts(new Date(iso));
    return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  }
}
