/** Short words at the edge of the page; a problem stays until it is closed. */

export function toast(text, { problem = false } = {}) {
  const place = document.getElementById("toasts");
  const node = document.createElement("div");
  node.className = problem ? "toast problem" : "toast";
  node.textContent = text;
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

/** Runs what a button does; it cannot be pressed twice meanwhile, and a failure is told. Gives undefined then. */
export async function attempt(button, work, done = "") {
  if (button) button.disabled = true;
  try {
    const answer = await work();
    if (done) toast(done);
    return answer;
  } catch (error) {
    toast(error instanceof TypeError ? "网络断开了，请稍后再试。" : error.message, { problem: true });
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}
