/** Versions of an entry: what waits for approval, what is planned, and everything that was before. */

import { authorOf, badge, dates, readable, validityWords } from "./content_words.js";
import { el } from "/web/static/dom.js";
import { showDifference } from "./words_diff.js";

const STATUS = { approved: "已发布", draft: "草稿", retired: "已停用" };

/** What differs between two versions, field by field; words where nothing does. */
export function compared(before, after) {
  const old = new Map(readable(before));
  const fresh = new Map(readable(after));
  const changed = [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name));
  if (!changed.length) return el("p", { class: "muted" }, "文字没有不同。");
  return el(
    "dl",
    { class: "changes" },
    ...changed.flatMap((name) => [
      el("dt", {}, name),
      el("dd", {}, showDifference(old.get(name) ?? "", fresh.get(name) ?? "")),
    ]),
  );
}

/** A notice above the form: words, what differs, and what can be done. */
export function notice(tone, words, inside, ...actions) {
  const tools = actions.filter(Boolean);
  return el(
    "section",
    { class: `card notice ${tone}` },
    el("p", {}, words),
    inside,
    tools.length ? el("div", { class: "row" }, ...tools) : null,
  );
}

export function draftWords(draft) {
  const note = draft.note ? `备注：${draft.note}` : "";
  return `${authorOf(draft.author)} 的草稿（第 ${draft.version} 版，${dates.full(draft.created_at)}）等待审核。${note}`;
}

/** The lines of the history; `restore(version)` makes a button's work, or nothing. */
export function historyLines(versions, entry, restore, mayApprove) {
  return versions.map((version, index) => {
    const earlier = versions.slice(index + 1).find((other) => other.approved_at) ?? null;
    const isCurrent = version.version === entry.version;
    const isPlanned = entry.planned.some((planned) => planned.version === version.version);
    const back =
      version.approved_at && !isCurrent && !isPlanned
        ? el("button", { type: "button", click: (event) => restore(version, event.currentTarget) }, mayApprove ? "恢复这一版" : "申请恢复这一版")
        : null;
    return el(
      "li",
      {},
      el(
        "div",
        { class: "row" },
        el("strong", {}, `第 ${version.version} 版`),
        isCurrent && version.status === "approved" ? badge("现在用的", "good") : badge(STATUS[version.status] ?? version.status),
        el("span", { class: "muted small" }, line(version)),
      ),
      validityWords(version) ? el("p", { class: "small" }, validityWords(version)) : null,
      el(
        "details",
        {},
        el("summary", {}, earlier ? `和第 ${earlier.version} 版的不同` : "内容"),
        compared(earlier ?? { buttons: [], questions: [] }, version),
      ),
      back,
    );
  });
}

function line(version) {
  const approval = version.approved_by && version.approved_by !== version.author ? `${authorOf(version.approved_by)} 批准` : "";
  const words = [authorOf(version.author), approval, dates.full(version.created_at), version.note];
  return words.filter(Boolean).join(" · ");
}
