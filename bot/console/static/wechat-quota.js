/** What the composer says of a WeChat customer's quota. */

/** `left` messages until `ends`, `queued` lines that wait, and why (`blocked`). */
export function quotaWords({ left, ends, queued, blocked }, dates) {
  if (blocked === "unfollowed") return `客户已取消关注公众号，消息送不到${waiting("：", queued)}`;
  if (blocked === "permission") return `公众号不能主动发送：${lines(queued)}等客户再次发言后送出`;
  if (left === 0) return `额度已用完：${lines(queued)}等客户再次发言后送出`;
  const trouble = blocked === "failed" ? "，微信暂时没有响应，正在重试" : "";
  return `微信还可发送 ${left} 条（至 ${dates.day(ends).split(" ")[0]} ${dates.clock(ends)}）${waiting("，", queued)}${trouble}`;
}

function lines(queued) {
  return queued ? `${queued} 条消息` : "回复";
}

function waiting(comma, queued) {
  return queued ? `${comma}${queued} 条等着送出` : "";
}
