/** Binds the application to its address and says under which URL it answers. */

import { AssayError } from '../errors.ts';
import type { App } from './app.ts';

/** Port 0 takes a free one. Throws port_in_use. */
export async function listen(app: App, at: { host: string; port: number }): Promise<string> {
  try {
    await app.listen(at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new AssayError('port_in_use', at, { cause: error });
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  const anywhere = at.host === '0.0.0.0' || at.host === '::';
  const name = at.host.includes(':') ? `[${at.host}]` : at.host;
  return `http://${anywhere ? '127.0.0.1' : name}:${port}`;
}
