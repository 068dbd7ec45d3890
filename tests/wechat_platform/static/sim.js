// The page of the simulator: asks for the state twice a second and draws what has changed.

const at = (id) => document.getElementById(id);
const WAYS = { own: "", passive: "被动回复", custom: "客服消息", template: "模板消息", platform: "" };
const OUTCOMES = {
  passive: "被动回复", acknowledged: "已确认", cut: "超时断开", refused: "被拒绝", bad: "回复无效", unreachable: "连不上",
};
const QUESTIONS = {
  scan: { title: "扫带参数的二维码", fields: [["scene", "场景值", "store=east;model=X5;campaign=autumn"]] },
  location: {
    title: "发送位置",
    fields: [["latitude", "纬度", "31.2304"], ["longitude", "经度", "121.4737"], ["label", "地点", "人民广场"]],
  },
  voice: { title: "发送语音", fields: [["text", "识别出的文字（空着：没有识别结果）", "我想预约试驾"]] },
};
let openid = "";
let drawn = "";
let state = null;

const chosen = () => ({
  account: at("account").value, openid, deadline: at("deadline").value, twice: at("twice").checked,
});

async function post(path, body) {
  await fetch(path, { method: "POST", body: body instanceof Blob ? body : JSON.stringify(body) });
  await refresh();
}

const act = (name, more = {}) => post("/sim/act", { ...chosen(), act: name, ...more });

function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function button(text, onclick, attributes = {}) {
  const made = element("button", text, { type: "button", ...attributes });
  made.addEventListener("click", onclick);
  return made;
}

function withLinks(text) {
  const pieces = text.split(/(https?:\/\/[\w./?=&%#:;~+-]+)/);
  return pieces.map((piece, n) => (n % 2 ? element("a", piece, { href: piece, target: "_blank", rel: "noopener" }) : piece));
}

function line(shown) {
  const box = element("div", "", { class: `line ${shown.via}` });
  if (shown.media_id) box.append(element("img", "", { src: `/picture/${shown.media_id}`, alt: "图片" }));
  else box.append(...withLinks(shown.text));
  for (const choice of shown.choices) {
    box.append(button(choice.text, () => act("click", choice), { class: "choice" }));
  }
  if (shown.tail) box.append(element("div", shown.tail));
  if (WAYS[shown.via]) box.append(element("span", WAYS[shown.via], { class: "via" }));
  return box;
}

function drawScreen() {
  const screen = at("screen");
  const first = element("p", state.follows ? "还没有消息，写一句试试" : "先点“关注”，或直接写消息", { class: "empty" });
  screen.replaceChildren(...(state.shown.length ? state.shown.map(line) : [first]));
  screen.scrollTop = screen.scrollHeight;
}

function drawPeople() {
  const people = state.people.map((person) => {
    const made = button(person.name, () => choose(person.openid), { "aria-current": person.openid === openid });
    made.append(element("small", person.follows ? "已关注" : "未关注"));
    return made;
  });
  at("people").replaceChildren(...people, button("＋ 新客户", newcomer));
}

function choose(who) {
  openid = who;
  drawn = "";
  refresh();
}

async function newcomer() {
  const answer = await fetch("/sim/customer", { method: "POST", body: "{}" });
  choose((await answer.json()).openid);
}

function menuButton(entry) {
  const press = () => {
    document.querySelectorAll("#menu details").forEach((each) => { each.open = false; });
    if (entry.type === "view") window.open(entry.url, "_blank", "noopener");
    return entry.type === "view" ? act("view", { url: entry.url }) : act("menu", { key: entry.key });
  };
  return button(entry.name, press);
}

function drawMenu() {
  at("menu").hidden = !state.menu.length;
  at("menu").replaceChildren(...state.menu.map((entry) => {
    if (!entry.sub_button?.length) return menuButton(entry);
    const group = element("details", "", { name: "menu" });
    const inner = element("div");
    inner.append(...entry.sub_button.map(menuButton));
    group.append(element("summary", entry.name), inner);
    return group;
  }));
}

function drawDeliveries() {
  at("deliveries").replaceChildren(...state.deliveries.slice().reverse().map((delivery) => {
    const item = element("li");
    item.append(element("strong", delivery.what), ` …${delivery.key.slice(-4)}`);
    for (const each of delivery.tries) {
      item.append(element("div", `${OUTCOMES[each.outcome]}，${each.seconds} 秒${each.why ? `：${each.why}` : ""}`));
    }
    if (!delivery.tries.length) item.append(element("div", "等待回应…"));
    if (delivery.extra) item.append(element("div", `多余的回复 ${delivery.extra} 条，没有显示`));
    return item;
  }));
}

function drawAccounts() {
  if (at("account").options.length) return;
  const modes = { plain: "明文", compatible: "兼容", safe: "安全" };
  at("account").replaceChildren(
    ...state.accounts.map(({ name, mode }) => element("option", `${name}（${modes[mode]}）`, { value: name })),
  );
}

async function refresh() {
  const query = new URLSearchParams({ account: at("account").value, openid });
  try {
    state = await (await fetch(`/sim/state?${query}`)).json();
  } catch {
    at("typing").textContent = "模拟器没有回应，正在重试…";
    return;
  }
  openid ||= state.people[0].openid;
  drawAccounts();
  at("quota").textContent = `客服消息还可发 ${state.left} 条`;
  at("follow").textContent = state.follows ? "取消关注" : "关注";
  at("typing").textContent = state.typing ? "对方正在输入…" : "";
  const { now, typing, left, ...rest } = state;
  const picture = JSON.stringify(rest);
  if (picture === drawn) return;
  const old = drawn ? JSON.parse(drawn) : {};
  drawn = picture;
  drawPeople();
  drawDeliveries();
  if (JSON.stringify(old.menu) !== JSON.stringify(state.menu)) drawMenu();
  if (old.shown?.length !== state.shown.length || old.follows !== state.follows) drawScreen();
}

function ask(name) {
  const { title, fields } = QUESTIONS[name];
  at("asked").textContent = title;
  at("fields").replaceChildren(...fields.map(([field, label, value]) => {
    const box = element("label", label);
    box.append(element("input", "", { type: "text", name: field, value }));
    return box;
  }));
  at("ask").onclose = () => {
    if (at("ask").returnValue !== "yes") return;
    act(name, Object.fromEntries([...at("fields").querySelectorAll("input")].map((each) => [each.name, each.value])));
  };
  at("ask").returnValue = "no";
  at("ask").showModal();
}

function send() {
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  act("text", { text });
}

at("write").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
at("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
at("follow").addEventListener("click", () => act(state.follows ? "unfollow" : "follow"));
at("picture").addEventListener("click", () => at("file").click());
at("file").addEventListener("change", () => {
  const [file] = at("file").files;
  at("file").value = "";
  if (file) post(`/sim/image?${new URLSearchParams(chosen())}`, file);
});
at("later").addEventListener("click", () => post("/sim/age", { ...chosen(), seconds: 48 * 3600 }));
at("account").addEventListener("change", () => choose(openid));
for (const each of document.querySelectorAll("[data-ask]")) each.addEventListener("click", () => ask(each.dataset.ask));

refresh();
setInterval(refresh, 500);
