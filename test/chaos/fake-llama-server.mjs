#!/usr/bin/env node
/**
 * A FAKE llama-server: speaks the HTTP routes of llama.cpp's server that Assay uses, and dies (SIGSEGV to itself) of any
 * prompt that holds [[die]], as an engine dies of a row that crashes it. Appends what it is asked to FAKE_LLAMA_LOG.
 */

import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const argument = (name) => process.argv[process.argv.indexOf(name) + 1];
const log = (line) => process.env.FAKE_LLAMA_LOG && appendFileSync(process.env.FAKE_LLAMA_LOG, `${line}\n`);

if (process.argv.includes('--version')) {
  console.error('version: 9999 (fake)');
  process.exit(0);
}

if (process.argv.includes('--help')) {
  console.log('-m, --model FNAME\n-np, --parallel N\n-c, --ctx-size N\n--host HOST\n--port PORT\n--alias STRING');
  process.exit(0);
}

const slots = Number(process.argv.includes('--parallel') ? argument('--parallel') : argument('-np')) || 4;

function chunk(choices, more = {}) {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'fake', choices, ...more })}\n\n`;
}

function chat(text, response) {
  const marker = /\[\[([^\]]*)\]\]/.exec(text)?.[1] ?? '';
  log(`chat ${process.pid} ${marker}`);
  if (marker.startsWith('die')) {
    process.kill(process.pid, 'SIGSEGV');
    return;
  }
  setTimeout(() => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk([{ index: 0, delta: { role: 'assistant', content: `echo ${marker}` }, finish_reason: null }]));
    response.write(chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]));
    const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
    response.end(`${chunk([], { usage, timings: { cache_n: 0, prompt_n: 5 } })}data: [DONE]\n\n`);
  }, 100);
}

const answers = {
  '/health': { status: 'ok' },
  '/v1/models': { object: 'list', data: [{ id: 'fake', object: 'model' }] },
  '/props': { total_slots: slots, default_generation_settings: { n_ctx: 4096 } },
  '/slots': Array.from({ length: slots }, (_, id) => ({ id, n_ctx: 4096, is_processing: false })),
  '/tokenize': { tokens: [1, 2, 3, 4, 5] },
  '/apply-template': { prompt: 'fake' },
  '/v1/chat/completions/input_tokens': { input_tokens: 5 },
};

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const path = request.url.split('?')[0];
    if (path === '/v1/chat/completions') return chat(Buffer.concat(parts).toString(), response);
    const answer = answers[path];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(answer ?? { error: { code: 404, message: 'File Not Found', type: 'not_found_error' } }),
    );
  });
});
server.listen(Number(argument('--port')), argument('--host'), () => {
  log(`start ${process.pid}`);
  console.error(`main: server is listening on http://${argument('--host')}:${server.address().port}`);
});
process.on('SIGTERM', () => process.exit(0));
