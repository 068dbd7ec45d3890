/** The staff API from a page of the console: the session's cookie travels along, the page's token proves the page. */

const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** What the server refused: `status`, its JSON `body`, and `message`, words for a person. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.message || wordsFor(status));
    this.status = status;
    this.body = body;
  }
}

/** `await api("POST", "conversations/1/take", {epoch})` gives the JSON; throws Refused, or TypeError when offline.
 * Whose session is over is sent to sign in, unless the page shall `stay`. */
export async function api(method, path, body, { stay = false } = {}) {
  const response = await fetch(`/api/staff/${path}`, {
    method,
    credentials: "same-origin",
    headers: { "X-CSRF-Token": csrf, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401 && !stay) location.assign(`/console/login?next=${encodeURIComponent(location.pathname)}`);
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/** Keeps a file for a reply; gives its `token`. */
export const upload = (file) => send("uploads", file);

/** Sends a file as the body of a request; gives the JSON, throws as `api`. */
export async function send(path, file, more = {}) {
  const response = await fetch(`/api/staff/${path}?${new URLSearchParams({ name: file.name, ...more })}`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-CSRF-Token": csrf, "Content-Type": "application/octet-stream" },
    body: file,
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

function wordsFor(status) {
  const words = {
    400: "填写的内容有误，请检查后再试。",
    401: "登录已过期，请重新登录。",
    403: "您没有权限做这件事。",
    404: "没有找到，可能已被删除。",
    409: "情况已经变化，请看一下最新状态再操作。",
    413: "内容太大了。",
    429: "操作太频繁，请稍等再试。",
  };
  return words[status] ?? "系统出了点问题，请稍后再试。";
}
