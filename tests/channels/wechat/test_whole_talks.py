"""From the customer's thumb to the model and back: the real assistant, the simulated platform with its 5 seconds."""

from __future__ import annotations

import re

import pytest

from tests.proof import FULL
from tests.wechat_platform.assistant import Station
from tests.wechat_platform.delivery import DEADLINE, Way
from tests.wechat_platform.shown import OUT_OF_ORDER

DRIVE = "我想11月28日上午十点去城东店试驾X5，我叫{name}，电话{phone}，有驾照满一年了"
OPENING = "你们几点开门"
"""Its answer has choices, which go out as a msgmenu."""
THANKS = "谢谢"
"""Its answer has none."""
SLOW, VERY_SLOW = 7.0, 17.0


async def test_a_test_drive_is_booked_with_a_turn_of_7_seconds_in_the_middle(station: Station) -> None:
    """Safe mode; reference/wechat.md, points 3, 6 and 13: each message is seen once, in order."""
    text = DRIVE.format(name="李雷", phone="13911110001")
    station.slow_down({text: SLOW})
    customer = station.platform.customer("o-books-0000000000000001")

    customer.text("你好")
    await customer.done()
    await customer.until(station.has_answers)
    slow = customer.text(text)
    await customer.done()
    assert slow.outcomes == ["acknowledged"]
    assert slow.attempts[0].seconds < DEADLINE
    await customer.sees("确认")
    customer.click(customer.choice("确认"))
    await customer.done()
    await customer.sees("预约码")

    await customer.until(station.has_answers)
    station.sees_everything_once(customer)
    booked = station.staff("GET", "/appointments?phone=13911110001")
    assert [(each["kind"], each["status"], each["model"]) for each in booked] == [
        ("test_drive", "confirmed", "x5")
    ]
    assert any(call.path.endswith("/typing") and call.code == 0 for call in station.platform.api.calls)
    assert OUT_OF_ORDER not in customer.texts


@pytest.mark.parametrize("account", ["main", "plain", "compatible"])
async def test_point_03_an_answer_in_time_is_one_passive_reply_in_the_mode_of_the_account(
    station: Station, account: str
) -> None:
    customer = station.platform.customer("o-quick-0000000000000001", account)
    delivery = customer.text(THANKS)
    await customer.done()

    assert delivery.outcomes == ["passive"]
    assert [each.via for each in customer.received] == ["passive"]
    station.sees_everything_once(customer)


async def test_verification_echoes(station: Station) -> None:
    for account in ("main", "plain", "compatible"):
        status, text, echo = await station.platform.verify(account)
        assert (status, text) == (200, echo)


async def test_point_07_a_redelivery_joins_the_running_turn(station: Station) -> None:
    """The platform lost patience at once, twice: one turn, one answer."""
    station.slow_down({THANKS: 2.0})
    customer = station.platform.customer("o-joins-0000000000000001")
    delivery = customer.text(THANKS, Way(cut=(0.3, 0.3, DEADLINE)))
    await customer.done()
    await customer.until(station.has_answers)

    assert delivery.outcomes == ["cut", "cut", "passive"]
    assert station.asked(customer) == [THANKS]
    station.sees_everything_once(customer)


async def test_point_05_a_double_gets_the_same_answer_and_no_other(station: Station) -> None:
    customer = station.platform.customer("o-twice-0000000000000001")
    delivery = customer.text(THANKS, Way(again=(0.0, 0.05, 1.0)))
    await customer.done()

    assert station.asked(customer) == [THANKS]
    assert {reply["Content"] for reply in delivery.extra_replies} <= {customer.received[0].text}
    station.sees_everything_once(customer)


async def test_point_05_the_same_msgid_of_two_customers_is_two_messages(station: Station) -> None:
    one = station.platform.customer("o-collides-00000000000001")
    other = station.platform.customer("o-collides-00000000000002")
    one.text(OPENING, msgid=7)
    other.text("你好", msgid=7)
    await one.done()
    await other.done()

    assert (station.asked(one), station.asked(other)) == ([OPENING], ["你好"])
    for each in (one, other):
        await each.until(station.has_answers)
        station.sees_everything_once(each)


async def test_point_01_forged_and_stale_requests_are_refused(station: Station) -> None:
    customer = station.platform.customer("o-forged-000000000000001")
    forged = customer.text("你好", Way(is_forged=True))
    stale = customer.text("你好", Way(shift=-3600))
    await customer.done()

    assert [each.attempts[0].status for each in (forged, stale)] == [403, 403]
    with pytest.raises(AssertionError, match="0 conversations"):
        station.asked(customer)


async def test_point_09_without_permission_the_redelivery_brings_the_answer(station: Station) -> None:
    station.slow_down({OPENING: SLOW})
    customer = station.platform.customer("o-bare-00000000000000001", "bare")
    delivery = customer.text(OPENING)
    await customer.done()

    assert delivery.outcomes == ["cut", "passive"], delivery.attempts
    station.sees_everything_once(customer)
    assert not [call for call in station.platform.api.calls if call.account == "bare"]


async def test_point_09_an_answer_that_takes_too_long_comes_with_the_next_message(station: Station) -> None:
    station.slow_down({OPENING: VERY_SLOW})
    customer = station.platform.customer("o-bare-00000000000000002", "bare")
    delivery = customer.text(OPENING)
    await customer.done()
    assert delivery.outcomes[-1] == "passive"
    held = customer.received[-1].text
    assert "回复" in held
    assert len(customer.received) == 1

    await customer.until(lambda me: len(station.transcript(me)) > 1)
    customer.text("好的")
    await customer.done()

    customer.shown = [each for each in customer.shown if each.text != held]
    station.sees_everything_once(customer)


async def test_point_13_without_permission_choices_are_numbered(station: Station) -> None:
    customer = station.platform.customer("o-bare-00000000000000003", "bare")
    customer.text("我想试驾")
    await customer.done()
    assert re.search(r"1\. .+\n2\. ", customer.received[-1].text), customer.texts
    second = re.search(r"2\. (.+)", customer.received[-1].text)
    assert second
    customer.text("2")
    await customer.done()

    chosen = second[1].split()[-1]
    assert station.asked(customer)[-1] in ("2", second[1])
    assert "预约" in customer.received[-1].text or chosen in customer.received[-1].text
    station.sees_everything_once(customer)


async def test_point_09_the_platform_denies_and_the_answer_comes_with_the_next_message(
    station: Station,
) -> None:
    station.slow_down({OPENING: SLOW})
    customer = station.platform.customer("o-denied-000000000000001", "denied")
    customer.text(OPENING)
    await customer.done()
    await customer.until(
        lambda me: (
            [
                call.code
                for call in station.platform.api.calls
                if call.openid == me.openid and "/message/custom/" in call.path
            ]
            == [48001]
        )
    )  # the typing indicator's refusal says it already: nothing is sent in vain
    customer.text("好的")
    await customer.done()
    await customer.until(station.has_answers)

    station.sees_everything_once(customer)
    assert OUT_OF_ORDER not in customer.texts


async def test_point_11_a_token_that_the_platform_forgot_is_fetched_once_more(station: Station) -> None:
    customer = station.platform.customer("o-token-0000000000000001")
    station.slow_down({OPENING: 5.0})
    station.platform.tokens["main"].forget()
    customer.text(OPENING)
    await customer.done()
    await customer.until(station.has_answers)

    station.sees_everything_once(customer)
    sent = [
        call.code
        for call in station.platform.api.calls
        if call.openid == customer.openid and "send" in call.path
    ]
    assert sent in ([0], [40001, 0])


@pytest.mark.parametrize("fault", [-1, 45011, "500", "html"] if FULL else ["500"])
async def test_point_11_a_platform_in_trouble_gets_the_answer_later(
    station: Station, fault: int | str
) -> None:
    customer = station.platform.customer(f"o-trouble-{fault}-0000000001")
    station.slow_down({OPENING: 4.5})
    station.platform.faults.plan("/custom/send", fault, openid=customer.openid)
    customer.text(OPENING)
    await customer.done()
    await customer.until(station.has_answers)

    station.sees_everything_once(customer)


async def test_point_16_nothing_secret_is_in_the_log(station: Station) -> None:
    customer = station.platform.customer("o-secret-of-a-customer-01")
    customer.text(OPENING)
    await customer.done()
    written = station.server.out + station.server.err

    for account in station.platform.accounts.values():
        for secret in (account.secret, account.token, account.aes_key):
            assert secret not in written
    for (_, openid), _ in station.platform.customers.items():
        assert openid not in written
    assert not re.search(r"token-\w+-\d", written)
    assert "Traceback" not in written, station.server.err[-3000:]
