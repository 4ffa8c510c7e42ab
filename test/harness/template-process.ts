/** A process that holds the template of a run of vitest: it tells of it, and drops it when whoever started it lets go. */

import { emptyDatabase, migrated, openTestServer, type Template } from './database.ts';

// Ctrl-C, or the end of a run that takes too long, reaches the whole group: what is here is dropped after that, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
const server = await openTestServer(process.argv[2] === 'embedded');
const { url, drop } = await migrated(await emptyDatabase(server.url, 'template'));
process.once('disconnect', async () => {
  await drop();
  await server.stop();
});
const template: Template = { server: server.url, database: new URL(url).pathname.slice(1) };
process.send!(template);
