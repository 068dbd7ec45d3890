/** Being there, on every page of the console: the heartbeat keeps one's conversations, the bar says what waits. */
import { api } from "./api.js";
import { attempt, toast } from "./toast.js";

const title = document.title;
const select = document.getElementById("presence");
const work = document.querySelector("[data-work]");
let shown = "offline";

export function showPresence(presence) {
  shown = presence;
  select.value = presence;
  select.dataset.presence = presence;
  select.disabled = false;
}

/** How many customers wait or have written: beside 对话 and in the title. */
export function showWork(number) {
  work.hidden = number === 0;
  work.textContent = number ? String(number) : "";
  work.setAttribute("aria-label", `${number} 条等您处理`);
  document.title = number ? `(${number}) ${title}` : title;
}

/** For pages without the stream of the workplace, which does the same. */
export function keepBeating() {
  const clock = new Worker(new URL("./heartbeat.js", import.meta.url));
  clock.addEventListener("message", () => beat(clock));
  addEventListener("online", () => beat(clock));
  document.addEventListener("visibilitychange", () => document.hidden || beat(clock));
  select.addEventListener("change", choose);
  beat(clock);
}

async function choose() {
  const answer = await attempt(select, () => api("POST", "presence", { presence: select.value }));
  if (answer) show(answer);
  else showPresence(shown);
}

/** A beat that is lost is made up for by the next; what is being written on the page is not thrown away. */
async function beat(clock) {
  try {
    show(await api("POST", "presence", {}, { stay: true }));
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) return;
    clock.terminate();
    toast("登录已过期，请重新登录。", { problem: true });
  }
}

function show({ presence, waiting, unread }) {
  if (document.activeElement !== select) showPresence(presence);
  showWork(waiting + unread);
}
