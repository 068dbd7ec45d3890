/** The outbox: a failed message is sent again. */

import { api } from "./api.js";
import { attempt } from "./toast.js";

for (const button of document.querySelectorAll("[data-retry]")) {
  button.addEventListener("click", async () => {
    const answer = await attempt(button, () => api("POST", `outbox/${button.dataset.retry}/retry`), "马上重新发送");
    if (!answer) return;
    const card = button.closest("[data-message]");
    const badge = card.querySelector(".badge");
    badge.className = "badge accent";
    badge.textContent = "待发送";
    card.querySelector(".problem")?.classList.remove("problem");
    card.tabIndex = -1;
    card.focus();
    button.remove();
  });
}
