/** Indicators: a value that is entered by hand, and the report on paper. */

import { api } from "./api.js";
import { attempt } from "./toast.js";

document.querySelector("[data-print]")?.addEventListener("click", () => print());

document.getElementById("enter")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { id, period, store } = form.dataset;
  const value = Number(form.elements.value.value);
  const body = { period, store: store || null, value, note: form.elements.note.value || null };
  if (await attempt(form.querySelector("button"), () => api("PUT", `indicators/${id}/entries`, body), "已保存")) location.reload();
});
