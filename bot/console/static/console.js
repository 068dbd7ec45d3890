/** What every page of the console does: the dealer's colour, being there, and leaving. */

import { api } from "./api.js";
import { keepBeating } from "./presence.js";
import { accentProperties } from "/web/static/theme.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const accent = document.querySelector('meta[name="accent"]').content;

function paint() {
  for (const [name, value] of Object.entries(accentProperties(accent, dark.matches) ?? {})) {
    document.documentElement.style.setProperty(name, value);
  }
}

dark.addEventListener("change", paint);
paint();

if (document.getElementById("presence") && !document.querySelector("main.workplace")) keepBeating();

document.querySelector("[data-log-out]")?.addEventListener("click", async () => {
  await api("POST", "logout").catch(() => {});
  location.assign("/console/login");
});
