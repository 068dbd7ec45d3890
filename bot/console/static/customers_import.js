/** A file of customers: looked at first, then taken as a whole or not at all. */

import { Refused, send } from "./api.js";
import { attempt } from "./toast.js";

const MOST_LINES = 30;
const box = document.getElementById("import");
const [file, form] = [box.querySelector("input"), box.querySelector("form")];
const [check, take] = [form.querySelector("[type=submit]"), box.querySelector("[data-import]")];
const result = box.querySelector("[data-result]");

file.addEventListener("change", () => show([], true));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  work(check, true);
});
take.addEventListener("click", () => work(take, false));

function work(button, dryRun) {
  return attempt(button, async () => {
    let report;
    try {
      report = await send("customers/import", file.files[0], dryRun ? { dry_run: "true" } : {});
    } catch (error) {
      if (!(error instanceof Refused) || !error.body.problems) throw error;
      return show([error.message, ...error.body.problems], true);
    }
    const changed = report.changed.map(({ row, what }) => `${row}：更新 ${what}`);
    const said = dryRun ? `可以导入：${report.summary}。` : `已导入：${report.summary}。`;
    return show([said, ...report.warnings, ...changed], !dryRun);
  });
}

/** The first line is the outcome; the button to import appears only for a file that can be taken. */
function show([head, ...lines], done) {
  take.hidden = done;
  result.replaceChildren();
  if (!head) return;
  const words = document.createElement("p");
  words.textContent = head;
  const list = document.createElement("ul");
  const more = lines.length > MOST_LINES ? [`……还有 ${lines.length - MOST_LINES} 条`] : [];
  for (const line of [...lines.slice(0, MOST_LINES), ...more]) list.append(Object.assign(document.createElement("li"), { textContent: line }));
  result.append(words, ...(lines.length ? [list] : []));
}
