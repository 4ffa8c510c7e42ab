/** A process that fetches one model (argv: cache folder, source, sha256) and tells its path. */

import { modelFile } from '../../../src/engines/download/model-file.ts';

const [cache = '', source = '', sha256 = ''] = process.argv.slice(2);
const log = { debug() {}, info() {}, warn() {}, error() {} };
const spec = { id: 'm', engine: 'llama-server' as const, source, sha256 };
process.stdout.write(
  await modelFile(spec, { cache, hfEndpoint: 'http://127.0.0.1:9', ollamaModels: '/nowhere', log, retryMs: 10 }),
);
