/** The consultant's page: choose a conversation, talk, know whom one talks to. One column at a time on a phone. */
import { Dates } from "/web/static/dates.js";
import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { Alerts } from "./desk-alerts.js";
import { Lists } from "./desk-lists.js";
import { DeskStream } from "./desk-stream.js";
import { showPresence } from "./presence.js";
import { Talk } from "./talk.js";
import { attempt, clearProblems, toast } from "./toast.js";

const state = JSON.parse(document.getElementById("state").textContent);
const clockAhead = new Date(state.now).getTime() - Date.now();
const page = { me: state.me, dates: new Dates(), names: { skills: state.skills, outcomes: state.outcomes } };
const main = document.getElementById("main");
const place = document.getElementById("talk");
const card = document.getElementById("card");
const presence = document.getElementById("presence");
const hint = document.getElementById("offline-hint");
const REFRESH_AFTER_MS = 600;
const stream = new DeskStream();
const alerts = new Alerts((id) => open(id));
const lists = new Lists({
  desk: state.desk,
  skills: state.skills,
  now: () => Date.now() + clockAhead,
  onOpen: (id) => open(id),
});
let openId = null;
let talk = null;
let wasLost = false;
let missed = 0;
let waitsForFirst = false;
let refreshing;

function view(name) {
  main.dataset.view = name;
}

/** Opens a conversation. `first`: what the server sent with the page; `push`: a new entry of the browser's history. */
function open(id, { first = null, push = true } = {}) {
  if (push && id !== openId) history.pushState({ id }, "", id ? `/console/conversations/${id}` : "/console");
  view(id ? "talk" : "choose");
  if (id === openId && talk) return void (refreshSoon(), talk.composer.focus());
  if (id !== openId) clearProblems();
  talk?.close();
  openId = id;
  wasLost = false;
  missed = 0;
  lists.mark(id);
  talk = id ? new Talk(id, page, { onBack: () => open(null), onKnow: () => view("know") }) : null;
  place.replaceChildren(talk ? talk.root : nothing());
  showCard(id);
  waitsForFirst = talk !== null && first === null;
  if (talk && first) {
    talk.update(first.conversation);
    talk.add(first.messages);
    talk.log.toEnd();
    talk.log.announce();
  }
  stream.follow(id, first ? talk.log.lastSeq : null);
}

function nothing() {
  return el("div", { class: "empty" }, el("p", {}, "从左边选一个对话开始。"));
}

async function showCard(id) {
  card.replaceChildren();
  card.dataset.src = id ? `/console/conversations/${id}/card` : "";
  if (!id) card.replaceChildren(el("p", { class: "empty" }, "打开一个对话，这里会显示客户资料。"));
  if (!id || !state.me.cards) return;
  try {
    const module = await import("./card.js");
    if (id === openId) await module.showCard(card, id);
  } catch {
    if (id !== openId) return;
    const again = el("button", { type: "button", click: () => showCard(id) }, "重试");
    card.replaceChildren(el("div", { class: "empty" }, el("p", {}, "客户资料暂时打不开。"), again));
  }
}

/** Something may have changed that the card tells: the customer wrote, somebody booked elsewhere. */
function refreshSoon() {
  clearTimeout(refreshing);
  if (state.me.cards) refreshing = setTimeout(refreshCard, REFRESH_AFTER_MS);
}

async function refreshCard() {
  const module = await import("./card.js").catch(() => null); // without a network the card stays as it is
  await module?.refreshCard(card);
}

function showDesk(desk) {
  state.desk = desk;
  lists.update(desk);
  alerts.update(desk, openId);
  showPresence(desk.presence);
  hint.hidden = desk.presence === "online";
}

async function choosePresence(chosen) {
  const answer = await attempt(null, () => api("POST", "presence", { presence: chosen }));
  if (answer) showDesk({ ...state.desk, presence: chosen });
  else presence.value = state.desk.presence;
}

stream.addEventListener("desk", ({ detail }) => showDesk(detail));
stream.addEventListener("conversation", ({ detail }) => {
  if (!talk || detail.id !== openId) return;
  talk.update(detail);
  refreshSoon();
});
document.addEventListener("visibilitychange", () => !document.hidden && refreshSoon());
stream.addEventListener("typing", ({ detail }) => talk?.showTyping(detail));
stream.addEventListener("message", ({ detail }) => {
  const added = talk?.add([detail]) ?? 0;
  if (wasLost) missed += added;
});
stream.addEventListener("ready", () => {
  if (waitsForFirst) talk.log.toEnd();
  if (waitsForFirst) talk.log.announce();
  else if (wasLost && talk) talk.tell(missed ? `已重新连上，补上 ${missed} 条消息。` : "已重新连上，没有漏掉消息。");
  waitsForFirst = false;
  wasLost = false;
  missed = 0;
});
stream.addEventListener("state", ({ detail }) => {
  document.body.classList.toggle("offline", detail === "lost");
  if (detail === "lost") wasLost = true;
  if (detail === "online") clearProblems({ offline: true });
  talk?.showLine(detail);
});
stream.addEventListener("ended", () => {
  toast("登录已过期，请重新登录。", { problem: true });
  setTimeout(() => location.assign(`/console/login?next=${encodeURIComponent(location.pathname)}`), 1500);
});
presence.addEventListener("change", () => choosePresence(presence.value));
document.getElementById("go-online").addEventListener("click", () => choosePresence("online"));
document.querySelectorAll("[data-view]").forEach((button) => {
  if (button !== main) button.addEventListener("click", () => view(button.dataset.view));
});
addEventListener("popstate", () => {
  const [, id] = /^\/console\/conversations\/(.+)$/.exec(location.pathname) ?? [];
  open(id ? decodeURIComponent(id) : null, { push: false });
});

showDesk(state.desk);
if (state.missing) toast("没有找到这个对话，可能地址不完整。", { problem: true });
if (state.conversation) open(state.conversation.id, { first: state, push: false });
else open(null, { push: false });
