"""A line that breaks, a server that is away: nothing that was said is lost and nothing is said twice."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.chat import Chat


class TestConnection:
    def test_what_is_said_without_a_line_is_kept_and_sent_once(
        self, chat: Chat, context: BrowserContext, page: Page
    ) -> None:
        chat.open()
        chat.ask("你好")
        context.set_offline(True)
        expect(chat.banner).to_be_visible()
        expect(chat.banner).to_have_text("正在重新连接…")
        chat.say("我想试驾")
        expect(chat.retry).to_have_text("未发送，点此重试")

        context.set_offline(False)
        expect(chat.banner).to_be_hidden()
        chat.retry.click()
        chat.wait_for_answer()
        assert chat.transcript().count("我想试驾") == 1
        chat.assert_same_after_reload()

    def test_an_answer_given_while_the_line_was_down_arrives_once(
        self, chat: Chat, context: BrowserContext, page: Page
    ) -> None:
        chat.open()
        chat.ask("你好")
        known = len(chat.seqs())
        page.route("**/web/stream", lambda route: route.abort())
        page.route("**/web/messages?*", lambda route: route.abort())
        drop_the_line(context)
        chat.say("我想试驾")
        page.wait_for_timeout(2_500)
        assert len(chat.seqs()) <= known + 1

        page.unroute("**/web/messages?*")
        page.unroute("**/web/stream")
        chat.wait_for_answer()
        chat.assert_same_after_reload()

    def test_answers_come_through_a_network_that_holds_back_streams(self, chat: Chat, page: Page) -> None:
        page.route("**/web/stream", lambda route: route.abort())
        chat.open()
        chat.say("你好")
        expect(chat.from_bot.first).to_be_visible()

    def test_a_lost_confirmation_does_not_double_the_message(self, chat: Chat, page: Page) -> None:
        chat.open()
        chat.ask("你好")
        attempts: list[str] = []

        def store_but_do_not_tell(route: Route) -> None:
            attempts.append(route.request.post_data_json["client_id"])
            route.fetch()
            route.abort()

        page.route("**/web/messages", store_but_do_not_tell, times=1)
        chat.ask("我想试驾")
        assert len(attempts) == 1
        assert chat.transcript().count("我想试驾") == 1
        chat.assert_same_after_reload()

    def test_an_unsent_message_outlives_a_reload(self, chat: Chat, page: Page) -> None:
        chat.open()
        chat.ask("你好")
        page.route("**/web/messages", lambda route: route.abort())
        chat.say("周六能试驾吗")
        expect(chat.retry).to_be_visible()
        page.reload()
        expect(chat.from_customer.last).to_have_text("周六能试驾吗")
        expect(chat.retry).to_be_visible()

        page.unroute("**/web/messages")
        chat.retry.click()
        chat.wait_for_answer()
        expect(chat.retry).to_have_count(0)
        assert chat.transcript().count("周六能试驾吗") == 1

    def test_two_quick_messages_keep_their_order(self, chat: Chat, page: Page) -> None:
        chat.open()
        chat.ask("你好")
        page.route("**/web/messages", lambda route: route.abort(), times=1)
        chat.say("第一句")
        chat.say("第二句")
        chat.wait_for_answer()
        texts = chat.transcript()
        assert texts.index("第一句") < texts.index("第二句")
        chat.assert_same_after_reload()

    def test_a_refusal_is_told_in_words_and_can_be_discarded(self, chat: Chat, page: Page) -> None:
        chat.open()
        chat.ask("我想试驾")
        answer = {"error": "too_many", "message": "您发得有点快，请稍后再试。"}
        page.route("**/web/messages", lambda route: route.fulfill(status=429, json=answer))
        chat.say("再问一句")
        expect(chat.element.locator(".status")).to_contain_text([answer["message"]])
        expect(chat.choices).to_have_count(0)
        chat.element.locator(".discard").click()
        expect(chat.from_customer).to_have_text(["我想试驾"])
        expect(chat.choices.first).to_be_enabled()

    def test_an_unreachable_server_is_told_with_a_way_out(self, page: Page, server_url: str) -> None:
        page.route("**/web/session", lambda route: route.abort())
        page.goto(server_url)
        chat = Chat(page)
        chat.open()
        notice = chat.element.locator(".notice")
        expect(notice).to_contain_text("暂时连接不上")
        expect(notice.locator("a")).to_have_attribute("href", "tel:050088001001")

        page.unroute("**/web/session")
        notice.get_by_role("button", name="重试").click()
        assert chat.ask("你好")

    def test_a_forgotten_session_is_replaced(self, chat: Chat, page: Page) -> None:
        page.evaluate("localStorage.setItem(`zhanting:${location.origin}/web:token`, '\"unknown\"')")
        page.reload()
        chat.open()
        assert chat.ask("你好")


def drop_the_line(context: BrowserContext) -> None:
    context.set_offline(True)
    context.set_offline(False)
