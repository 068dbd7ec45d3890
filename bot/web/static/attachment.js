/** A file that was sent with a message: a picture to look at, or a link. Only files of our own server are shown. */
import { el } from "./dom.js";

const PICTURES = ["image/jpeg", "image/png", "image/webp", "image/gif"];
const FOLDER = /^\/files\/[\w-]{20,}\//u;

/** The element for `custom.attachment` ({url, name, type, size in bytes}), or null; `site` is our server's address. */
export function attachmentOf(custom, site) {
  const { url, name, type, size } = custom?.attachment ?? {};
  if (typeof url !== "string" || !FOLDER.test(url)) return null;
  const words = typeof name === "string" && name ? name : "附件";
  const link = { class: "attachment", href: new URL(url, site).href, target: "_blank", rel: "noopener noreferrer nofollow" };
  if (PICTURES.includes(type)) {
    return el("a", link, el("img", { src: link.href, alt: words, loading: "lazy", decoding: "async" }));
  }
  return el("a", link, el("span", {}, words), Number.isFinite(size) ? el("small", {}, sizeOf(size)) : null);
}

function sizeOf(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
