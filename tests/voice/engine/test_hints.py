"""A system message may ask for words with the next answer; it gets no answer of its own."""

from voice.call import Send
from voice.call.notices import hint

HINT = next(effect.event for effect in hint() if isinstance(effect, Send))


async def test_hint_is_said_with_the_next_answer_and_once(browser):
    browser.send(HINT["type"], item=HINT["item"])
    await browser.wait("conversation.item.done")
    assert browser.of("response.created") == []
    browser.type("thank you")
    assert (await browser.reply()).endswith("You are welcome. One minute is left.")
    browser.type("thank you")
    assert await browser.reply(2) == "You are welcome."


async def test_hint_survives_a_tool_that_is_asked_first(browser):
    browser.send(HINT["type"], item=HINT["item"])
    browser.type("What time is it?")
    done = (await browser.wait("response.done"))["response"]
    output = {
        "type": "function_call_output",
        "call_id": done["output"][0]["call_id"],
        "output": '{"time": "12:01"}',
    }
    browser.send("conversation.item.create", item=output)
    browser.send("response.create")
    assert (await browser.reply()).endswith("One minute is left.")
