/** "Try a sentence": how the assistant understands it, and what it would answer. Nothing is stored. */

import { api } from "./api.js";
import { Preview } from "./content_preview.js";
import { dates } from "./content_words.js";
import { data } from "./page_data.js";
import { el } from "/web/static/dom.js";

const DECISIONS = {
  answer: ["直接回答", "good"],
  clarify: ["列出选项请客户选", "warn"],
  dialogue: ["进入对话", "accent"],
  fallback: ["没听懂", "danger"],
};

/** Builds the panel into `node`. */
export function showTry(node) {
  const input = el("input", { id: "try-text", maxlength: "500", autocomplete: "off", placeholder: "例如：周六下午能试驾吗" });
  const button = el("button", { type: "submit" }, "试试");
  const result = el("div", { class: "understood", "aria-live": "polite" });
  const form = el("form", { class: "try" }, el("label", { for: "try-text" }, el("strong", {}, "说一句试试")), el("div", { class: "row nowrap" }, input, button), result);
  let newest = 0;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    const number = ++newest;
    result.replaceChildren(el("p", { class: "muted" }, "正在理解…"));
    const shown = await understood(text).catch((error) => [
      el("p", { class: "problem" }, error instanceof TypeError ? "网络断开了，连上后再试。" : error.message),
    ]);
    if (number !== newest) return; // another sentence was tried meanwhile
    result.replaceChildren(...shown);
  });
  node.replaceChildren(form);
}

/** The elements that tell how a sentence is understood. */
async function understood(text) {
  const found = await api("POST", "understand", { text });
  const says = ["answer", "clarify"].includes(found.decision) && found.faq;
  const answer = says && (await api("POST", `faq/${encodeURIComponent(found.faq.id)}/preview`, {}).catch(() => null));
  return answer ? [factsOf(found), ...answerOf(found, answer)] : [factsOf(found)];
}

function factsOf(found) {
  const [words, tone] = DECISIONS[found.decision] ?? ["其他", ""];
  const facts = el("dl", { class: "facts" });
  const fact = (name, ...inside) => facts.append(el("dt", {}, name), el("dd", {}, ...inside));
  fact("会怎么做", el("span", { class: `badge ${tone}` }, words));
  fact("意思", `${data.intents[found.intent] ?? "其他"}，把握 ${percent(found.confidence)}`);
  if (found.faq) fact(found.decision === "answer" ? "主题" : "最接近的主题", topic(found.faq.id), `，相似 ${percent(found.faq.score)}`);
  const others = found.suggestions.filter((id) => id !== found.faq?.id);
  if (others.length) fact("其他候选", ...others.flatMap((id, index) => [index ? "、" : "", topic(id)]));
  if (found.entities.length) fact("听到的", el("ul", {}, ...found.entities.map((each) => el("li", {}, entityWords(each, found.text)))));
  fact("时间", timeWords(found.time));
  return facts;
}

/** What would be said; before a choice it is the answer of the best candidate. */
function answerOf(found, { text, buttons }) {
  const heading = found.decision === "answer" ? "会这样回答" : "这个主题的答案";
  const place = el("div", { class: "preview" });
  new Preview(place).show(text, buttons);
  return [el("p", { class: "small muted" }, heading), place];
}

function topic(id) {
  return el("a", { href: `/console/faq/${encodeURIComponent(id)}` }, data.topics[id] ?? "已停用的主题");
}

function percent(share) {
  return `${Math.round(share * 100)}%`;
}

function entityWords(entity, text) {
  const name = data.entities[entity.entity] ?? "其他";
  const said = text.slice(entity.start, entity.end);
  const meant = data.names[entity.value] ?? (/^[\x20-\x7e]*[a-z_]{3}/.test(entity.value) ? said : entity.value); // an id says nothing
  const value = typeof meant === "string" && meant !== said ? `（${meant}）` : "";
  return `${name}：${said}${value}`;
}

/** In words: 周六 11月28日 14:00. */
function timeWords({ kind, start, end }) {
  if (kind === "none") return "没有说时间";
  if (kind === "ambiguous") return "说了时间，但不明确，会再问";
  if (kind === "point") return dates.full(start);
  if (kind === "day") return `${dates.day(start)} 全天`;
  const sameDay = start && end && start.slice(0, 10) === end.slice(0, 10);
  const last = end ? (sameDay ? dates.clock(end) : momentWords(end)) : "";
  if (!start) return `${last}之前`;
  return end ? `${momentWords(start)} 到 ${last}` : `${momentWords(start)} 以后`;
}

/** A day range has midnights, which nobody says. */
function momentWords(iso) {
  return iso.slice(11, 16) === "00:00" ? dates.day(iso) : dates.full(iso);
}
