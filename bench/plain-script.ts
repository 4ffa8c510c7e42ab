/** What people write by hand: send each line with undici, append each answer to a file; nothing durable, no retry. */

import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';

/** Sends every line of `input` to the upstream, `concurrency` at a time; gives seconds and rows. */
export async function plainScript(o: { url: string; input: string; output: string; concurrency: number }) {
  const pool = new Pool(o.url, { connections: o.concurrency, pipelining: 1 });
  const lines = createInterface({ input: createReadStream(o.input), crlfDelay: Number.POSITIVE_INFINITY });
  const rows = lines[Symbol.asyncIterator]();
  const output = createWriteStream(o.output);
  let done = 0;
  const started = performance.now();
  const work = async (): Promise<void> => {
    for (;;) {
      const next = await rows.next();
      if (next.done) return;
      const row = JSON.parse(next.value);
      const answer = await pool.request({
        path: row.url,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(row.body),
      });
      const body = await answer.body.json();
      output.write(
        `${JSON.stringify({ custom_id: row.custom_id, response: { status_code: answer.statusCode, body } })}\n`,
      );
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: o.concurrency }, work));
  await new Promise((resolve) => output.end(resolve));
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return { rows: done, seconds };
}

if (import.meta.main) {
  const [url, input, output, concurrency] = process.argv.slice(2) as [string, string, string, string];
  console.log(JSON.stringify(await plainScript({ url, input, output, concurrency: Number(concurrency) })));
}
