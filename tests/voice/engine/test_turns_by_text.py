"""Typed turns through a whole call: order of events, tools, limits on responses."""

from tests.voice.engine.browser import SESSION, Browser

REPLY_ORDER = [
    "conversation.item.added",
    "conversation.item.done",
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "output_audio_buffer.started",
]
REPLY_END = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
    "output_audio_buffer.stopped",
]


async def test_spoken_reply_comes_in_the_api_order(browser):
    browser.type("thank you")
    await browser.wait("output_audio_buffer.stopped")
    types = [kind for kind in browser.types() if kind != "session.created"]
    assert types[: len(REPLY_ORDER)] == REPLY_ORDER
    assert types[-len(REPLY_END) :] == REPLY_END
    assert "built-in engine" in browser.said()
    response = browser.of("response.done")[0]["response"]
    assert response["status"] == "completed"
    assert response["output"][0]["content"][0]["transcript"] == browser.said()
    assert response["usage"]["output_token_details"]["audio_tokens"] > 0


async def test_tool_turn_calls_and_answers_from_the_output(browser):
    browser.type("What is the weather in Amsterdam?")
    done = (await browser.wait("response.done"))["response"]
    [call] = done["output"]
    assert (call["name"], call["arguments"]) == ("get_weather", '{"location": "Amsterdam"}')
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"temperature": 18.2}'}
    browser.send("conversation.item.create", item=output)
    browser.send("response.create")
    await browser.wait("response.done", 2)
    assert "18.2 degrees" in browser.said()


async def test_two_tools_in_one_utterance_are_two_calls_in_one_response(browser):
    browser.type("What is the weather in Paris and the time?")
    done = (await browser.wait("response.done"))["response"]
    assert [call["name"] for call in done["output"]] == ["get_weather", "get_current_time"]


async def test_text_modality_sends_text_and_no_audio_events(engine):
    browser = await Browser(engine).dial({**SESSION, "output_modalities": ["text"]})
    browser.type("hello")
    done = (await browser.wait("response.done"))["response"]
    assert done["output"][0]["content"][0]["type"] == "output_text"
    assert not [kind for kind in browser.types() if "audio" in kind]
    await browser.close()


async def test_a_reply_stops_at_the_most_tokens_it_may_have(engine):
    browser = await Browser(engine).dial({**SESSION, "max_output_tokens": 12})
    browser.type("What can you do?")
    done = (await browser.wait("response.done"))["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert 0 < len(browser.said()) <= 48
    await browser.close()


async def test_clearing_while_a_reply_is_under_way_ends_it(browser):
    browser.type("What can you do?")
    await browser.wait("output_audio_buffer.started")
    browser.send("output_audio_buffer.clear")
    done = (await browser.wait("response.done"))["response"]
    assert done["status"] == "cancelled"
    browser.type("thanks")
    await browser.wait("output_audio_buffer.stopped")


async def test_a_response_with_its_own_input_stays_out_of_the_conversation(browser):
    item = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "What time is it?"}],
    }
    response = {
        "conversation": "none",
        "input": [item],
        "output_modalities": ["text"],
        "metadata": {"for": "me"},
    }
    browser.send("response.create", response=response)
    done = (await browser.wait("response.done"))["response"]
    assert done["metadata"] == {"for": "me"}
    assert done["output"][0]["name"] == "get_current_time"
    assert "conversation.item.added" not in browser.types()


async def test_question_before_a_greeting_by_order_is_answered_after_it(browser):
    words = [{"type": "input_text", "text": "What is the weather in Amsterdam?"}]
    browser.send("conversation.item.create", item={"type": "message", "role": "user", "content": words})
    order = 'Say exactly this and nothing else: "Hello, this is Home."'
    browser.send("response.create", response={"instructions": order})
    await browser.wait("response.done")
    await browser.wait("output_audio_buffer.stopped")
    assert "Hello, this is Home." in browser.said()
    browser.send("response.create")
    await browser.wait("response.done", 2)
    [call] = browser.of("response.done")[1]["response"]["output"]
    assert (call["name"], call["arguments"]) == ("get_weather", '{"location": "Amsterdam"}')
