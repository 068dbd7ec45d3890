/** Text of strangers becomes text nodes and safe links here, and nothing else: no HTML is ever parsed. */

import { WORDS } from "./words.js";

const URLS = /(?:https?:\/\/|tel:)[^\s<>"'`，。；：！？、（）【】《》“”]+/giu;
const PHONES = /(?<![\d-])(?:400-\d{3}-\d{4}|0\d{2,3}-\d{4}-\d{4}|0\d{2,3}-\d{7,8}|1[3-9]\d{9})(?![\d-])/gu;
const CALENDAR = /\/(calendar\/[\w-]{43}\.ics)$/u;
const TRAILING = /[.,;:!?)\]}]+$/u;
const SCHEMES = ["http:", "https:", "tel:"];

/**
 * Fills `node` with `text`; links lead to http, https and tel only. `phones` makes telephone numbers links, too. With
 * `site`, the address of our server, the long address of a calendar file becomes a few words that lead there.
 */
export function fillText(node, text, { phones = false, site = null } = {}) {
  node.replaceChildren(...pieces(text, phones, site));
}

/** Length as the server counts it: a character outside the basic plane is one. */
export function lengthOf(text) {
  return Array.from(text).length;
}

function* pieces(text, phones, site) {
  let position = 0;
  for (const { start, end, href } of linksIn(text, phones)) {
    if (start > position) yield document.createTextNode(text.slice(position, start));
    const file = site && CALENDAR.exec(href);
    yield file ? link(WORDS.calendarFile, new URL(file[1], site).href) : link(text.slice(start, end), href);
    position = end;
  }
  if (position < text.length) yield document.createTextNode(text.slice(position));
}

function linksIn(text, phones) {
  const found = [];
  for (const match of text.matchAll(URLS)) {
    const words = match[0].replace(TRAILING, "");
    const href = safeAddress(words);
    if (href) found.push({ start: match.index, end: match.index + words.length, href });
  }
  if (!phones) return found;
  for (const match of text.matchAll(PHONES)) {
    const start = match.index;
    const end = start + match[0].length;
    const inside = found.some((other) => start < other.end && end > other.start);
    if (!inside) found.push({ start, end, href: `tel:${match[0].replaceAll("-", "")}` });
  }
  return found.sort((a, b) => a.start - b.start);
}

function safeAddress(words) {
  let url;
  try {
    url = new URL(words);
  } catch {
    return null;
  }
  // An address such as https://bank.example@elsewhere.example shows one host and leads to another.
  const disguised = url.username || url.password;
  return SCHEMES.includes(url.protocol) && !disguised ? url.href : null;
}

function link(words, href) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.textContent = words;
  if (!href.startsWith("tel:")) {
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer nofollow";
  }
  return anchor;
}
