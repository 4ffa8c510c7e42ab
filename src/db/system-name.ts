/** Names the system whose process numbers this process sees: two with the same name can look each other up. */

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Boot and process namespace on Linux (a container has its own numbers), the host's name elsewhere. */
export function systemName(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
