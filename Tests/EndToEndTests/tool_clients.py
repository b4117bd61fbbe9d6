"""Structured answers and tools through instructor and langchain-openai; what is not installed is passed over.

    python3 Tests/EndToEndTests/tool_clients.py http://127.0.0.1:8080/v1
"""

import sys

import pydantic


class Person(pydantic.BaseModel):
    """A person."""

    name: str = pydantic.Field(max_length=20)
    age: int = pydantic.Field(ge=0, le=120)


url = sys.argv[1]
question = "Describe a person of 30 years called Ann."
try:
    import instructor
    import openai
except ImportError as error:
    print(f"passed over: {error}")
else:
    # Mode.JSON asks for any object and leaves the rest to the model's understanding, which this one has little of.
    for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA):
        client = instructor.from_openai(openai.OpenAI(base_url=url, api_key="none"), mode=mode)
        person = client.chat.completions.create(
            model="smollm2", response_model=Person, max_tokens=100, temperature=0.7, seed=1, max_retries=0,
            messages=[{"role": "user", "content": question}])
        assert isinstance(person, Person), person
        print(f"instructor, {mode.name}: {person!r}")

try:
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI
except ImportError as error:
    print(f"passed over: {error}")
else:
    chat = ChatOpenAI(base_url=url, api_key="none", model="smollm2", max_tokens=100, temperature=0.7, seed=1, max_retries=0)
    for method in ("function_calling", "json_schema"):
        person = chat.with_structured_output(Person, method=method).invoke(question)
        assert isinstance(person, Person), person
        print(f"langchain-openai, {method}: {person!r}")

    @tool
    def add(a: int, b: int) -> int:
        """Adds two numbers."""
        return a + b

    bound = chat.bind_tools([add], tool_choice="add", parallel_tool_calls=False)
    calls = bound.invoke("2 + 3").tool_calls
    assert len(calls) == 1 and isinstance(add.invoke(calls[0]["args"]), int), calls
    pieces = None
    for chunk in bound.stream("2 + 3"):
        pieces = chunk if pieces is None else pieces + chunk
    assert isinstance(add.invoke(pieces.tool_calls[0]["args"]), int), pieces
    print(f"langchain-openai: {calls}")
