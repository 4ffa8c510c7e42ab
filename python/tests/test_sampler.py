"""Samples are drawn by the seed alone, without reading the data whole, and prompted as the model is trained."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Iterator
from typing import Any

import pytest

from assay_train.config import ConfigError
from assay_train.sampler import SampleSet, choose_samples, prompt_text, takes_template


class Rows:
    """A dataset that notes which of its rows are read, and some of which are broken."""

    def __init__(self, size: int, broken: int = 0) -> None:
        self.size, self.broken = size, broken
        self.read: list[int] = []

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, at: int) -> dict[str, Any]:
        self.read.append(at)
        if at % 10 < self.broken:
            raise OSError("the picture is damaged")
        return {"prompt": f"What is {at}?", "completion": f"number {at}"}


def rows_of(chosen: SampleSet) -> list[str]:
    """The prompts of the samples, in their order."""
    return [each.prompt for each in chosen.samples]


def test_a_million_rows_are_not_read_and_the_seed_alone_decides() -> None:
    rows = Rows(1_000_000)
    state = random.getstate()
    first = choose_samples(rows, 20, 1)
    assert random.getstate() == state
    assert len(rows.read) == 20
    assert len(set(rows.read)) == 20
    random.seed(99)
    assert choose_samples(Rows(1_000_000), 20, 1) == first
    assert choose_samples(Rows(1_000_000), 20, 2) != first
    # Five samples of the same seed are the first five of twenty.
    assert choose_samples(Rows(1_000_000), 5, 1).samples == first.samples[:5]
    assert [each.index for each in first.samples] == list(range(20))
    assert max(rows.read) > 500_000 > min(rows.read)


def test_draws_and_ids_stay_the_same_in_every_release() -> None:
    """A job is resumed with other versions of Python and of this package. The ids are those of sha256sum."""
    chosen = choose_samples(Rows(1000), 3, 1)
    assert rows_of(chosen) == ["What is 137?", "What is 583?", "What is 869?"]
    assert [each.id for each in chosen.samples] == ["9df9ba6cbb0e44cc", "c81adb494013d8b2", "a0db2570bda69195"]


def test_every_row_is_drawn_once() -> None:
    chosen = choose_samples(Rows(50), 50, 3)
    assert sorted(rows_of(chosen)) == sorted(f"What is {at}?" for at in range(50))


def test_rows_that_cannot_be_read_give_way_and_are_named(caplog: pytest.LogCaptureFixture) -> None:
    rows = Rows(100, broken=5)
    with caplog.at_level(logging.INFO, "assay_train"):
        chosen = choose_samples(rows, 10, 1)
    assert len(chosen.samples) == 10
    assert len(chosen.unreadable) == len(rows.read) - 10 > 0
    assert all(each.row % 10 < 5 and "OSError: the picture is damaged" in each.reason for each in chosen.unreadable)
    assert f"row {chosen.unreadable[0].row}: could not be fetched" in caplog.text
    assert chosen.fields() == "prompt and completion"
    # Nothing readable: the search ends.
    hopeless = Rows(1_000_000, broken=10)
    assert choose_samples(hopeless, 5, 1, most_rows_read=30).samples == ()
    assert len(hopeless.read) == 30
    assert "Only 0 of 5 samples were found" in caplog.text


def test_a_row_that_says_the_same_is_no_second_sample() -> None:
    rows = [{"question": "Why?", "answer": "So."}] * 4 + [{"question": "When?", "answer": "Now."}]
    chosen = choose_samples(rows, 5, 1)
    assert sorted(rows_of(chosen)) == ["When?", "Why?"]
    assert len(chosen.unreadable) == 3
    assert "has the prompt and the answer of row" in chosen.unreadable[0].reason


def test_a_stream_is_read_to_its_limit_and_an_iterator_not_at_all() -> None:
    class Stream:
        def __iter__(self) -> Iterator[dict[str, str]]:
            return ({"prompt": f"{at}?", "completion": str(at)} for at in itertools.count())

    chosen = choose_samples(Stream(), 5, 1, most_rows_read=200)
    assert len({int(each.ground_truth) for each in chosen.samples} & set(range(200))) == 5
    assert choose_samples(Stream(), 5, 1, most_rows_read=200) == chosen
    with pytest.raises(ConfigError, match="rows is a list_iterator, which can be read only once"):
        choose_samples(iter([{"prompt": "a", "completion": "b"}]), 1, 1)


def test_datasets_of_the_trainer_are_read_as_they_are() -> None:
    datasets = pytest.importorskip("datasets")
    torch = pytest.importorskip("torch")
    rows = [
        {"messages": [{"role": "user", "content": f"{at}?"}, {"role": "assistant", "content": f"{at}."}]}
        for at in range(9)
    ]
    from_list = choose_samples(rows, 4, 1)
    table = datasets.Dataset.from_list(rows)
    assert choose_samples(table, 4, 1) == from_list
    assert choose_samples(table.to_iterable_dataset(), 4, 1) == from_list
    assert choose_samples({"train": table, "other": rows}, 4, 1) == from_list

    class Endless(torch.utils.data.IterableDataset[Any]):
        def __len__(self) -> int:
            return 9

        def __iter__(self) -> Iterator[dict[str, Any]]:
            return iter(rows)

    assert choose_samples(Endless(), 4, 1) == from_list


def test_tensors_are_read(byte_tokenizer: Any) -> None:
    datasets = pytest.importorskip("datasets")
    tokens = byte_tokenizer("2 + 2 = 4")["input_ids"]
    columns = {"input_ids": [tokens], "labels": [[-100] * 7 + tokens[7:]]}
    table = datasets.Dataset.from_dict(columns).with_format("torch")
    sample = choose_samples(table, 1, 1, tokenizer=byte_tokenizer).samples[0]
    assert (sample.prompt, sample.ground_truth, sample.prompt_ids) == ("2 + 2 =", " 4", tuple(tokens[:7]))


CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Yo"},
]


def test_chats_are_prompted_by_the_template_with_an_opened_answer(byte_tokenizer: Any) -> None:
    sample = choose_samples([{"messages": CHAT}], 1, 1).samples[0]
    opened = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    assert prompt_text(sample, byte_tokenizer) == opened
    plain = choose_samples([{"prompt": "Once", "completion": " upon"}], 1, 1).samples[0]
    assert (prompt_text(plain, byte_tokenizer), takes_template(plain, byte_tokenizer)) == ("Once", False)
    assert prompt_text(sample, None) == "system: Be brief.\n\nuser: Hi"
    # Samples can be keys, whatever their messages hold.
    assert len({sample, plain, choose_samples([{"messages": CHAT}], 1, 1).samples[0]}) == 2


def test_a_template_without_system_role_has_it_before_the_users_text(
    byte_tokenizer: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = (
        "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        "{{ m['content'] }}|{% endfor %}"
    )
    monkeypatch.setattr(byte_tokenizer, "chat_template", refusing)
    sample = choose_samples([{"messages": CHAT}], 1, 1).samples[0]
    with caplog.at_level(logging.WARNING, "assay_train"):
        assert prompt_text(sample, byte_tokenizer) == "Be brief.\n\nHi|"
        prompt_text(sample, byte_tokenizer)
    assert caplog.text.count("refuses the system role") == 1
    assert (sample.messages or ())[1]["content"] == "Hi"
    monkeypatch.setattr(byte_tokenizer, "chat_template", "{{ raise_exception('never') }}")
    with pytest.raises(ValueError, match="the chat template refuses the messages of sample 0: never"):
        prompt_text(sample, byte_tokenizer)


def test_tools_of_a_row_reach_the_template(byte_tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_tokenizer, "chat_template", "{{ tools[0]['function']['name'] }} {{ mood }}")
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {}}}]
    row = {"messages": CHAT, "tools": tools, "chat_template_kwargs": {"mood": "good"}}
    sample = choose_samples([row], 1, 1).samples[0]
    assert prompt_text(sample, byte_tokenizer) == "weather good"
