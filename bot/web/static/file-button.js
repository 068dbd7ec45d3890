/** A button that lets somebody choose one file to send. What the server takes is in bot/services/uploads.py. */
import { el } from "./dom.js";

const KINDS = "image/jpeg,image/png,image/webp,image/gif,application/pdf";
const LARGEST = 8 * 1024 * 1024;
export const TOO_LARGE = "文件太大了，最大 8 MB。";

/** `onFile(file)` is called with what was chosen; `attributes` and children are those of the button. */
export function fileButton(onFile, attributes, ...children) {
  const input = el("input", { type: "file", accept: KINDS, hidden: true, "aria-hidden": "true", tabindex: "-1" });
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // the same file may be chosen again
    if (file) onFile(file);
  });
  return el("button", { type: "button", ...attributes, click: () => input.click() }, ...children, input);
}

export function isTooLarge(file) {
  return file.size > LARGEST;
}
