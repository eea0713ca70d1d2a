"""What the dialogue answers, turn by turn, without a sound."""

import json

import pytest

from voice.engine.brain.dialogue import Memory, Prompt, decide
from voice.engine.brain.tools import ToolResult, read_tools


def function(name, description, properties, required=()):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "name": name, "description": description, "parameters": schema}


TEXT = {"type": "string"}
WEATHER = "Gets the current weather and a seven-day forecast for a city or town anywhere on Earth."
CLOCK = "Tells the current time and date, in the site's time zone unless another is asked for."
TOOLS = read_tools(
    [
        function("get_weather", WEATHER, {"location": TEXT}, ["location"]),
        function("get_current_time", CLOCK, {"timezone": TEXT}),
        function("list_rooms", "Lists the rooms that have messages.", {"search": TEXT}),
        function("read_room", "Reads the latest messages of a room.", {"room": TEXT}, ["room"]),
        function(
            "publish_to_room",
            "Publishes a message to a room.",
            {"room": TEXT, "message": TEXT},
            ["room", "message"],
        ),
        function(
            "set_lamp",
            "Switches the lamp.",
            {"color": {"type": "string", "enum": ["red", "warm white"]}},
            ["color"],
        ),
        function("set_thermostat", "Sets the thermostat.", {"degrees": {"type": "number"}}, ["degrees"]),
    ]
)


ROOMS = '{"rooms": [{"room": "device01", "data": "21.5"}, {"room": "kitchen"}]}'
NOW = '{"time": "14:05", "date": "Sunday 22 November 2026", "timezone": "America/New_York", "iso": "x"}'


def ask(heard, memory=None, **given):
    given = {"tools": TOOLS, "introduced": True, **given}
    return decide(memory or Memory(), Prompt(heard=heard, **given))


def calls_for(heard, memory=None, **given):
    return [(call.name, call.arguments) for call in ask(heard, memory, **given)[1].calls]


@pytest.mark.parametrize(
    ("heard", "place"),
    [
        ("What is the weather in Amsterdam?", "Amsterdam"),
        ("what's the weather like in new york today", "New York"),
        ("Will it rain in The Hague tomorrow?", "Hague"),
        ("Tell me the weather for São Paulo, please.", "São Paulo"),
        ("How's the weather in Paris right now?", "Paris"),
        ("Do I need an umbrella in London?", "London"),
        ("What is the whether in Amsterdam?", "Amsterdam"),
        ("What's the temperature in Rio de Janeiro?", "Rio De Janeiro"),
    ],
)
def test_weather_is_asked_for_the_place_named(heard, place):
    assert calls_for(heard) == [("get_weather", {"location": place})]


@pytest.mark.parametrize(
    "heard", ["What time is it?", "Stop. What time is it?", "Stop what time is it", "What's the date?"]
)
def test_time_is_asked_of_the_clock(heard):
    assert calls_for(heard) == [("get_current_time", {})]


def test_time_elsewhere_carries_the_zone():
    assert calls_for("What time is it in Tokyo?") == [("get_current_time", {"timezone": "Asia/Tokyo"})]


@pytest.mark.parametrize(
    "heard",
    ["Which rooms are there?", "List the rooms.", "What devices are available?", "What rooms do you know?"],
)
def test_rooms_are_listed(heard):
    assert calls_for(heard) == [("list_rooms", {})]


@pytest.mark.parametrize(
    ("heard", "room"),
    [
        ("Read device 01.", "device01"),
        ("What does room kitchen say?", "kitchen"),
        ("What is the latest value of device one?", "device1"),
        ("read room device01", "device01"),
        ("what does device01 say", "device01"),
        ("What is the value of device one?", "device1"),
        ("What is the temperature of device one?", "device1"),
        ("What's the last value of greenhouse/temp?", "greenhouse/temp"),
        ("read the value of the kitchen window", "kitchenwindow"),
    ],
)
def test_a_room_is_read_by_name(heard, room):
    assert calls_for(heard) == [("read_room", {"room": room})]


@pytest.mark.parametrize(
    ("heard", "room", "message"),
    [
        ("Publish hello to room kitchen.", "kitchen", "hello"),
        ("publish 22 to device01", "device01", "22"),
        ("Send on to device one.", "device1", "on"),
        ("send the message hello world to greenhouse/valve", "greenhouse/valve", "hello world"),
        ("Send off to device number one", "device1", "off"),
        ("Send twenty one to device 01.", "device01", "21"),
        ('publish "bread and butter" to room kitchen', "kitchen", "bread and butter"),
        ("Set device01 to 21.5", "device01", "21.5"),
        ("Turn on device lamp", "lamp", "on"),
        ("publish bread and butter to room kitchen", "kitchen", "bread and butter"),
    ],
)
def test_a_message_is_published_to_a_room(heard, room, message):
    assert calls_for(heard) == [("publish_to_room", {"room": room, "message": message})]


def test_enums_and_numbers_are_taken_from_the_schema():
    assert calls_for("Make the lamp warm white.") == [("set_lamp", {"color": "warm white"})]
    assert calls_for("Set the thermostat to twenty one.") == [("set_thermostat", {"degrees": 21})]


def test_two_tools_in_one_utterance_are_both_called():
    assert calls_for("What's the weather in Paris and the time?") == [
        ("get_weather", {"location": "Paris"}),
        ("get_current_time", {}),
    ]


def test_two_places_in_one_utterance_are_two_calls():
    assert calls_for("What is the weather in Paris and London?") == [
        ("get_weather", {"location": "Paris"}),
        ("get_weather", {"location": "London"}),
    ]


@pytest.mark.parametrize(
    "answer", ["Amsterdam.", "In Amsterdam, please.", "Uh, Amsterdam", "It's for Amsterdam."]
)
def test_a_missing_argument_is_asked_for_and_taken_from_the_next_words(answer):
    memory, reply = ask("What is the weather?")
    assert (reply.text, reply.calls) == ("For which place?", ())
    assert calls_for(answer, memory) == [("get_weather", {"location": "Amsterdam"})]


def test_the_person_may_change_the_subject_instead_of_answering():
    memory, _ = ask("What is the weather?")
    assert calls_for("What time is it?", memory) == [("get_current_time", {})]
    assert ask("Never mind.", memory)[1].text == "Okay, never mind."


def test_an_answer_comes_from_the_weather_tools_output():
    output = {
        "location": "Amsterdam",
        "temperature": -2.0,
        "unit": "celsius",
        "humidity": 70,
        "wind_speed": 12.5,
        "code": 61,
        "daily": [{}, {"temperature_min": 4.5, "temperature_max": 9}],
    }
    text = ask("", results=(ToolResult("get_weather", json.dumps(output)),))[1].text
    assert text == (
        "In Amsterdam, it is minus 2 degrees Celsius, rain, humidity 70 percent, "
        "and wind 12.5 kilometres per hour. Tomorrow between 4.5 and 9 degrees."
    )


@pytest.mark.parametrize(
    ("output", "spoken"),
    [
        ('{"spoken": "It is ten.", "time": "10:00"}', "It is ten."),
        ('{"error": {"message": "no such place"}}', "No such place."),
        ('{"error": "the service cannot be reached"}', "The service cannot be reached."),
        (ROOMS, "There are 2 rooms: device01 with 21.5 and kitchen."),
        (NOW, "It is 14:05 in New York, Sunday 22 November 2026."),
        ('{"rooms": []}', "There are no rooms."),
        ('{"time": "10:00", "zone": "UTC"}', "Time 10:00 and zone UTC."),
        ("plain words", "Plain words."),
        ("", "Done."),
        ("[" * 5000, "[" * 400 + "."),
    ],
)
def test_any_output_becomes_a_sentence(output, spoken):
    assert ask("", results=(ToolResult("x", output),))[1].text == spoken


def test_it_repeats_its_last_words():
    assert ask("Say that again, please.", last_said="It is ten.")[1].text == "It is ten."


@pytest.mark.parametrize("heard", ["What can you do?", "Tell me everything you can do.", "Help."])
def test_what_it_can_do_takes_long_enough_to_be_interrupted(heard):
    text = ask(heard)[1].text
    assert len(text) / 17 > 15
    assert "get weather" in text


@pytest.mark.parametrize(
    ("heard", "word"),
    [("Hello.", "Hello"), ("Thank you.", "welcome"), ("Goodbye!", "Goodbye"), ("Stop.", "Okay")],
)
def test_small_talk_is_answered(heard, word):
    assert word in ask(heard)[1].text


def test_it_admits_what_it_does_not_understand():
    text = ask("Purple elephants juggle quietly.")[1].text
    assert "do not know" in text and "Purple elephants" in text


def test_it_says_so_when_it_has_no_clock():
    assert "no tool" in ask("What time is it?", tools=())[1].text


def test_the_first_words_of_a_call_say_who_speaks():
    assert ask("Hello.", introduced=False)[1].text.startswith("Roomtone's built-in engine here. ")
    assert "built-in" not in ask("Hello.")[1].text


def test_words_to_say_are_said():
    assert ask("", to_say="Welcome home.")[1].text == "Welcome home."


def test_tool_choice_is_obeyed():
    assert calls_for("What time is it?", tool_choice="none") == []
    assert calls_for("In Amsterdam", tool_choice="get_weather") == [
        ("get_weather", {"location": "Amsterdam"})
    ]
    assert len(calls_for("Anything at all in Amsterdam", tool_choice="required")) == 1
