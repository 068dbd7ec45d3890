"""Where it is not clear what was asked: two or three topics to choose from, and what the customer makes of them."""

from __future__ import annotations

import pytest

from bot.store.tables import Unanswered
from tests.conversations.harness import Assistant, Customer
from tests.conversations.understood import Understood

TOPICS = ("product.battery_warranty", "product.ev_range", "product.charging")
QUESTION = "电池那个事儿"


@pytest.fixture
def understood(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Understood:
    decided = Understood(assistant, monkeypatch)
    decided.unclear(QUESTION, *TOPICS)
    return decided


@pytest.fixture
async def asked(customer: Customer, understood: Understood) -> Customer:
    """Somebody who has just been given a choice of three."""
    await customer.says(QUESTION, "哪一个")
    return customer


def titles(customer: Customer) -> list[str]:
    faq = customer.assistant.installation.content.current().faq
    return [faq[topic].title for topic in TOPICS]


def stored(customer: Customer) -> list[tuple[str, str, str, int]]:
    return [(row.kind, row.state, row.text, row.seq) for row in customer.rows(Unanswered)]


async def test_three_topics_are_three_buttons(asked: Customer) -> None:
    assert asked.reply.buttons == titles(asked)
    assert asked.form is None
    assert stored(asked) == [("clarification", "asked", QUESTION, 1)]


async def test_two_topics_are_two_buttons(customer: Customer, understood: Understood) -> None:
    await customer.says(understood.unclear("电池嘛", *TOPICS[:2]), "哪一个")

    assert customer.reply.buttons == titles(customer)[:2]


async def test_topics_that_nobody_means_are_not_offered(customer: Customer, understood: Understood) -> None:
    await customer.says(understood.unclear("电池嘛", *TOPICS, falling=9), "哪一个")

    assert customer.reply.buttons == titles(customer)[:2]  # two at least: one is no choice


async def test_a_dialogue_that_may_be_meant_is_offered_too(
    customer: Customer, understood: Understood
) -> None:
    await customer.says(understood.unclear("首保?", *TOPICS, dialogue="book_service"), "哪一个")
    assert customer.reply.buttons == [*titles(customer)[:2], "预约保养"]

    await customer.clicks("预约保养")
    assert customer.form == "service_visit_form"
    assert stored(customer)[0][1] == "taken"


async def test_candidates_and_intents_are_stored(asked: Customer) -> None:
    [row] = asked.rows(Unanswered)

    assert [candidate["id"] for candidate in row.candidates] == list(TOPICS)
    assert [candidate["score"] for candidate in row.candidates] == [0.4, 0.2, 0.1333]
    assert [intent["name"] for intent in row.intents] == ["faq", "chitchat", "greet"]


async def test_a_button_takes_it(asked: Customer) -> None:
    await asked.clicks(titles(asked)[1])

    asked.was_told(TOPICS[1])
    assert stored(asked) == [("clarification", "taken", QUESTION, 1)]


async def test_its_title_takes_it(asked: Customer) -> None:
    await asked.says(titles(asked)[2])

    asked.was_told(TOPICS[2])
    assert stored(asked)[0][1] == "taken"


@pytest.mark.parametrize(
    ("said", "place"), [("第一个", 0), ("1", 0), ("第二个吧", 1), ("那就第三个", 2), ("选第2个", 1), ("3", 2)]
)
async def test_its_number_takes_it(asked: Customer, said: str, place: int) -> None:
    await asked.says(said)

    asked.was_told(TOPICS[place])
    assert stored(asked)[0][1] == "taken"


@pytest.mark.parametrize("said", ["停车免费吗", "我想试驾", "第四个", "你好"])
async def test_another_sentence_does_not(asked: Customer, said: str) -> None:
    await asked.says(said)

    assert stored(asked)[0] == ("clarification", "open", QUESTION, 1)


async def test_none_of_them_is_a_misunderstanding(asked: Customer, understood: Understood) -> None:
    await asked.says("都不是", "没有听懂")
    assert stored(asked) == [("clarification", "open", QUESTION, 1)]

    await asked.says(understood.nothing("就是那个啊"), "要我请人工顾问")


async def test_a_yes_to_three_topics_asks_again(asked: Customer) -> None:
    await asked.says("好的", "哪一个")
    assert asked.reply.buttons == titles(asked)

    await asked.says("第二个")
    asked.was_told(TOPICS[1])
    assert stored(asked) == [("clarification", "taken", QUESTION, 1)]


async def test_the_same_choice_is_not_given_twice(asked: Customer, understood: Understood) -> None:
    again = understood.unclear("就电池那个", *TOPICS)
    await asked.says(again, never=("哪一个？",))
    assert "转人工顾问" in asked.reply.buttons

    assert stored(asked) == [
        ("clarification", "open", QUESTION, 1),
        ("fallback", "open", again, 3),
    ]


async def test_another_choice_may_follow(asked: Customer, understood: Understood) -> None:
    await asked.says(understood.unclear("电池换一个", *TOPICS[1:]), "哪一个")

    assert asked.reply.buttons == titles(asked)[1:]
    assert [row[1] for row in stored(asked)] == ["open", "asked"]


async def test_in_the_middle_of_a_form(customer: Customer, understood: Understood) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says(QUESTION, "哪一个")
    customer.was_asked("drive_model", "哪一款")
    await customer.clicks(titles(customer)[1], "哪一款")
    customer.was_told(TOPICS[1])
    await customer.says("X5", "哪家门店")
    assert stored(customer)[0][1] == "taken"


async def test_in_the_middle_of_a_form_a_number_answers_the_last_question(
    customer: Customer, understood: Understood
) -> None:
    await customer.says("我想试驾", "哪一款")
    await customer.says(QUESTION, "哪一个", "哪一款")
    await customer.says("第一个")

    assert customer.slot("drive_model") == "s3"
    assert stored(customer)[0][1] == "open"


async def test_a_retired_topic_is_not_offered(customer: Customer, understood: Understood) -> None:
    await customer.says(understood.unclear("老电池", "product.no_more", *TOPICS[:2]))

    assert customer.reply.buttons == titles(customer)[:2]
