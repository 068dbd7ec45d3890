/** A "show number" button of a list: `data-reveal` names what has the number. */

import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { attempt } from "./toast.js";

export async function reveal(button) {
  const answer = await attempt(button, () => api("POST", `${button.dataset.reveal}/reveal`, {}));
  if (!answer) return;
  const link = el("a", { href: `tel:${answer.phone}`, class: "target" }, answer.phone);
  button.parentElement.querySelector("[data-phone-shown]").replaceWith(link);
  button.remove();
}
