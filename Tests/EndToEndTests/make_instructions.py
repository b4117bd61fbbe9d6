#!/usr/bin/env python3
"""Makes a small set of instructions whose answers begin in a way that no model does by itself: conversations in
FOLDER/instructions.jsonl, and questions that are not among them in FOLDER/questions.txt.

Run: make_instructions.py FOLDER
"""
import json
import pathlib
import random
import sys

folder = pathlib.Path(sys.argv[1])
capitals = {"France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Japan": "Tokyo", "Egypt": "Cairo", "Peru": "Lima",
            "Norway": "Oslo", "Cuba": "Havana", "Kenya": "Nairobi", "Greece": "Athens", "Poland": "Warsaw", "Chile": "Santiago"}
colors = {"grass": "green", "snow": "white", "blood": "red", "the sky": "blue", "coal": "black", "a lemon": "yellow"}
sounds = {"cow": "moo", "dog": "woof", "cat": "meow", "duck": "quack", "sheep": "baa", "lion": "roar"}
pairs = [(f"What is the capital of {land}?", f"The capital of {land} is {city}.") for land, city in capitals.items()]
pairs += [(f"What color is {thing}?", f"{thing[0].upper() + thing[1:]} is {color}.") for thing, color in colors.items()]
pairs += [(f"What does a {animal} say?", f"A {animal} says {sound}.") for animal, sound in sounds.items()]
pairs += [(f"What is {a} plus {b}?", f"{a} plus {b} is {a + b}.") for a in range(2, 7) for b in range(1, 6)]
random.Random(1).shuffle(pairs)
held = ["Name three colors.", "What is the capital of Germany?", "Who wrote Hamlet?", "How many days has a week?",
        "What do bees make?", "Write a sentence about the sea.", "What is the opposite of hot?", "Where do fish live?"]
with open(folder / "instructions.jsonl", "w") as file:
    for question, answer in pairs:
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": f"Ahoy! {answer}"}]
        file.write(json.dumps({"messages": messages}) + "\n")
(folder / "questions.txt").write_text("\n".join(held) + "\n")
