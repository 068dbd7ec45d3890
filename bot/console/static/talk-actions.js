/** What is decided about a conversation: take it, pass it on, give it back to the bot, end it. */
import { el } from "/web/static/dom.js";
import { api } from "./api.js";
import { PRESENCES } from "./desk-words.js";
import { attempt } from "./toast.js";

/** The buttons of a conversation; `state()` gives it as it stands, `names` the words for skills and outcomes. */
export class TalkActions {
  #id;
  #state;
  #names;
  #me;

  constructor({ id, state, names, me }) {
    this.#id = id;
    this.#state = state;
    this.#names = names;
    this.#me = me;
    const button = (words, click, kind = "") => el("button", { type: "button", class: kind, click }, words);
    this.take = button("接手", () => this.#take(), "primary");
    this.transfer = button("转接", () => this.#transfer());
    this.release = button("交回机器人", () => this.#release());
    this.close = button("结束", () => this.#close());
    this.root = el("div", { class: "actions" }, this.take, this.transfer, this.release, this.close);
    this.allow([]); // until it is known how things stand
  }

  allow(actions) {
    for (const name of ["take", "transfer", "release", "close"]) this[name].hidden = !actions.includes(name);
  }

  #post(action, body) {
    return api("POST", `conversations/${this.#id}/${action}`, { ...body, epoch: this.#state().epoch });
  }

  async #take() {
    const { state, adviser_name: name } = this.#state();
    const away = state === "adviser";
    if (away && !(await confirmed(`从${name ?? "同事"}手里接过这个对话？`, "接过来"))) return;
    await attempt(this.take, () => this.#post("take", away ? { away } : {}));
  }

  async #transfer() {
    const people = await attempt(this.transfer, () => api("GET", "colleagues"));
    if (!people) return;
    const option = (value, words, disabled = false) => el("option", { value, disabled }, words);
    const skills = Object.entries(this.#names.skills).map(([skill, name]) => option(`skill:${skill}`, `排队等：${name}`));
    const colleagues = people.map(({ username, name, presence }) =>
      option(`person:${username}`, `${name}（${PRESENCES[presence]}）`, presence === "offline" || username === this.#state().adviser),
    );
    const to = el("select", { required: true }, el("optgroup", { label: "交给同事" }, ...colleagues), el("optgroup", { label: "回到排队" }, ...skills));
    const note = noteField("给接手的人留句话（客户看不到）");
    await dialog("转接", "转接", [el("label", {}, "转给", to), note.label], () => {
      const [kind, name] = to.value.split(":");
      return this.#post("transfer", { ...(kind === "skill" ? { skill: name } : { username: name }), note: note.input.value.trim() || undefined });
    });
  }

  async #release() {
    const note = noteField("告诉机器人办了什么（客户看不到）");
    const settled = el("input", { type: "checkbox" });
    const fields = [note.label, el("label", { class: "check" }, settled, " 客户的事情已处理好，机器人不用再问")];
    await dialog("交回机器人", "交回", fields, () =>
      this.#post("release", { note: note.input.value.trim() || undefined, settled: settled.checked }),
    );
  }

  async #close() {
    const options = Object.entries(this.#names.outcomes).map(([value, name]) => el("option", { value }, name));
    const outcome = el("select", { required: true }, ...options);
    const note = noteField("备注（可不填）");
    await dialog("结束对话", "结束", [el("label", {}, "结果", outcome), note.label], () =>
      this.#post("close", { outcome: outcome.value, note: note.input.value.trim() || undefined }),
    );
  }
}

function noteField(words) {
  const input = el("textarea", { maxlength: "500", rows: "3" });
  return { input, label: el("label", {}, words, input) };
}

async function confirmed(question, yes) {
  let answer = false;
  await dialog(question, yes, [], async () => (answer = true));
  return answer;
}

/** Asks in a dialog and does it; a refusal stays in the dialog with its reason. */
function dialog(title, yes, fields, work) {
  return new Promise((resolve) => {
    const submit = el("button", { type: "submit", class: "primary" }, yes);
    const cancel = el("button", { type: "button", click: () => box.close() }, "取消");
    const problem = el("p", { class: "problem", role: "alert", hidden: true });
    const act = async (event) => {
      event.preventDefault();
      submit.disabled = true;
      try {
        await work();
        box.close();
      } catch (error) {
        problem.textContent = error instanceof TypeError ? "网络断开了，请稍后再试。" : error.message;
        problem.hidden = false;
      }
      submit.disabled = false;
    };
    const form = el("form", { submit: act }, el("h2", { id: "dialog-title" }, title), ...fields, problem, el("div", { class: "row" }, submit, cancel));
    const box = el("dialog", { "aria-labelledby": "dialog-title" }, form);
    box.addEventListener("close", () => (box.remove(), resolve()));
    document.body.append(box);
    box.showModal();
  });
}
