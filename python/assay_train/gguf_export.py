"""Writes a fine-tuned Llama as a GGUF file: metadata and tokenizer of the GGUF it came from, weights of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter

ARCHITECTURE = "llama"
DTYPES = ("f16", "q8_0")

# Of each layer: GGUF's name of a tensor, and that of transformers' LlamaForCausalLM.
_LAYER_PARTS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OTHER_PARTS = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
# Computed from the metadata, not trained: taken over as they stand.
_TAKEN_OVER = ("rope_freqs.weight",)
# Written by the writer itself, or true of the source file alone.
_NOT_COPIED = re.compile(r"GGUF\.|split\.|quantize\.|general\.(architecture|file_type|quantization_version)$")


class ExportError(ValueError):
    """A model that cannot be written; names what is wrong with it and what to do instead."""


@dataclass(frozen=True)
class Exported:
    """What was written: `bytes` of the file, `tensors` in it, of which `replaced` came from the model."""

    path: Path
    bytes: int
    tensors: int
    replaced: int


def export_like(source_gguf: str | Path, model: Any, out_path: str | Path, dtype: str = "q8_0") -> Exported:
    """Writes `model` (LlamaForCausalLM, adapters merged) to `out_path`, as a sibling of the GGUF file `source_gguf`.

    Matrices become `dtype` ("f16" or "q8_0"; f16 where a row is not a multiple of 32), vectors float32. The file
    appears under its name only when it is whole.

    Raises ExportError for another architecture than llama, adapters that are not merged, and shapes or tensors that
    the source does not have; OSError when the disk does not take it.
    """
    from gguf import GGUFReader, GGUFWriter

    if dtype not in DTYPES:
        raise ExportError(f"dtype is {dtype!r}; write one of {', '.join(DTYPES)}.")
    reader = GGUFReader(str(source_gguf))
    _check_architecture(reader, Path(source_gguf), model)
    weights = model.state_dict()
    sources = _sources(reader, weights, model)
    target = Path(out_path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    writer = GGUFWriter(str(part), ARCHITECTURE, endianess=reader.endianess)
    try:
        _copy_metadata(reader, writer, dtype)
        _write_tensors(writer, sources, dtype)
        writer.close()
        os.replace(part, target)
    finally:
        writer.close()
        part.unlink(missing_ok=True)
    replaced = sum(1 for source in sources if source.weights is not None)
    return Exported(target, target.stat().st_size, len(sources), replaced)


@dataclass(frozen=True)
class _Source:
    """Where a tensor of the new file comes from: the model's `weights`, permuted for `heads`, or the `old` tensor."""

    name: str
    shape: tuple[int, ...]
    weights: Any | None
    heads: int | None
    old: Any | None


def _check_architecture(reader: GGUFReader, path: Path, model: Any) -> None:
    field = reader.get_field("general.architecture")
    name = "unknown" if field is None else str(field.contents())
    kind = getattr(getattr(model, "config", None), "model_type", type(model).__name__)
    if name == ARCHITECTURE and kind == ARCHITECTURE:
        return
    what = f"{path.name} has architecture {name!r}" if name != ARCHITECTURE else f"The model is of type {kind!r}"
    raise ExportError(
        f"{what}; only {ARCHITECTURE!r} is written here. Save the merged model with save_pretrained and convert its "
        "folder with convert_hf_to_gguf.py of llama.cpp, or serve that folder with vLLM."
    )


def _sources(reader: GGUFReader, weights: Mapping[str, Any], model: Any) -> list[_Source]:
    """One for each tensor of the source, in its order, and one for an output layer that the source ties."""
    config = model.config
    left = {name for name in weights if not name.endswith("rotary_emb.inv_freq")}
    adapters = sorted(name for name in left if "lora_" in name or ".base_layer." in name)
    if adapters:
        raise ExportError(f"The model still has adapters ({adapters[0]}); call merge_and_unload() on it before.")
    sources: list[_Source] = []
    for old in reader.tensors:
        shape = tuple(int(length) for length in reversed(old.shape.tolist()))
        ours = _name_in_model(old.name)
        if ours is None:
            sources.append(_Source(old.name, shape, None, None, old))
            continue
        if ours not in weights:
            raise ExportError(f"The model has no {ours}, which {old.name} of the source stands for: another model?")
        left.discard(ours)
        sources.append(_Source(old.name, shape, _checked(weights[ours], shape, ours), _heads_of(ours, config), None))
    tied = bool(getattr(config, "tie_word_embeddings", False))
    if "lm_head.weight" in left:
        left.discard("lm_head.weight")
        if not tied:
            head = weights["lm_head.weight"]
            sources.append(_Source("output.weight", tuple(head.shape), head, None, None))
    if left:
        raise ExportError(f"The source has no tensor for {sorted(left)[0]} of the model: another model?")
    return sources


def _name_in_model(tensor: str) -> str | None:
    """The parameter that a tensor of a GGUF file holds; None for one that is taken over."""
    if tensor in _TAKEN_OVER:
        return None
    match = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)", tensor)
    if match is not None:
        layer, part, kind = match.groups()
        if layer is None and part in _OTHER_PARTS:
            return f"{_OTHER_PARTS[part]}.{kind}"
        if layer is not None and part in _LAYER_PARTS:
            return f"model.layers.{layer}.{_LAYER_PARTS[part]}.{kind}"
    raise ExportError(
        f"Tensor {tensor} of the source is not one of a dense Llama; convert the merged model with "
        "convert_hf_to_gguf.py of llama.cpp."
    )


def _checked(weight: Any, shape: tuple[int, ...], name: str) -> Any:
    if tuple(weight.shape) == shape:
        return weight
    remedy = "Train with the vocabulary of the source" if "embed" in name or "lm_head" in name else "Another model?"
    raise ExportError(f"{name} has shape {list(weight.shape)}, the source {list(shape)}. {remedy}.")


def _heads_of(name: str, config: Any) -> int | None:
    """Attention heads whose rows are permuted; None where nothing is."""
    if ".q_proj." in name:
        return int(config.num_attention_heads)
    if ".k_proj." in name:
        return int(config.num_key_value_heads)
    return None


def permute_heads(values: numpy.ndarray, heads: int) -> numpy.ndarray:
    """Rows of each head from halves (transformers' rotary embedding) to pairs (llama.cpp's); shape (rows, ...)."""
    split = values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
    return split.swapaxes(1, 2).reshape(values.shape)


def _copy_metadata(reader: GGUFReader, writer: GGUFWriter, dtype: str) -> None:
    from gguf import GGML_QUANT_VERSION, GGUFValueType, LlamaFileType

    for field in reader.fields.values():
        value = None if _NOT_COPIED.match(field.name) else field.contents()
        if value is None:
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, value, kind, sub_type=inner)
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0 if dtype == "q8_0" else LlamaFileType.MOSTLY_F16)


def _write_tensors(writer: GGUFWriter, sources: list[_Source], dtype: str) -> None:
    """All places first, then the values one tensor at a time, so that no second copy of the model is held."""
    import numpy
    from gguf import quant_shape_to_byte_shape, quantize

    for source in sources:
        if source.old is not None:
            old = source.old
            writer.add_tensor_info(source.name, old.data.shape, old.data.dtype, old.data.nbytes, old.tensor_type)
            continue
        kind = _type_of(source.shape, dtype)
        shape = quant_shape_to_byte_shape(source.shape, kind)
        stored = numpy.dtype({"F32": numpy.float32, "F16": numpy.float16}.get(kind.name, numpy.uint8))
        in_elements = source.shape if stored != numpy.uint8 else shape
        size = int(numpy.prod(in_elements)) * stored.itemsize
        writer.add_tensor_info(source.name, in_elements, stored, size, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for source in sources:
        if source.old is not None:
            writer.write_tensor_data(source.old.data)
            continue
        values = source.weights.detach().float().cpu().numpy()
        if source.heads is not None:
            values = permute_heads(values, source.heads)
        kind = _type_of(source.shape, dtype)
        writer.write_tensor_data(quantize(numpy.ascontiguousarray(values), kind))


def _type_of(shape: tuple[int, ...], dtype: str) -> GGMLQuantizationType:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    if len(shape) == 1:
        return GGMLQuantizationType.F32
    block, _ = GGML_QUANT_SIZES[GGMLQuantizationType.Q8_0]
    return GGMLQuantizationType.Q8_0 if dtype == "q8_0" and shape[-1] % block == 0 else GGMLQuantizationType.F16
