/** The page of events: sign somebody up, change a party, cancel, note who came. */

import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { ask, field } from "./dialogs.js";
import { reveal } from "./reveal.js";
import { attempt, toast } from "./toast.js";

const page = document.getElementById("event");

page?.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const line = button.closest("[data-id]");
  if (button.matches("[data-reveal]")) await reveal(button);
  if (button.matches("[data-join]")) await join();
  if (button.matches("[data-people]")) await change(line);
  if (button.matches("[data-cancel]")) await cancel(line);
  if (button.matches("[data-attended]")) await attend(button, line, button.dataset.attended === "yes");
});

const many = (value) => el("input", { name: "people", type: "number", min: 1, max: page.dataset.most, value, required: true });

async function join() {
  const phone = el("input", { name: "phone", type: "tel", maxlength: 20, required: true, autocomplete: "off" });
  const name = el("input", { name: "name", maxlength: 80, autocomplete: "off" });
  const people = many(1);
  const fields = [field("手机号", phone), field("称呼（可不填）", name), field("人数", people)];
  const answer = await ask("登记报名", fields, () => api("POST", `events/${page.dataset.event}/signups`,
    { phone: phone.value, name: name.value || null, people: people.valueAsNumber }), { submit: "登记" });
  if (answer) again(answer.status === "waiting" ? "名额已满，已排入候补" : "已登记");
}

async function change(line) {
  const people = many(line.dataset.count);
  const answer = await ask("修改人数", [field("人数", people)],
    () => api("POST", `event-signups/${line.dataset.id}/people`, { people: people.valueAsNumber }));
  if (answer) again("已修改");
}

async function cancel(line) {
  const answer = await ask("取消这条报名？名额会让给候补的客户。", [],
    () => api("POST", `event-signups/${line.dataset.id}/cancel`), { submit: "取消报名", danger: true });
  if (answer) again("已取消");
}

async function attend(button, line, attended) {
  const answer = await attempt(button, () => api("POST", `event-signups/${line.dataset.id}/attendance`, { attended }));
  if (answer) again("已登记");
}

function again(words) {
  toast(words);
  location.reload();
}
