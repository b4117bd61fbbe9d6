#!/usr/bin/env python3
"""Makes Tests/TrainingTests/Fixtures/chat: a small tokenizer, and conversations as transformers turns them into tokens and
masks of what the assistant says (apply_chat_template with return_assistant_tokens_mask).

Run: python scripts/make_training_fixtures.py   (transformers, tokenizers)
"""
import json
import pathlib

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

folder = pathlib.Path(__file__).parent.parent / "Tests/TrainingTests/Fixtures/chat"
folder.mkdir(parents=True, exist_ok=True)

words = """The sun rises over the hills and the birds begin to sing. What is the capital of France? Paris is the capital
of France. Name three colors: red, green and blue. You are a helpful assistant who answers in one sentence. How are you
today? I am fine, thank you. Write a poem about the sea. Two plus two is four. user assistant system tool"""
specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|start|>", "<|sep|>", "<|eot_id|>"]
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(
    vocab_size=420, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
tokenizer.train_from_iterator([words] * 3, trainer)
fast = PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, eos_token="<|im_end|>", bos_token="<|endoftext|>", pad_token="<|im_end|>")
fast.save_pretrained(folder)

templates = {
    # What SmolLM3 and TRL's training templates do: the mark goes from the first word to the end token.
    "chatml": "{% for message in messages %}{% if message.role == 'assistant' %}{{ '<|im_start|>assistant\n' }}"
    "{% generation %}{{ message.content + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "llama3": "{{ bos_token }}{% for message in messages %}{{ '<|start|>' + message.role + '<|sep|>\n\n' }}"
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content | trim + '<|eot_id|>' }}{% endgeneration %}"
    "{% else %}{{ message.content | trim + '<|eot_id|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant<|sep|>\n\n' }}{% endif %}",
    # Qwen3's way: what was thought is shown in the last turn alone.
    "thinking": "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}"
    "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' %}{% generation %}{% if loop.index0 > ns.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m.content + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}{% else %}{{ m.content + '<|im_end|>\n' }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
}


def message(role, content):
    return {"role": role, "content": content}


conversations = [
    [message("user", "What is the capital of France?"), message("assistant", "Paris.")],
    [message("system", "You are helpful."), message("user", "Name a color."), message("assistant", "red"),
     message("user", "Another, please."), message("assistant", "blue, or green")],
    [message("user", "Grüße, 世界!"), message("assistant", "Hello 🌍 world  "), message("user", "x"),
     message("assistant", "Two plus two is four.\n\nI am fine.")],
]
cases = []
for name, template in templates.items():
    for conversation in conversations:
        made = fast.apply_chat_template(
            conversation, chat_template=template, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
        cases.append({"template": name, "messages": conversation, "ids": made["input_ids"], "mask": made["assistant_masks"]})
(folder / "masks.json").write_text(
    json.dumps({"templates": templates, "cases": cases}, ensure_ascii=False, indent=1) + "\n")
print(len(cases), "conversations in", folder)
