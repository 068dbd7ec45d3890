/** One's own account: the password, all sessions, and whether the browser may tell of new work. */

import { api } from "./api.js";
import { showFaults, submitted } from "./faults.js";
import { attempt, toast } from "./toast.js";

const form = document.getElementById("password");
const alerts = document.getElementById("allow-alerts");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { old, new: fresh, again } = form.elements;
  if (fresh.value !== again.value) {
    showFaults(form, { again: "两次输入的新密码不一样" });
    return;
  }
  const answer = await submitted(form, () => api("POST", "me/password", { old: old.value, new: fresh.value }));
  if (!answer) return;
  if (form.dataset.then) return location.assign(form.dataset.then); // the console opens with it
  form.reset();
  toast("密码已修改，其他设备要重新登录");
});

document.getElementById("everywhere").addEventListener("click", async (event) => {
  const answer = await attempt(event.target, () => api("POST", "me/sign-out-everywhere", {}));
  if (answer) location.assign("/console/login");
});

function showAlerts() {
  const state = "Notification" in window ? Notification.permission : "missing";
  document.getElementById("alerts-state").textContent = {
    granted: "浏览器通知已允许：有新对话时，即使窗口不在前面也会提醒。",
    denied: "浏览器通知被禁止了。要打开，请在浏览器地址栏左边的网站设置里允许通知。",
    default: "还没有允许浏览器通知。允许后，有新对话时即使窗口不在前面也会提醒。",
    missing: "这个浏览器不支持通知，请打开工作台的声音提醒。",
  }[state];
  alerts.hidden = state !== "default";
}

alerts.addEventListener("click", async () => {
  await Notification.requestPermission();
  showAlerts();
});
showAlerts();
