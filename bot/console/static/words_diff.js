/** What differs between two texts, word by word. */

import { el } from "/web/static/dom.js";

const MOST = 3000; // words; beyond, the changed middle is shown as one piece
const segmenter = Intl.Segmenter ? new Intl.Segmenter("zh", { granularity: "word" }) : null;

/** Text with <del> and <ins>; in words for screen readers, too. */
export function showDifference(before, after) {
  const node = el("div", { class: "difference" });
  for (const { kind, text } of difference(before, after)) {
    if (kind === "same") node.append(text);
    else node.append(el(kind === "gone" ? "del" : "ins", {}, text));
  }
  return node;
}

/** Pieces {kind: "same" | "gone" | "new", text} in order. */
export function difference(before, after) {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = compare(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const pieces = [piece("same", a.slice(0, start)), ...middle, piece("same", end ? a.slice(-end) : [])];
  return pieces.filter(({ text }) => text);
}

function wordsOf(text) {
  return segmenter ? Array.from(segmenter.segment(text), ({ segment }) => segment) : Array.from(text);
}

function piece(kind, words) {
  return { kind, text: words.join("") };
}

/** The longest common run of words stays; `lengths[i][j]` is its length from there on. */
function compare(a, b) {
  if (!a.length || !b.length || a.length > MOST || b.length > MOST) return [piece("gone", a), piece("new", b)];
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return walk(a, b, lengths);
}

function walk(a, b, lengths) {
  const pieces = [];
  const add = (kind, word) => {
    if (pieces.at(-1)?.kind === kind) pieces.at(-1).text += word;
    else pieces.push({ kind, text: word });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add("same", a[i]);
      i += 1;
      j += 1;
    } else if (j === b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      add("gone", a[i++]);
    } else {
      add("new", b[j++]);
    }
  }
  return pieces;
}
