"""An untouched model that is exported is its source again; what cannot be written is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

numpy = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
gguf = pytest.importorskip("gguf")
transformers = pytest.importorskip("transformers")

from assay_train.gguf_export import ExportError, export_like  # noqa: E402

HIDDEN, INNER, HEADS, KV_HEADS, LAYERS = 64, 96, 4, 2, 2
WORDS = ["<unk>", "<s>", "</s>"] + [f"w{i}" for i in range(45)]


@dataclass(frozen=True)
class Shape:
    """What is varied in the source file."""

    tied: bool = True
    architecture: str = "llama"
    extra: str | None = None


def write_source(path: Path, shape: Shape = Shape()) -> Path:
    """A tiny Llama as llama.cpp lays it out: 4 heads over 2 key heads, weights that float16 holds exactly."""
    writer = gguf.GGUFWriter(str(path), shape.architecture)
    writer.add_name("tiny")
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(WORDS))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(WORDS)
    writer.add_token_scores([-float(i) for i in range(len(WORDS))])
    writer.add_token_types([2, 3, 3] + [1] * (len(WORDS) - 3))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{{ messages[0]['content'] }}")
    writer.add_key_value("general.tags", ["a", "b"], gguf.GGUFValueType.ARRAY, sub_type=gguf.GGUFValueType.STRING)
    draw = numpy.random.default_rng(1)

    def add(name: str, *lengths: int) -> None:
        writer.add_tensor(name, draw.normal(0, 0.3, lengths).astype(numpy.float16).astype(numpy.float32))

    add("token_embd.weight", len(WORDS), HIDDEN)
    for layer in range(LAYERS):
        for name, rows, columns in [
            ("attn_q", HIDDEN, HIDDEN),
            ("attn_k", HIDDEN // 2, HIDDEN),
            ("attn_v", HIDDEN // 2, HIDDEN),
            ("attn_output", HIDDEN, HIDDEN),
            ("ffn_gate", INNER, HIDDEN),
            ("ffn_up", INNER, HIDDEN),
            ("ffn_down", HIDDEN, INNER),
        ]:
            add(f"blk.{layer}.{name}.weight", rows, columns)
        add(f"blk.{layer}.attn_norm.weight", HIDDEN)
        add(f"blk.{layer}.ffn_norm.weight", HIDDEN)
    add("output_norm.weight", HIDDEN)
    if not shape.tied:
        add("output.weight", len(WORDS), HIDDEN)
    if shape.extra is not None:
        add(shape.extra, HIDDEN // HEADS // 2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def load(path: Path) -> Any:
    """The model as transformers reads it from a GGUF file."""
    return transformers.LlamaForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)


def tensors(path: Path) -> dict[str, Any]:
    """Every tensor of a file as float32."""
    return {t.name: gguf.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(str(path)).tensors}


def metadata(path: Path) -> dict[str, Any]:
    """All metadata of a file but what its types of weights say, and its counts."""
    apart = ("GGUF.", "general.file_type", "general.quantization_version")
    fields = gguf.GGUFReader(str(path)).fields
    return {name: field.contents() for name, field in fields.items() if not name.startswith(apart)}


@pytest.mark.parametrize("shape", [Shape(), Shape(tied=False), Shape(extra="rope_freqs.weight")])
def test_untouched_f16_is_the_source(tmp_path: Path, shape: Shape) -> None:
    source = write_source(tmp_path / "source.gguf", shape)
    exported = export_like(source, load(source), tmp_path / "out" / "model.gguf", "f16")
    before, after = tensors(source), tensors(exported.path)
    assert list(after) == list(before)
    for name, values in before.items():
        assert numpy.array_equal(after[name], values), name
    assert metadata(exported.path) == metadata(source)
    assert exported.tensors == len(before)
    assert exported.replaced == len(before) - (shape.extra is not None)
    assert [each.name for each in exported.path.parent.iterdir()] == ["model.gguf"]


def test_trained_q8_0_answers_as_the_model(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source.gguf")
    model = load(source)
    torch.manual_seed(3)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    exported = export_like(source, model, tmp_path / "model.gguf", "q8_0")
    kinds = {t.name: t.tensor_type.name for t in gguf.GGUFReader(str(exported.path)).tensors}
    assert kinds["blk.0.attn_q.weight"] == "Q8_0" and kinds["output_norm.weight"] == "F32"
    ids = torch.tensor([[1, 7, 9, 30, 4]])
    with torch.no_grad():
        ours, theirs = model(ids).logits, load(exported.path)(ids).logits
        untrained = load(source)(ids).logits
    apart = (ours - theirs).norm() / ours.norm()
    assert apart < 0.02
    assert (ours - untrained).norm() / ours.norm() > 0.1


def test_an_output_layer_of_its_own_is_added(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source.gguf")
    tied = load(source)
    plain = {name: value for name, value in tied.config.to_dict().items() if name != "quantization_config"}
    config = type(tied.config)(**{**plain, "tie_word_embeddings": False})
    model = transformers.LlamaForCausalLM(config)
    model.load_state_dict(tied.state_dict())
    exported = export_like(source, model, tmp_path / "model.gguf", "f16")
    assert numpy.allclose(tensors(exported.path)["output.weight"], model.lm_head.weight.detach().numpy(), atol=1e-3)


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source.gguf")
    model = load(source)
    target = tmp_path / "model.gguf"
    with pytest.raises(ExportError, match="'qwen2'; only 'llama' is written here.*convert_hf_to_gguf"):
        export_like(write_source(tmp_path / "qwen.gguf", Shape(architecture="qwen2")), model, target)
    with pytest.raises(ExportError, match="blk.0.attn_sinks.weight .* not one of a dense Llama"):
        export_like(write_source(tmp_path / "odd.gguf", Shape(extra="blk.0.attn_sinks.weight")), model, target)
    with pytest.raises(ExportError, match="'q4_0'; write one of f16, q8_0"):
        export_like(source, model, target, "q4_0")
    model.resize_token_embeddings(len(WORDS) + 3)
    with pytest.raises(ExportError, match=r"shape \[51, 64\], the source \[48, 64\].*vocabulary of the source"):
        export_like(source, model, target)
    assert not target.exists() and not list(tmp_path.glob("*.part"))


def test_adapters_are_merged_before(tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    source = write_source(tmp_path / "source.gguf")
    adapted = peft.get_peft_model(load(source), peft.LoraConfig(r=2, target_modules=["q_proj"]))
    with pytest.raises(ExportError, match="still has adapters .*merge_and_unload"):
        export_like(source, adapted, tmp_path / "model.gguf")
    assert export_like(source, adapted.merge_and_unload(), tmp_path / "model.gguf").tensors == 20
