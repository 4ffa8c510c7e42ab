/** What nvidia-smi is asked, and how a line of its answer is read. */

import { numberOf, type Reading, shareOf, told } from './reading.ts';

const fields = [
  'index',
  'uuid',
  'name',
  'driver_version',
  'memory.used',
  'memory.total',
  'utilization.gpu',
  'power.draw',
];
/** Fields before and behind the name, which is the only one that could hold a comma. */
const [before, behind] = [2, 5];
const MiB = 1024 * 1024;

/**
 * Arguments for one answer, one line a card (https://docs.nvidia.com/deploy/nvidia-smi/). The fields are those that
 * drivers since 2014 know; one unknown field fails the whole query.
 */
export const nvidiaArguments = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];

/** Reads a line; null for anything else: the words in which nvidia-smi says on stdout what is wrong. */
export function parseNvidiaLine(line: string): Reading | null {
  const parts = line.split(',').map((part) => part.trim());
  if (parts.length < fields.length || !/^\d+$/.test(parts[0]!)) return null;
  const last = parts.length - behind;
  const [driver, used, total, busy, power] = parts.slice(last);
  const mebibytes = (text: string | undefined) => {
    const value = numberOf(text);
    return value === null ? null : Math.round(value * MiB);
  };
  return {
    vendor: 'nvidia',
    index: Number(parts[0]),
    uuid: told(parts[1]),
    name: told(parts.slice(before, last).join(', ')) ?? 'NVIDIA GPU',
    driver: told(driver),
    usedBytes: mebibytes(used),
    totalBytes: mebibytes(total),
    utilisation: shareOf(busy),
    watts: numberOf(power),
  };
}

/** What may help against a problem that nvidia-smi told. */
export function nvidiaRemedy(problem: string): string {
  if (/version mismatch/i.test(problem))
    return 'The driver was updated beneath the running system: restart the machine.';
  if (/couldn't communicate with the NVIDIA driver/i.test(problem))
    return 'Install or load the NVIDIA driver of this machine.';
  if (/no devices were found/i.test(problem))
    return 'The driver runs, but sees no card: see that one is fitted, and handed to this container or machine.';
  if (/unknown error|insufficient permissions/i.test(problem))
    return 'In a container: start it again with the GPU handed to it. Else restart the machine.';
  return 'Run nvidia-smi by hand; models run without it, but their memory is not watched.';
}
