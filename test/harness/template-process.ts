/** A process that holds the template of a run of vitest: it tells its URL, and drops it when whoever started it lets go. */

import { emptyDatabase, migrated, openTestServer } from './database.ts';

const server = await openTestServer(process.argv[2] === 'embedded');
const template = await migrated(await emptyDatabase(server.url, 'template'));
process.once('disconnect', async () => {
  await template.drop();
  await server.stop();
});
process.send!(template.url);
