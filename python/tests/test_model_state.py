"""Nothing of the training moves by a prediction: modes, settings, weights, random numbers; and no text is spoilt."""

from __future__ import annotations

import random

import numpy
import pytest
import torch
from tiny_models import PROMPTS, in_nf4, samples, tiny_llama, tiny_tokenizer, with_lora

from assay_train.config import PredictionsConfig
from assay_train.generator import Generator
from assay_train.model_state import generation_state, unpatched_forward
from assay_train.random_state import kept_random_state

CONFIG = PredictionsConfig(max_length=12, batch_size=2)


def in_training(model: torch.nn.Module) -> torch.nn.Module:
    """As a trainer has it: training mode but for a frozen norm, gradient checkpointing, no cache."""
    model.train()
    model.model.norm.eval()
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.config.use_cache = False
    return model


def state_of(model: torch.nn.Module, tokenizer: object) -> dict[str, object]:
    """What must not move."""
    modules = list(model.modules())
    settings = model.generation_config
    return {
        "modes": [module.training for module in modules],
        "checkpointing": [getattr(module, "gradient_checkpointing", None) for module in modules],
        "functions": [id(getattr(module, "_gradient_checkpointing_func", None)) for module in modules],
        "attributes": [sorted(module.__dict__) for module in modules],
        "buffers": [{name: id(buffer) for name, buffer in module._buffers.items()} for module in modules],
        "use_cache": model.config.use_cache,
        "settings": (id(settings), repr(settings.to_dict())),
        "tokenizer": (tokenizer.padding_side, tokenizer.pad_token, tokenizer.truncation_side),
        "backend": (tokenizer.backend_tokenizer.padding, tokenizer.backend_tokenizer.truncation),
    }


def random_state() -> tuple[object, ...]:
    """Of every generator that a training on the CPU draws from."""
    return random.getstate(), repr(numpy.random.get_state()), torch.get_rng_state().tolist()


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("sampling", [False, True])
def test_everything_is_as_it_was_also_when_generation_raises(fails: bool, sampling: bool) -> None:
    tokenizer = tiny_tokenizer()
    model = in_training(tiny_llama())
    config = PredictionsConfig(max_length=4, do_sample=sampling, temperature=0.9)
    if fails:
        model.register_forward_hook(raise_fault)
    before, numbers = state_of(model, tokenizer), random_state()
    outcomes = Generator(tokenizer, config).generate(model, samples(*PROMPTS))
    assert [outcome.error is not None for outcome in outcomes] == [fails] * len(PROMPTS)
    assert state_of(model, tokenizer) == before
    assert random_state() == numbers


def raise_fault(*_: object) -> None:
    """A hook for a model that cannot be run."""
    random.random(), numpy.random.rand(), torch.rand(1)
    raise KeyError("layer 7")


def test_text_under_gradient_checkpointing_is_that_of_the_plain_model() -> None:
    plain = Generator(tiny_tokenizer(), CONFIG).generate(tiny_llama(), samples(*PROMPTS))
    model = in_training(tiny_llama())
    ids = tiny_tokenizer()(PROMPTS[1], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        naive = model.generate(input_ids=ids, max_new_tokens=12, do_sample=False, use_cache=True)
    assert tiny_tokenizer().decode(naive[0, ids.shape[1] :], skip_special_tokens=True) != plain[1].prediction
    checkpointed = Generator(tiny_tokenizer(), CONFIG).generate(model, samples(*PROMPTS))
    assert [outcome.prediction for outcome in checkpointed] == [outcome.prediction for outcome in plain]


def test_a_training_step_is_the_same_with_and_without_predictions_before_it() -> None:
    losses = []
    for predicts in (False, True):
        model = in_training(tiny_llama(attention_dropout=0.3))
        torch.manual_seed(7)
        if predicts:
            Generator(tiny_tokenizer(), CONFIG).generate(model, samples(*PROMPTS))
        ids = tiny_tokenizer()(PROMPTS[1], return_tensors="pt")["input_ids"]
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        losses.append((loss.item(), model.lm_head.weight.grad.sum().item(), torch.rand(1).item()))
    assert losses[0] == losses[1]


def test_4_bit_weights_are_not_repacked() -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes does not load here")
    model = with_lora(in_nf4(tiny_llama(width=64).to(torch.bfloat16)))
    layer = model.base_model.model.model.layers[0].mlp.up_proj
    before = (layer.weight.data.clone(), layer.weight.quant_state.absmax.clone(), sorted(layer.__dict__))
    outcomes = Generator(tiny_tokenizer(), CONFIG).generate(model, samples(*PROMPTS))
    assert all(outcome.error is None for outcome in outcomes)
    assert torch.equal(layer.weight.data, before[0]) and torch.equal(layer.weight.quant_state.absmax, before[1])
    assert sorted(layer.__dict__) == before[2]


def test_the_state_is_put_back_after_an_exception() -> None:
    model = in_training(tiny_llama())
    tokenizer = tiny_tokenizer()
    before = state_of(model, tokenizer)
    with pytest.raises(KeyboardInterrupt), generation_state(model):
        assert not any(module.training for module in model.modules())
        assert not any(getattr(module, "gradient_checkpointing", False) for module in model.modules())
        assert model.config.use_cache is True
        model.generation_config = None
        model.model.rotary_emb.max_seq_len_cached = 7
        model.model.rotary_emb.register_buffer("inv_freq", torch.ones(4))
        raise KeyboardInterrupt
    assert state_of(model, tokenizer) == before


def test_only_the_patch_of_accelerate_is_taken_off() -> None:
    model = tiny_llama()
    hooked = model.lm_head.forward = lambda hidden: torch.nn.Linear.forward(model.lm_head, hidden)
    model._original_forward = model.forward
    patch = model.forward = lambda *args, **options: None
    with pytest.raises(ValueError), unpatched_forward(model):
        assert "forward" not in model.__dict__
        assert model.lm_head.__dict__["forward"] is hooked
        raise ValueError
    assert model.__dict__["forward"] is patch


def test_random_numbers_go_on_where_they_were() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first = torch.rand(1)
    with kept_random_state(seed=9):
        drawn = (random.random(), numpy.random.rand(), torch.rand(1).item())
    assert torch.equal(torch.cat([first, torch.rand(1)]), expected)
    with kept_random_state(seed=9):
        assert torch.rand(1).item() == drawn[2]
