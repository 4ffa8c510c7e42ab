"""Every form of row is read, and every fault names its field."""

from __future__ import annotations

from typing import Any

import pytest

from assay_train.chat_rows import RowFault
from assay_train.row_forms import RowReader

USER = {"role": "user", "content": "Where is the Louvre?"}
PARIS = {"role": "assistant", "content": "In Paris."}


def test_chats_are_read_up_to_the_last_answer() -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, PARIS, USER, PARIS, USER]
    reading = RowReader().read({"messages": turns})
    assert [each["role"] for each in reading.messages or ()] == ["system", "user", "assistant", "user"]
    assert reading.ground_truth == "In Paris."
    assert reading.prompt == "system: Be brief.\n\nuser: Hi\n\nassistant: In Paris.\n\nuser: Where is the Louvre?"
    shared = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}
    reading = RowReader().read(shared)
    assert (reading.form, reading.prompt, reading.ground_truth) == ("conversations", "Hi", "Hello")
    assert reading.messages == ({"role": "user", "content": "Hi"},)


@pytest.mark.parametrize(
    ("row", "form", "prompt", "truth"),
    [
        ({"prompt": "2 + 2 =", "completion": " 4"}, "prompt and completion", "2 + 2 =", " 4"),
        ({"prompt": [USER], "completion": [PARIS]}, "prompt and completion", USER["content"], "In Paris."),
        ({"prompt": [USER], "completion": "Paris"}, "prompt and completion", USER["content"], "Paris"),
        ({"prompt": "Q", "chosen": "A", "rejected": "B"}, "prompt and chosen", "Q", "A"),
        ({"chosen": [USER, PARIS], "rejected": [USER]}, "chosen", USER["content"], "In Paris."),
        (
            {"instruction": "Add", "input": "2, 3", "output": "5", "text": "all of it"},
            "instruction, input and output",
            "Add\n\n2, 3",
            "5",
        ),
        ({"instruction": "Add", "response": "5"}, "instruction and response", "Add", "5"),
        ({"question": "2 + 2?", "answer": "4"}, "question and answer", "2 + 2?", "4"),
    ],
)
def test_usual_forms(row: dict[str, Any], form: str, prompt: str, truth: str) -> None:
    reading = RowReader().read(row)
    assert (reading.form, reading.prompt, reading.ground_truth) == (form, prompt, truth)


def test_a_text_is_split_at_its_last_marker_and_loses_the_end_token(byte_tokenizer: Any) -> None:
    text = "### Q\nwhat is ### A\n?\n### A\nnothing<|end|>"
    reading = RowReader(byte_tokenizer, "### A\n").read({"text": text})
    assert (reading.prompt, reading.ground_truth) == ("### Q\nwhat is ### A\n?\n### A\n", "nothing")
    assert RowReader(None, "=").read("2 + 2 = 4").ground_truth == " 4"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"messages": []}, "messages: the list of messages is empty"),
        ({"messages": "hello"}, "messages: a list of messages is needed, and it is of type str"),
        ({"messages": [USER]}, "messages: no message has the role assistant"),
        ({"messages": [PARIS]}, r"messages\[0\]: the answer is the first message"),
        ({"messages": [USER, {"role": "assistant", "content": " "}]}, r"messages\[1\]: the answer is empty"),
        (
            {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}]},
            r"messages\[1\]: the answer has no text, it only calls tools",
        ),
        ({"messages": [{"content": "who?"}]}, r"messages\[0\].role: is missing"),
        ({"messages": [{"role": "user", "content": 5}]}, r"messages\[0\].content: a text or a list of parts"),
        ({"messages": ["hi"]}, r"messages\[0\]: a message with role and content is needed"),
        ({"prompt": "Why?"}, "prompt: there is no answer to it; name the field with the answer completion"),
        ({"prompt": "Why?", "completion": ""}, "the answer is empty"),
        ({"prompt": " ", "completion": "x"}, "the prompt is empty"),
        ({"question": "Why?", "answer": 4}, "answer: a text is needed, and it is of type int"),
        ({"text": "all in one"}, "text: .*set split_marker"),
        ({"input_ids": [1, 2], "labels": [-100, 2]}, "input_ids: .*give tokenizer"),
        ({"abc": 1, "z": 2}, r"none of its fields \(abc, z\) is known"),
        (("a", "b"), "a row with named fields is needed, and it is of type tuple"),
    ],
)
def test_faults_name_the_field(row: Any, words: str) -> None:
    with pytest.raises(RowFault, match=words):
        RowReader().read(row)


def test_only_text_is_kept_of_contents_and_the_rest_is_named() -> None:
    picture = {"type": "image_url", "image_url": {"url": "x"}}
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}
    found = {"role": "tool", "content": "rainy", "tool_calls": None}
    asked = {"role": "user", "content": [{"type": "text", "text": "Look:"}, picture, picture, "well?"]}
    last = {"role": "assistant", "content": [{"type": "text", "text": "Rain."}], "tool_calls": [{"id": "2"}]}
    reading = RowReader().read({"messages": [asked, call, found, last], "tools": [{"name": "weather"}], "image": "y"})
    messages = reading.messages or ()
    assert messages[0]["content"] == "Look:\nwell?"
    assert messages[1]["tool_calls"] == [{"id": "1"}]
    assert messages[2] == {"role": "tool", "content": "rainy"}
    assert reading.ground_truth == "Rain."
    assert reading.template == {"tools": [{"name": "weather"}]}
    assert reading.left_out == (
        "messages[0].content: 2 x image_url",
        "messages[3].tool_calls: only the text of the answer is the ground truth",
        "image: only text is shown to the model",
    )


def ids(tokenizer: Any, text: str) -> list[int]:
    """Token ids of a text, with the special tokens that stand in it and no others."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def test_tokens_are_split_where_the_labels_begin(byte_tokenizer: Any) -> None:
    reader = RowReader(byte_tokenizer)
    ask, answer, more = ids(byte_tokenizer, "Q: 2?"), ids(byte_tokenizer, "two<|end|>"), ids(byte_tokenizer, "more")
    pad = [byte_tokenizer.pad_token_id] * 3
    row: dict[str, Any] = {
        "input_ids": [*pad, *ask, *answer, *more, *answer],
        "attention_mask": [0] * 3 + [1] * (len(ask) + 2 * len(answer) + len(more)),
        "labels": [-100] * (3 + len(ask)) + answer + [-100] * len(more) + answer,
    }
    reading = reader.read(row)
    assert (reading.form, reading.prompt, reading.ground_truth) == ("input_ids and labels", "Q: 2?", "two")
    assert reading.prompt_ids == tuple(ask)
    masked = {"input_ids": ask + answer, "completion_mask": [0] * len(ask) + [1] * len(answer)}
    assert (reader.read(masked).prompt_ids, reader.read(masked).ground_truth) == (tuple(ask), "two")
    # Labels of an encoder-decoder are another text than its input.
    other = reader.read({"input_ids": ask, "labels": [*answer, -100]})
    assert (other.prompt_ids, other.prompt, other.ground_truth) == (tuple(ask), "Q: 2?", "two")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([-100, -100, -100, -100], "labels: all are -100"),
        ([70, 71, 72, 73], "labels: no -100 stands before the first"),
        ([71, 72, 73, -100], "labels: each stands one place before its token"),
        ("text", "labels: a plain list of whole numbers is needed"),
        (None, "labels: is missing"),
    ],
)
def test_labels_that_tell_nothing_are_named(byte_tokenizer: Any, labels: Any, words: str) -> None:
    with pytest.raises(RowFault, match=words):
        RowReader(byte_tokenizer).read({"input_ids": [70, 71, 72, 73], "labels": labels})


def test_rows_that_trl_packed_are_named_as_such(byte_tokenizer: Any) -> None:
    with pytest.raises(RowFault, match="rows are packed: give those before packing as rows="):
        RowReader(byte_tokenizer).read({"input_ids": [70, 71], "labels": [70, 71], "seq_lengths": [2]})


def test_text_and_tokens_of_one_row_are_joined_where_they_agree(byte_tokenizer: Any) -> None:
    reader = RowReader(byte_tokenizer)

    def tokenised(before: str, answer: str) -> dict[str, Any]:
        asked, told = ids(byte_tokenizer, before), ids(byte_tokenizer, answer)
        return {"input_ids": asked + told, "labels": [-100] * len(asked) + told}

    laid_out = {"question": "2?", "answer": "two", **tokenised("### 2? ->", " two<|end|>")}
    reading = reader.read(laid_out)
    assert (reading.prompt, reading.prompt_ids) == ("2?", tuple(ids(byte_tokenizer, "### 2? ->")))
    # Another answer in the tokens: they are what is trained.
    reading = reader.read({"question": "2?", "answer": "two", **tokenised("2? ->", "zwei")})
    assert (reading.prompt, reading.ground_truth, reading.messages) == ("2? ->", "zwei", None)
    # Labels that begin at an earlier turn, where the assistant said the same: the chat's last answer is asked for.
    turns = [{"role": "user", "content": "Hi"}, PARIS, USER, PARIS]
    reading = reader.read({"messages": turns, **tokenised("user: Hi", "In Paris.")})
    assert (reading.prompt_ids, len(reading.messages or ())) == (None, 3)
    # Labels on everything, as TRL makes them of a chat: the chat is read.
    whole = ids(byte_tokenizer, "anything")
    assert reader.read({"messages": [USER, PARIS], "input_ids": whole, "labels": whole}).ground_truth == "In Paris."
