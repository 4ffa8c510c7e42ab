"""Every mix of dtypes of a training: naive generation raises in some, the generator answers in all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from tiny_models import PROMPTS, in_nf4, samples, tiny_llama, tiny_t5, tiny_tokenizer, with_lora

from assay_train.config import PredictionsConfig
from assay_train.dtype_ladder import DtypeError, DtypeLadder, is_dtype_error, is_out_of_memory, training_dtype
from assay_train.fault_log import FaultLog
from assay_train.generator import Generator

BF16 = torch.bfloat16
CONFIG = PredictionsConfig(max_length=8, batch_size=2)
LOG = logging.getLogger("assay_train")


def with_float32(model: torch.nn.Module, name: str) -> torch.nn.Module:
    """The layers whose name has `name` in float32."""
    for path, module in model.named_modules():
        if name in path.rpartition(".")[2]:
            module.float()
    return model


def with_static_cache(model: torch.nn.Module) -> torch.nn.Module:
    """A cache of a fixed size and dtype, as a model's generation_config can ask for."""
    model.generation_config.cache_implementation = "static"
    return model


# State: how the model is made, whether naive generation raises, the rung that works.
STATES: dict[str, tuple[Callable[[], torch.nn.Module], bool, str]] = {
    "bf16 autocast over fp32": (tiny_llama, False, "as_is"),
    "bf16 weights": (lambda: tiny_llama().to(BF16), False, "as_is"),
    "lora fp32 on bf16": (lambda: with_lora(tiny_llama().to(BF16)), False, "as_is"),
    "lora on bf16, fp32 lm_head": (lambda: with_lora(with_float32(tiny_llama().to(BF16), "lm_head")), True, "autocast"),
    "lora on bf16, fp32 norms": (lambda: with_lora(with_float32(tiny_llama().to(BF16), "norm")), True, "autocast"),
    "nf4 qlora": (lambda: with_lora(in_nf4(tiny_llama(width=64).to(BF16))), False, "as_is"),
    "nf4 qlora, fp32 norms": (
        lambda: with_lora(with_float32(in_nf4(tiny_llama(width=64).to(BF16)), "norm")),
        True,
        "autocast",
    ),
    "static cache under bf16": (lambda: with_static_cache(tiny_llama()), True, "unpatched"),
    "encoder-decoder": (tiny_t5, False, "as_is"),
    "encoder-decoder, lora on bf16, fp32 head": (
        lambda: with_lora(with_float32(tiny_t5().to(BF16), "lm_head")),
        True,
        "autocast",
    ),
}


@pytest.fixture
def accelerator() -> Iterator[Accelerator]:
    """Of a bf16 training on the CPU; its state is one for the process, and goes with the test."""
    AcceleratorState._reset_state(True)
    yield Accelerator(mixed_precision="bf16", cpu=True)
    AcceleratorState._reset_state(True)


def naive(model: torch.nn.Module) -> torch.Tensor:
    """What a callback without any care does."""
    ids = tiny_tokenizer()("What is it?", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return model.generate(input_ids=ids, max_new_tokens=4, do_sample=False)


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_bf16_training_is_predicted(state: str, accelerator: Accelerator) -> None:
    if "nf4" in state:
        pytest.importorskip("bitsandbytes", reason="bitsandbytes does not load here")
    make, raises, rung = STATES[state]
    if raises:
        with pytest.raises(RuntimeError) as caught:
            naive(accelerator.prepare_model(make()).eval())
        assert is_dtype_error(caught.value)
    model = accelerator.prepare_model(make()).train()
    forward = model.__dict__["forward"]
    outcomes = Generator(tiny_tokenizer(), CONFIG).generate(model, samples(*PROMPTS), accelerator=accelerator)
    assert [outcome.error for outcome in outcomes] == [None] * len(PROMPTS)
    assert [outcome.dtype_rung for outcome in outcomes] == [rung] * len(PROMPTS)
    # An untrained model may end at once, with an empty prediction.
    assert all(outcome.prediction is not None and outcome.truth_nll for outcome in outcomes)
    assert any(outcome.prediction for outcome in outcomes)
    assert model.__dict__["forward"] is forward


def test_bf16_under_an_fp16_autocast_around_the_call_is_predicted_without_it() -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes does not load here")
    model = with_lora(in_nf4(tiny_llama(width=64).to(BF16)))
    with torch.autocast("cpu", dtype=torch.float16):
        with pytest.raises(RuntimeError, match="ScalarType"):
            naive(model)
        outcomes = Generator(tiny_tokenizer(), CONFIG).generate(model, samples(*PROMPTS))
    assert [(outcome.error, outcome.dtype_rung) for outcome in outcomes] == [(None, "unpatched")] * len(PROMPTS)


@pytest.mark.parametrize(("dtype", "part"), [(torch.float32, None), (BF16, "lm_head"), (BF16, "norm")])
def test_without_mixed_precision_the_weights_tell_the_dtype(dtype: torch.dtype, part: str | None) -> None:
    model = tiny_llama().to(dtype)
    if part:
        with_float32(model, part)
        with pytest.raises(RuntimeError, match="dtype"):
            naive(model)
    outcomes = Generator(tiny_tokenizer(), CONFIG).generate(model, samples(*PROMPTS))
    assert [outcome.dtype_rung for outcome in outcomes] == ["autocast" if part else "as_is"] * len(PROMPTS)


def test_text_on_a_rung_is_that_of_the_model_in_one_dtype(accelerator: Accelerator) -> None:
    plain = Generator(tiny_tokenizer(), CONFIG).generate(tiny_llama(), samples(*PROMPTS))
    model = accelerator.prepare_model(with_static_cache(tiny_llama()))
    unpatched = Generator(tiny_tokenizer(), CONFIG).generate(model, samples(*PROMPTS), accelerator=accelerator)
    assert [outcome.prediction for outcome in unpatched] == [outcome.prediction for outcome in plain]
    assert [outcome.truth_nll for outcome in unpatched] == [outcome.truth_nll for outcome in plain]


def test_the_rung_that_worked_is_tried_first_the_next_time(caplog: pytest.LogCaptureFixture) -> None:
    model = with_float32(tiny_llama().to(BF16), "lm_head")
    generator = Generator(tiny_tokenizer(), CONFIG)
    generator.generate(model, samples(*PROMPTS))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "rung autocast" in caplog.text and "as_is: RuntimeError" in caplog.text
    forwards: list[bool] = []
    model.register_forward_pre_hook(lambda *_: forwards.append(torch.is_autocast_enabled("cpu")))
    generator.generate(model, samples(*PROMPTS))
    assert forwards and all(forwards)


@pytest.mark.parametrize(
    "message",
    [
        "expected scalar type Float but found BFloat16",
        "expected m1 and m2 to have the same dtype, but got: float != c10::BFloat16",
        "index_copy_(): self and source expected to have the same dtype, but got (self) Float and (source) BFloat16",
        "Input type (float) and bias type (c10::Half) should be the same",
        "Index put requires the source and destination dtypes match, got Float for the destination",
        "Unexpected floating ScalarType in at::autocast::prioritize",
        "FlashAttention only support fp16 and bf16 data type",
    ],
)
def test_dtype_errors_are_recognised_whatever_operation_words_them(message: str) -> None:
    assert is_dtype_error(RuntimeError(message))
    assert not is_dtype_error(KeyError(message))


def test_other_errors_do_not_climb() -> None:
    tried: list[str] = []

    def attempt() -> None:
        tried.append("once")
        raise RuntimeError("Expected all tensors to be on the same device")

    with pytest.raises(RuntimeError, match="same device"):
        DtypeLadder(BF16, "cpu", FaultLog(LOG)).climb(tiny_llama(), attempt)
    assert tried == ["once"]
    memory = torch.OutOfMemoryError("CUDA out of memory while casting Float to BFloat16")
    assert is_out_of_memory(memory) and not is_dtype_error(memory)
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"))


def test_without_a_rung_that_works_the_error_has_what_each_said(accelerator: Accelerator) -> None:
    model = accelerator.prepare_model(tiny_llama())
    forward = model.__dict__["forward"]

    def attempt() -> None:
        raise RuntimeError("expected scalar type Float but found Half")

    with pytest.raises(DtypeError, match="as_is: .*autocast: .*unpatched: "):
        DtypeLadder(BF16, "cpu", FaultLog(LOG)).climb(model, attempt)
    assert model.__dict__["forward"] is forward and not torch.is_autocast_enabled("cpu")


def test_the_training_dtype_is_found_where_it_is_stated(accelerator: Accelerator) -> None:
    assert training_dtype(tiny_llama(), accelerator) == BF16
    assert training_dtype(tiny_llama()) is None
    assert training_dtype(tiny_llama().half()) == torch.float16
    with torch.autocast("cpu", dtype=torch.float16):
        assert training_dtype(tiny_llama()) == torch.float16
