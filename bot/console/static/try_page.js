import { showTry } from "./try.js";

showTry(document.getElementById("try"));
document.getElementById("try-text").focus();
