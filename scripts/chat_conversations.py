"""Conversations that chat templates are compared on; make_chat_fixtures.py renders them."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Gets the weather.\nIn a \"city\".",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The city <name> & country"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                "days": {"type": "integer", "minimum": 1},
                "wind": {"type": ["boolean", "null"], "nullable": True},
            },
            "required": ["city"],
        },
    },
}
SEARCH = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Sucht in Büchern 📚",
        "parameters": {
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "filters": {
                    "type": "object",
                    "description": "Nested",
                    "properties": {"year": {"type": "number"}, "tags": {"type": "array", "items": {"type": "string"}}},
                    "required": ["year"],
                },
                "either": {"anyOf": [{"type": "string"}, {"type": "integer"}], "description": "Any"},
            },
        },
        "return": {"type": "string"},
    },
}
NOTHING = {
    "type": "function",
    "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}},
}


def system(text):
    return {"role": "system", "content": text}


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def call(name, arguments, identifier="call00001"):
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(text, identifier="call00001", name="get_weather"):
    return {"role": "tool", "tool_call_id": identifier, "name": name, "content": text}


ASK = user("What is the weather in Paris?")
PARIS = call("get_weather", {"city": "Paris", "days": 3, "wind": True, "ratio": 1.5, "note": None})
PARIS_TEXT = call("get_weather", '{"city": "Paris"}')

CONVERSATIONS = [
    {"messages": [user("Hello")]},
    {"messages": [system("Be brief."), user("Hello")]},
    {"messages": [system("  Be brief.\n"), user("  Hello \n"), assistant(" Hi! \n"), user("\nMore\n")]},
    {"messages": [user("One"), assistant("Two"), user("Three"), assistant("Four")]},
    {"messages": []},
    {"messages": [system("Only a system message.")]},
    {"messages": [user("")]},
    {"messages": [user("日本語 👩‍💻 e\u0301 \u00e9 \u200b ß İ"), assistant("<b>&amp;</b> 'q' \"d\" \\n")]},
    {"messages": [user("One"), user("Two")]},
    {"messages": [assistant("I begin."), user("Go on")]},
    {"messages": [user("Hi"), {"role": "critic", "content": "Unknown role"}]},
    {"messages": [{"role": "developer", "content": "Follow."}, user("Hi")]},
    {"messages": [user([{"type": "text", "text": "Part one. "}, {"type": "text", "text": "Part two."}])]},
    {"messages": [user([{"type": "image"}, {"type": "text", "text": "What is this?"}])]},
    {"messages": [
        user("2+2?"), assistant("4", reasoning_content="Add them."), user("Sure?"),
        assistant("Yes", reasoning_content="Check\nit."), user("Thanks")]},
    {"messages": [user("2+2?"), assistant("<think>\nAdd.\n</think>\n\n4"), user("And 3+3?")]},
    {"messages": [ASK], "tools": [WEATHER]},
    {"messages": [system("Use tools."), ASK], "tools": [WEATHER, SEARCH, NOTHING]},
    {"messages": [ASK, assistant("", tool_calls=[PARIS]), result("18 °C")], "tools": [WEATHER]},
    {"messages": [ASK, assistant(None, tool_calls=[PARIS_TEXT]), result('{"t": 18}'), assistant("18 °C."), user("Ok")],
     "tools": [WEATHER]},
    {"messages": [
        system("Use tools."), ASK,
        assistant("Let me see.", tool_calls=[PARIS, call("search", {"query": "a \"b\" <c>", "filters": {"year": 2020, "tags": ["x", "y"]}}, "call00002")]),
        result("18 °C"), result([{"type": "text", "text": "found"}], "call00002", "search"),
        assistant("Done.", reasoning_content="Both came."), user("Thanks")], "tools": [WEATHER, SEARCH]},
    {"messages": [ASK, {"role": "assistant", "tool_calls": [PARIS]}, result("18")], "tools": [WEATHER]},
    {"messages": [ASK, assistant("", tool_calls=[{"function": PARIS["function"]}]), result("x")]},
    {"messages": [user("Summarise.")],
     "documents": [{"title": "A", "text": "First."}, {"title": "B", "text": "Second."}]},
    {"messages": [system("Think."), user("Hi")], "extra": {"enable_thinking": False}},
    {"messages": [user("Hi"), assistant("Hello")], "extra": {"enable_thinking": True, "thinking": True, "bos_token": ""}},
    {"messages": [user("Hi")], "tools": [], "extra": {"date_string": "01 Jan 2025", "reasoning_effort": "high"}},
    {"messages": [{"role": "user"}]},
    {"messages": [user(None)]},
    {"messages": [user("Hi"), assistant("Reply", tool_calls=None), user("Hi")], "tools": [WEATHER["function"]]},
]
