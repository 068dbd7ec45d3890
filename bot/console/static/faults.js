/** What is wrong with a form, each beside its field: `<span data-fault="name">`; `data-fault=""` takes what has none. */

import { Refused } from "./api.js";

export function showFaults(form, faults) {
  clearFaults(form);
  const rest = [];
  let first = null;
  for (const [name, words] of Object.entries(faults)) {
    const place = name && placeOf(form, name);
    if (!place) {
      rest.push(words);
      continue;
    }
    place.textContent = words;
    for (const input of form.querySelectorAll(`[name="${CSS.escape(place.dataset.fault)}"]`)) {
      input.setAttribute("aria-invalid", "true");
      first ??= input;
    }
  }
  const general = form.querySelector('[data-fault=""]');
  if (rest.length && general) {
    general.textContent = rest.join("；");
    general.hidden = false;
    general.tabIndex = -1;
    first ??= general; // it may be far above the button that was pressed
  }
  first?.focus({ preventScroll: true });
  first?.scrollIntoView({ block: "center" });
}

/** The field's own place; what concerns a group stands beside its first field. */
function placeOf(form, name) {
  const escaped = CSS.escape(name);
  return form.querySelector(`[data-fault="${escaped}"]`) ?? form.querySelector(`[data-fault^="${escaped}."]`);
}

export function clearFaults(form) {
  for (const place of form.querySelectorAll("[data-fault]")) place.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  const general = form.querySelector('[data-fault=""]');
  if (general) general.hidden = true;
}

/** Runs what a form does; gives its answer, or undefined once the faults are shown, in the words that `say` gives. */
export async function submitted(form, work, say = (words) => words) {
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  clearFaults(form);
  let faults = null;
  try {
    return await work();
  } catch (error) {
    if (error instanceof TypeError) faults = { "": "网络断开了，还没有保存，请稍后再试。" };
    else if (error instanceof Refused) faults = error.body.faults ?? { "": error.message };
    else throw error;
    return undefined;
  } finally {
    for (const button of buttons) button.disabled = false;
    if (faults) showFaults(form, Object.fromEntries(Object.entries(faults).map(([name, words]) => [name, say(words)])));
  }
}
