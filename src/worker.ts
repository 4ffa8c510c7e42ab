/** The worker process: runs the chunks of all batches; a child of the server, with which it ends. */

import type { Gpu } from './contracts/gpu.ts';
import type { Log } from './contracts/log.ts';
import { hostOverPipe, type Pipe } from './engines/host-channel.ts';
import { openWorker, type WorkerConfig } from './worker-room.ts';

/** The first message of the server. */
export interface WorkerOrders {
  kind: 'orders';
  databaseUrl: string;
  workerId: string;
  config: WorkerConfig;
}

/** Longest time for the worker to end. */
const endMs = 5000;

async function main(orders: WorkerOrders): Promise<void> {
  const host = hostOverPipe(process as unknown as Pipe);
  let cards: Gpu[] = [];
  const { worker, stop } = await openWorker({
    ...orders,
    ...host,
    gpus: () => cards,
    inFleet: false,
    log: logOverPipe(),
  });
  const tell = () => process.connected && process.send?.({ kind: 'report', report: worker.report() });
  setInterval(tell, orders.config.worker_report_ms);
  const end = async () => {
    // A database that hangs must not keep a worker without a server alive.
    setTimeout(() => process.exit(1), endMs);
    await stop();
    process.exit(0);
  };
  process.on('message', (message: { kind?: string; gpus?: Gpu[] }) => {
    if (message.kind === 'gpus') cards = message.gpus ?? [];
    if (message.kind === 'wake') worker.wake();
    if (message.kind === 'stop') void end();
  });
  // The server is gone: what has its answer is committed if the database still takes it, the rest runs again.
  process.on('disconnect', () => void end());
  process.send?.({ kind: 'ready' });
}

/** What the worker logs is written by the server, into one log. */
function logOverPipe(): Log {
  const to = (level: keyof Log) => (values: object, message: string) => {
    if (process.connected) process.send?.({ kind: 'log', level, values, message });
  };
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
}

// Signals to the whole process group reach the worker too; the server tells it when to stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.once('message', (orders: WorkerOrders) => {
  main(orders).catch((error: Error) => {
    process.send?.({ kind: 'failed', problem: error.message });
    process.exitCode = 1;
    process.disconnect();
  });
});
