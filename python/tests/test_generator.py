"""The predictions themselves: batches, stop strings, lengths, lack of memory, bad samples, the loss on the truth."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
import torch
from tiny_models import PROMPTS, samples, tiny_llama, tiny_t5, tiny_tokenizer

from assay_train.batches import in_batches
from assay_train.config import PredictionsConfig
from assay_train.generator import Generator, Outcome
from assay_train.sampler import Sample


def predict(model: torch.nn.Module, given: Sequence[Sample], **options: object) -> list[Outcome]:
    """By a generator of its own, with 12 new tokens where the options do not say."""
    config = PredictionsConfig(**{"max_length": 12, **options})
    return Generator(tiny_tokenizer(), config).generate(model, given)


def texts(outcomes: Sequence[Outcome]) -> list[str | None]:
    """The predictions alone."""
    return [outcome.prediction for outcome in outcomes]


@pytest.mark.parametrize("make", [tiny_llama, tiny_t5])
def test_batches_equal_one_by_one(make: object) -> None:
    model = make()
    batched, single = (predict(model, samples(*PROMPTS), batch_size=size) for size in (4, 1))
    assert texts(batched) == texts(single) and len(set(texts(batched))) == len(PROMPTS)
    assert [outcome.truth_nll for outcome in batched] == pytest.approx([outcome.truth_nll for outcome in single], 1e-4)
    ids = tiny_tokenizer()(PROMPTS[2], return_tensors="pt")["input_ids"]
    plain = model.eval().generate(input_ids=ids, max_new_tokens=12, do_sample=False, eos_token_id=2)
    start = 1 if model.config.is_encoder_decoder else ids.shape[1]
    assert batched[2].prediction == tiny_tokenizer().decode(plain[0, start:], skip_special_tokens=True)


def test_chat_prompts_take_the_template_and_its_special_tokens_once() -> None:
    tokenizer = tiny_tokenizer(chat=True)
    messages = ({"role": "user", "content": "hi"},)
    sample = Sample(0, "0" * 16, "hi", "yes", messages=messages)
    ids = tokenizer("<s>u:hi</s><s>a:", add_special_tokens=False)["input_ids"]
    assert ids[0] == 1 and ids.count(1) == 2
    config = PredictionsConfig(max_length=12)
    outcome = Generator(tokenizer, config).generate(tiny_llama(), [sample])[0]
    tokenised = predict(tiny_llama(), [Sample(0, "0" * 16, "hi", "yes", prompt_ids=tuple(ids))])[0]
    assert (outcome.prediction, outcome.truth_nll) == (tokenised.prediction, tokenised.truth_nll)


def test_an_end_of_text_that_the_tokenizer_adds_does_not_end_the_prompt() -> None:
    config = PredictionsConfig(max_length=12)
    adding = Generator(tiny_tokenizer(adds_eos=True), config).generate(tiny_llama(), samples(*PROMPTS))
    assert texts(adding) == texts(predict(tiny_llama(), samples(*PROMPTS)))


def test_without_a_padding_token_the_end_of_text_pads() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.pad_token = None
    model = tiny_llama()
    model.generation_config.pad_token_id = None
    outcomes = Generator(tokenizer, PredictionsConfig(max_length=12)).generate(model, samples(*PROMPTS))
    assert texts(outcomes) == texts(predict(tiny_llama(), samples(*PROMPTS)))
    assert tokenizer.pad_token is None and model.generation_config.pad_token_id is None


def test_stop_strings_end_each_text_of_its_own() -> None:
    free = texts(predict(tiny_llama(), samples(*PROMPTS)))
    stop = (free[0][3:5], free[1][6:8])
    steps: list[int] = []
    model = tiny_llama()
    model.register_forward_hook(lambda *_: steps.append(1))
    stopped = texts(predict(model, samples(*PROMPTS[:2]), stop=stop, score_truth=False))
    assert stopped == [text[: min(text.find(each) for each in stop if each in text)] for text in free[:2]]
    assert len(steps) < 12
    # The prompt's end and the first token make up a stop string: that is no end.
    crossing = PROMPTS[0][-1] + free[0][0]
    assert texts(predict(tiny_llama(), samples(PROMPTS[0]), stop=(crossing,))) == [free[0].partition(crossing)[0]]


def test_a_text_ends_with_the_models_end_of_text() -> None:
    free = predict(tiny_llama(), samples(*PROMPTS))
    model = tiny_llama()
    end = tiny_tokenizer()(free[0].prediction[4])["input_ids"][0]
    model.generation_config.eos_token_id = [2, end]
    assert predict(model, samples(*PROMPTS))[0].prediction == free[0].prediction.partition(free[0].prediction[4])[0]


def test_sampling_repeats_itself_and_leaves_greedy_alone() -> None:
    once, again = (texts(predict(tiny_llama(), samples(*PROMPTS), do_sample=True, temperature=3.0)) for _ in range(2))
    other = texts(predict(tiny_llama(), samples(*PROMPTS), do_sample=True, temperature=3.0, seed=2))
    greedy = texts(predict(tiny_llama(), samples(*PROMPTS)))
    assert once == again and once != greedy and once != other
    model = tiny_llama()
    model.generation_config.do_sample, model.generation_config.temperature = True, 3.0
    assert texts(predict(model, samples(*PROMPTS))) == greedy


def test_long_prompts_lose_their_first_tokens_and_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "assay_train")
    prompts = ("a" * 90 + PROMPTS[1], "b" * 90 + PROMPTS[1])
    outcomes = predict(tiny_llama(positions=64), samples(*prompts), max_length=32)
    cut = [prompt[-32:] for prompt in prompts]
    assert texts(outcomes) == texts(predict(tiny_llama(positions=64), samples(*cut), max_length=32))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "room for 32" in caplog.text
    # More new tokens than positions: the prompt keeps half of them.
    assert all(text for text in texts(predict(tiny_llama(positions=64), samples(*prompts), max_length=200)))


def test_too_little_memory_halves_the_batch(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "assay_train")
    given = samples(*PROMPTS, "another", "and one more")
    expected = predict(tiny_llama(), given)
    model = tiny_llama()
    sizes: list[int] = []

    def little_memory(_module: torch.nn.Module, _args: object, options: dict[str, torch.Tensor]) -> None:
        sizes.append(options["input_ids"].shape[0])
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    model.register_forward_pre_hook(little_memory, with_kwargs=True)
    outcomes = predict(model, given, batch_size=6, score_truth=False)
    assert texts(outcomes) == texts(expected) and sizes[:3] == [6, 3, 1] and max(sizes[2:]) == 1
    assert [record.levelname for record in caplog.records if record.levelno > logging.DEBUG] == ["ERROR"]
    assert predict(model, given, batch_size=4, score_truth=True)[5].truth_nll == pytest.approx(expected[5].truth_nll)


def test_one_bad_sample_spoils_no_other(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "assay_train")
    given = samples(*PROMPTS)
    # Token 9999 is outside the vocabulary: the embedding raises.
    given[1] = Sample(1, "1" * 16, "bad", "yes", prompt_ids=(5, 9999))
    tokenizer, model = tiny_tokenizer(), tiny_llama()
    generator = Generator(tokenizer, PredictionsConfig(max_length=12))
    outcomes = generator.generate(model, given)
    assert outcomes[1].prediction is None and outcomes[1].error.startswith("IndexError: index out of range")
    assert outcomes[1].dtype_rung is None and outcomes[1].truth_nll is None and outcomes[1].scores == {}
    others = [place for place in range(len(PROMPTS)) if place != 1]
    expected = predict(tiny_llama(), samples(*PROMPTS))
    assert [texts(outcomes)[place] for place in others] == [texts(expected)[place] for place in others]
    losses = [expected[place].truth_nll for place in others]
    assert [outcomes[place].truth_nll for place in others] == pytest.approx(losses, rel=1e-4)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2 and errors[0].startswith("generation failed") and errors[1].startswith("loss on the")
    assert all(f"{each}" in errors[0] for each in ("weights 21 float32", "device cpu", "autocast off"))
    caplog.clear()
    generator.generate(model, given)
    assert caplog.records and {record.levelname for record in caplog.records} == {"DEBUG"}


def test_a_model_that_cannot_generate_gives_rows_with_the_reason() -> None:
    outcomes = predict(torch.nn.Linear(2, 2), samples(*PROMPTS))
    assert [outcome.error for outcome in outcomes] == [outcomes[0].error] * len(PROMPTS)
    assert "Linear has no generate()" in outcomes[0].error


def test_an_empty_prompt_begins_with_the_token_that_begins_texts() -> None:
    assert predict(tiny_llama(), samples(""))[0].prediction == predict(tiny_llama(), samples("<s>"))[0].prediction


def test_truth_loss_is_the_mean_over_the_tokens_behind_the_prompt() -> None:
    tokenizer, model = tiny_tokenizer(), tiny_llama().eval()
    outcome = predict(model, samples(*PROMPTS, truth="far away"))[1]
    ids = tokenizer(PROMPTS[1] + "far away", return_tensors="pt")["input_ids"]
    start = ids.shape[1] - len("far away")
    with torch.no_grad():
        odds = model(input_ids=ids).logits.log_softmax(-1)
    expected = -sum(odds[0, place - 1, ids[0, place]].item() for place in range(start, ids.shape[1])) / len("far away")
    assert outcome.truth_nll == pytest.approx(expected, rel=1e-5)
    assert predict(model, samples(*PROMPTS), score_truth=False)[1].truth_nll is None
    assert predict(model, samples("a", truth="x" * 200))[0].truth_nll is None


def test_truth_loss_of_an_encoder_decoder_leaves_the_end_of_text_out() -> None:
    tokenizer, model = tiny_tokenizer(adds_eos=True), tiny_t5().eval()
    config = PredictionsConfig(max_length=12)
    outcome = Generator(tokenizer, config).generate(model, samples(*PROMPTS, truth="far"))[0]
    labels = tokenizer("far", return_tensors="pt")["input_ids"]
    assert labels[0, -1] == 2
    with torch.no_grad():
        odds = model(input_ids=tokenizer(PROMPTS[0], return_tensors="pt")["input_ids"], labels=labels).logits.log_softmax(-1)
    expected = -sum(odds[0, place, labels[0, place]].item() for place in range(3)) / 3
    assert outcome.truth_nll == pytest.approx(expected, rel=1e-5)


def test_batches_keep_the_order_whatever_fails() -> None:
    tried: list[list[int]] = []

    def work(batch: Sequence[int]) -> list[str]:
        tried.append(list(batch))
        if len(batch) > 2:
            raise MemoryError
        if 3 in batch:
            raise ValueError("three")
        return [str(item) for item in batch]

    results = in_batches(list(range(6)), 5, work, lambda batch, error: f"{type(error).__name__} of {batch[0]}")
    assert results == ["0", "1", "2", "ValueError of 3", "4", "5"]
    assert tried == [[0, 1, 2, 3, 4], [0, 1], [2, 3], [2], [3], [4], [5]]
