"""One of two processes of a training on the CPU: predicts under DDP, FSDP 2, FSDP 2 with LoRA; notes what came."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import torch
from tiny_models import PROMPTS, samples, tiny_llama, tiny_tokenizer, with_lora
from torch import distributed
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel
from transformers.models.llama.modeling_llama import LlamaDecoderLayer

from assay_train.config import PredictionsConfig
from assay_train.generator import Generator


def replicated() -> torch.nn.Module:
    """DDP."""
    return DistributedDataParallel(tiny_llama())


def sharded(model: torch.nn.Module | None = None) -> torch.nn.Module:
    """FSDP 2: each layer, and the rest in the outermost module."""
    model = model or tiny_llama()
    for layer in [module for module in model.modules() if isinstance(module, LlamaDecoderLayer)]:
        fully_shard(layer)
    return fully_shard(model)


def sharded_with_lora() -> torch.nn.Module:
    """FSDP 2 around the PEFT model, whose generate() passes by the outermost module."""
    return sharded(with_lora(tiny_llama()))


def trained(model: torch.nn.Module) -> float:
    """One step of the training after the predictions, in which every process takes part; gives its loss."""
    ids = tiny_tokenizer()(PROMPTS[1], return_tensors="pt")["input_ids"]
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=0.01)
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def answers(model: torch.nn.Module) -> dict[str, object]:
    """Predictions before the first step and after one, and the loss of that step."""
    generator = Generator(tiny_tokenizer(), PredictionsConfig(max_length=8, batch_size=2))
    before = generator.generate(model, samples(*PROMPTS))
    loss = trained(model.train())
    after = generator.generate(model, samples(*PROMPTS))
    return {
        "before": [(outcome.prediction, outcome.truth_nll, outcome.error) for outcome in before],
        "loss": loss,
        "after": [(outcome.prediction, outcome.error) for outcome in after],
    }


def main() -> None:
    """Arguments: rank, file that the processes meet at, file for the result."""
    rank, meeting, result = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    kinds = {"ddp": replicated, "fsdp2": sharded, "fsdp2 lora": sharded_with_lora}
    result.write_text(json.dumps({name: answers(make()) for name, make in kinds.items()}), encoding="ascii")
    distributed.barrier()
    distributed.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
