"""Models and a tokenizer small enough to be made on the spot, without a hub: character by character, two layers."""

from __future__ import annotations

import string
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from assay_train.sampler import Sample

# Of a model this small, several threads wait for one another longer than they work.
torch.set_num_threads(1)

SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<s>' + message['role'][0] + ':' + message['content'] + '</s>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>a:' }}{% endif %}"
)


def tiny_tokenizer(*, chat: bool = False, adds_eos: bool = False) -> PreTrainedTokenizerFast:
    """Every printable ASCII character and the newline is a token; padding on the right, as trainers want it."""
    characters = string.ascii_letters + string.digits + string.punctuation + " \n"
    vocabulary = {token: place for place, token in enumerate([*SPECIAL, *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    if adds_eos:
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    made.padding_side = "right"
    made.chat_template = CHAT_TEMPLATE if chat else None
    return made


def tiny_llama(*, seed: int = 0, positions: int = 128, width: int = 32, **options: Any) -> LlamaForCausalLM:
    """A Llama of 2 layers with random weights, wide enough apart that its greedy text varies."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=104,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=positions,
        initializer_range=0.4,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        **options,
    )
    return LlamaForCausalLM(config)


def tiny_t5(*, seed: int = 0) -> T5ForConditionalGeneration:
    """An encoder-decoder of 2 layers each and width 32 with random weights."""
    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=104,
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        initializer_factor=3.0,
        pad_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=0,
    )
    return T5ForConditionalGeneration(config)


def with_lora(model: torch.nn.Module) -> PeftModel:
    """Adapters in float32 on every q_proj and v_proj (q and v of a T5), with weights that are not zero."""
    torch.manual_seed(1)
    targets = ["q", "v"] if isinstance(model, T5ForConditionalGeneration) else ["q_proj", "v_proj"]
    return get_peft_model(model, LoraConfig(r=4, target_modules=targets, init_lora_weights=False))


def in_nf4(model: torch.nn.Module) -> torch.nn.Module:
    """Every linear layer but the head as 4-bit weights of bitsandbytes, computed in bfloat16; the rest as it is."""
    import bitsandbytes

    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, torch.nn.Linear) and name != "lm_head":
                packed = bitsandbytes.nn.Linear4bit(
                    layer.in_features, layer.out_features, bias=False, compute_dtype=torch.bfloat16, quant_type="nf4"
                )
                weight = layer.weight.data.float()
                packed.weight = bitsandbytes.nn.Params4bit(weight, requires_grad=False, quant_type="nf4")
                setattr(parent, name, packed.to("cpu"))
    return model


def samples(*prompts: str, truth: str = "yes") -> list[Sample]:
    """Samples that are plain text."""
    return [
        Sample(index=place, id=f"{place:016x}", prompt=prompt, ground_truth=truth)
        for place, prompt in enumerate(prompts)
    ]


PROMPTS = ("What is it?", "Q: the capital of a country far away\nA:", "x", "Say something about 42.")
