/** Gives the demo page the dealer's accent colour; a strict content security policy allows no style in the page itself. */
import { accentProperties } from "./theme.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const accent = document.querySelector('meta[name="theme-color"]').content;

function paint() {
  for (const [name, value] of Object.entries(accentProperties(accent, dark.matches) ?? {})) {
    document.documentElement.style.setProperty(name, value);
  }
}

dark.addEventListener("change", paint);
paint();
