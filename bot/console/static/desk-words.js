/** Words of the workplace for what the server names in English. */

export const REASONS = {
  asked_for_a_person: "要求人工",
  two_misunderstandings: "两次没听懂",
  question_without_answer: "问题没有答案",
  price_negotiation: "谈价格",
  late_change: "临近改约",
  complaint: "投诉",
  rescue: "救援",
  technical_failure: "系统故障",
  low_score: "评分低",
  dealer_rule: "按规则转人工",
  taken_by_staff: "主动接手",
};
export const STATES = { bot: "机器人接待中", queued: "排队中", adviser: "人工接待中", closed: "已结束" };
export const CHANNELS = { web: "网站", wechat: "微信", rest: "接口", terminal: "终端" };
export const PRESENCES = { online: "在线", away: "离开", offline: "离线" };
export const DECISIONS = { answer: "直接回答", clarify: "请客户选择", dialogue: "进入流程", fallback: "没听懂" };
const INTENTS = {
  faq: "问答",
  book_test_drive: "预约试驾",
  book_service: "预约保养",
  check_booking: "查预约",
  change_booking: "改预约",
  cancel_booking: "取消预约",
  ask_service_due: "问保养到期",
  ask_warranty_status: "问质保",
  report_breakdown: "车坏了求助",
  complain: "投诉",
  ask_human: "找人工",
  greet: "打招呼",
  goodbye: "告别",
  thank: "感谢",
  affirm: "肯定",
  deny: "否定",
  stop: "停止",
  inform: "提供信息",
  chitchat: "闲聊",
  out_of_scope: "超出范围",
  nlu_fallback: "没听懂",
  haggle: "讲价",
  abuse: "骂人的话",
  request_change: "要修改",
  join_waitlist: "登记候补",
  back_to_bot: "回到智能助手",
  done_elsewhere: "已在别处做过",
  sign_up_event: "报名活动",
  cancel_event: "取消报名",
  recommend_model: "选车推荐",
  compare_models: "车型对比",
  referral: "推荐码",
  export_my_data: "导出个人信息",
  delete_my_data: "删除个人信息",
  withdraw_consent: "不再接收消息",
  claim_warranty: "质保索赔",
  trade_in: "旧车置换",
};
const TOPICS = JSON.parse(document.getElementById("state")?.textContent ?? "{}").topics ?? {};

export function intentWords(intent) {
  return INTENTS[intent] ?? (intent ? "其他" : "没听懂");
}

/** The title of the topic that answered, where one did: what another intent is nearest to says nothing. */
export function topicWords({ intent, faq }) {
  return intent === "faq" && faq?.id ? TOPICS[faq.id] ?? "已停用的主题" : "";
}

/** What the bot made of a message, in one line. */
export function understoodLine(understanding) {
  const { intent, confidence } = understanding;
  const topic = topicWords(understanding);
  const share = Number.isFinite(confidence) ? ` ${Math.round(confidence * 100)}%` : "";
  return `机器人理解：${intentWords(intent)}${topic ? `“${topic}”` : ""}${share}`;
}

/** 刚刚, 3 分钟, 2 小时 10 分; `milliseconds` may be negative for a moment. */
export function span(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "刚刚";
  if (minutes < 60) return `${minutes} 分钟`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} 小时${minutes % 60 ? ` ${minutes % 60} 分` : ""}` : `${Math.floor(hours / 24)} 天`;
}

/** Where somebody wrote from, as one would say it: dealer.example/models/x5. */
export function pageWords(address) {
  try {
    const { protocol, host, pathname } = new URL(address);
    return /^https?:$/.test(protocol) ? `${host.replace(/^www\./, "")}${decodeURI(pathname)}`.replace(/\/+$/, "") : address;
  } catch {
    return address;
  }
}
