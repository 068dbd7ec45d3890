/** Short words at the edge of the page; a problem stays until it is closed. */

const OFFLINE = "网络断开了，请稍后再试。";

/** A problem that stands there already is not said twice. */
export function toast(text, { problem = false } = {}) {
  const place = document.getElementById("toasts");
  if (problem) for (const same of problems()) if (same.dataset.words === text) same.remove();
  const node = document.createElement("div");
  node.className = problem ? "toast problem" : "toast";
  node.dataset.words = node.textContent = text;
  if (problem) {
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "知道了";
    close.addEventListener("click", () => node.remove());
    node.append(close);
  } else {
    setTimeout(() => node.remove(), 4000);
  }
  place.append(node);
}

/** Takes problems away that are over: all of them, or with `offline` those of the network. */
export function clearProblems({ offline = false } = {}) {
  for (const node of problems()) if (!offline || node.dataset.words === OFFLINE) node.remove();
}

function problems() {
  return document.querySelectorAll("#toasts .problem");
}

/** Runs what a button does; it cannot be pressed twice meanwhile, and a failure is told. Gives undefined then. */
export async function attempt(button, work, done = "") {
  if (button) button.disabled = true;
  try {
    const answer = await work();
    if (done) toast(done);
    return answer;
  } catch (error) {
    toast(error instanceof TypeError ? OFFLINE : error.message, { problem: true });
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}
