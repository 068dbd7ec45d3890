/** The conversation as this page knows it: confirmed messages by sequence number, then what is still on its way. */

export const SENDING = "sending";
export const SENT = "sent";
export const FAILED = "failed";

export class Conversation {
  #messages = new Map();
  #confirmed = new Set();
  #pending = new Map();
  withPerson = false; // somebody of the staff answers: a button of the assistant would only be sent as words

  /** Adds messages of the server; one that is known already changes nothing. Returns the new ones. */
  add(messages) {
    const fresh = messages.filter((message) => !this.#messages.has(message.seq));
    for (const message of fresh) {
      this.#messages.set(message.seq, message);
      if (message.client_id) this.#confirmed.add(message.client_id);
      this.#pending.delete(message.client_id);
    }
    return fresh;
  }

  /** Shows a message of the customer before the server knows it. */
  queue(entry) {
    if (!this.#confirmed.has(entry.client_id)) this.#pending.set(entry.client_id, { ...entry, state: SENDING });
  }

  /** The server has stored it; it keeps its place at the end until the stream brings it with its number. */
  settle(clientId) {
    this.#change(clientId, { state: SENT });
  }

  fail(clientId, problem = null) {
    this.#change(clientId, { state: FAILED, problem });
  }

  drop(clientId) {
    this.#pending.delete(clientId);
  }

  isConfirmed(clientId) {
    return this.#confirmed.has(clientId);
  }

  get pending() {
    return Array.from(this.#pending.values());
  }

  get firstSeq() {
    return Math.min(...this.#messages.keys());
  }

  get lastSeq() {
    return Math.max(0, ...this.#messages.keys());
  }

  get isEmpty() {
    return this.#messages.size + this.#pending.size === 0;
  }

  /** Messages of others after `seq`. */
  countAfter(seq) {
    return Array.from(this.#messages.values()).filter((m) => m.seq > seq && m.author !== "customer").length;
  }

  /** All in the order of the conversation; `active` says whether its buttons may still be used. */
  items() {
    const messages = Array.from(this.#messages.values()).sort((a, b) => a.seq - b.seq);
    const items = [...messages.map(confirmedItem), ...this.pending.map(pendingItem)];
    const lastOfPeople = items.map(({ author }) => author === "customer" || author === "staff").lastIndexOf(true);
    items.forEach((item, index) => {
      item.active = !this.withPerson && index > lastOfPeople;
      item.answer = answerAfter(items, index);
    });
    return items;
  }

  #change(clientId, values) {
    const entry = this.#pending.get(clientId);
    if (entry) this.#pending.set(clientId, { ...entry, ...values });
  }
}

function confirmedItem(message) {
  const key = message.client_id ? `c:${message.client_id}` : `s:${message.seq}`;
  return { ...message, key, state: SENT };
}

function pendingItem(entry) {
  return { ...entry, key: `c:${entry.client_id}`, author: "customer", buttons: [] };
}

/** What the customer said next, to mark the button that was chosen. */
function answerAfter(items, index) {
  const next = items.slice(index + 1).find((item) => item.author === "customer");
  return next ? next.text : null;
}
