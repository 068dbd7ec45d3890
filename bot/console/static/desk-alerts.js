/** New work is seen in the title, heard and, if the reader allowed it, told by the browser. */
import { Storage } from "/web/static/storage.js";
import { REASONS } from "./desk-words.js";
import { showWork } from "./presence.js";

const storage = new Storage("zhanting:desk");
const TONES = [
  [880, 0],
  [1175, 0.14],
];

export class Alerts {
  #audio = null;
  #known = null;
  #onOpen;

  constructor(onOpen) {
    this.#onOpen = onOpen;
    this.mute = document.getElementById("mute");
    this.ask = document.getElementById("notify");
    this.mute.addEventListener("click", () => this.#toggle());
    this.ask.addEventListener("click", () => this.#askLeave());
    addEventListener("pointerdown", () => this.#unlock(), { once: true });
    addEventListener("keydown", () => this.#unlock(), { once: true });
    this.#showSettings();
  }

  /** Compares with what was known: who waits, and how many messages are unread. `open` is what is on the screen. */
  update(desk, open) {
    const seen = document.hidden ? null : open;
    const waiting = new Map(desk.waiting.map((line) => [line.id, line]));
    const unread = new Map(desk.mine.map((line) => [line.id, line]));
    const sum = Array.from(unread.values()).reduce((total, line) => total + (line.id === seen ? 0 : line.unread), 0);
    const number = waiting.size + sum;
    showWork(number);
    if (this.#known && desk.presence !== "offline") this.#tellNews(waiting, unread, seen);
    this.#known = { waiting, unread };
  }

  #tellNews(waiting, unread, seen) {
    const arrived = Array.from(waiting.values()).filter((line) => !this.#known.waiting.has(line.id));
    const given = Array.from(unread.values()).filter((line) => !this.#known.unread.has(line.id) && line.id !== seen);
    const written = Array.from(unread.values()).filter(
      (line) => line.id !== seen && line.unread > (this.#known.unread.get(line.id)?.unread ?? Infinity),
    );
    for (const line of arrived) this.#notify(`${line.title} 在排队`, REASONS[line.reason] ?? "", line.id);
    for (const line of given) this.#notify(`${line.title} 分给了您`, line.preview, line.id);
    for (const line of written) this.#notify(`${line.title} 发来消息`, line.preview, line.id);
    if (arrived.length + given.length + written.length) this.#sound();
  }

  #notify(title, body, id) {
    if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
    const told = new Notification(title, { body, tag: id, icon: "/web/static/icon.svg" });
    told.addEventListener("click", () => (window.focus(), this.#onOpen(id), told.close()));
  }

  #sound() {
    if (storage.read("muted", false) || this.#audio?.state !== "running") return;
    for (const [frequency, delay] of TONES) this.#tone(frequency, this.#audio.currentTime + delay);
    document.documentElement.dataset.rang = String(Number(document.documentElement.dataset.rang ?? 0) + 1);
  }

  #tone(frequency, at) {
    const oscillator = new OscillatorNode(this.#audio, { frequency });
    const gain = new GainNode(this.#audio, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.14, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
    oscillator.connect(gain).connect(this.#audio.destination);
    oscillator.start(at);
    oscillator.stop(at + 0.32);
  }

  /** A browser lets a page make sounds once it was touched. */
  #unlock() {
    this.#audio ??= "AudioContext" in window ? new AudioContext() : null;
    this.#audio?.resume();
  }

  #toggle() {
    storage.write("muted", !storage.read("muted", false));
    this.#showSettings();
    this.#sound();
  }

  async #askLeave() {
    await Notification.requestPermission();
    this.#showSettings();
  }

  #showSettings() {
    const muted = storage.read("muted", false);
    this.mute.textContent = muted ? "提示音：关" : "提示音：开";
    this.ask.hidden = !("Notification" in window) || Notification.permission !== "default";
  }
}
