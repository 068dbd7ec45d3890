/** What the browser keeps for us. A browser that refuses storage gets a chat that lasts as long as the page. */

export class Storage {
  #prefix;
  #area;
  #memory = new Map();

  /** `area` is the name of a web storage: localStorage or sessionStorage. */
  constructor(prefix, area = "localStorage") {
    this.#prefix = prefix;
    try {
      this.#area = window[area];
    } catch {
      this.#area = null;
    }
  }

  read(name, otherwise = null) {
    const key = this.#key(name);
    try {
      const text = this.#area?.getItem(key) ?? null;
      if (text !== null) return JSON.parse(text);
    } catch {
      // Unreadable is the same as absent; the next write replaces it.
    }
    return this.#memory.has(key) ? this.#memory.get(key) : otherwise;
  }

  write(name, value) {
    const key = this.#key(name);
    this.#memory.set(key, value);
    try {
      this.#area?.setItem(key, JSON.stringify(value));
    } catch {
      // Full or forbidden: the copy in memory serves until the page is left.
    }
  }

  #key(name) {
    return `${this.#prefix}:${name}`;
  }
}

/** Messages that the server has not confirmed yet. They outlive a reload. */
export class Outbox {
  #storage;

  constructor(storage) {
    this.#storage = storage;
  }

  entries() {
    const entries = this.#storage.read("outbox", []);
    return Array.isArray(entries) ? entries.filter((entry) => entry?.client_id && entry.text) : [];
  }

  keep(entry) {
    this.#storage.write("outbox", [...this.#without(entry.client_id), entry]);
  }

  drop(clientId) {
    const entries = this.entries();
    const left = this.#without(clientId);
    if (left.length < entries.length) this.#storage.write("outbox", left);
  }

  #without(clientId) {
    return this.entries().filter((entry) => entry.client_id !== clientId);
  }
}

/** A random id; `crypto.randomUUID` is missing where the page came over plain http. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
