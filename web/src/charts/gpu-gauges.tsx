/** The memory of each GPU: how much is used now, the most there was, and from where on requests are held back. */

import type { CSSProperties } from 'react';
import type { Gpu } from '../../../src/contracts/gpu.ts';
import styles from './charts.module.css';
import { gpuMemory, gpuName, gpuTexts } from './gpu.ts';

export function GpuGauges({ gpus }: { gpus: readonly Gpu[] }) {
  return (
    <ul className={styles.gpus} aria-label="GPUs">
      {gpus.map((gpu) => (
        <li key={`${gpu.vendor} ${gpu.index}`}>
          <b>{gpuName(gpu, gpus.length === 1)}</b>
          <Gauge gpu={gpu} />
          <span className={styles.gpuFigures}>{gpuTexts(gpu).join(' · ')}</span>
          {gpu.warning && (
            <span className={styles.gpuFull}>
              <span aria-hidden="true">▲ </span>Its memory is nearly full; fewer requests are let in.
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The texts beside it say the same. */
function Gauge({ gpu }: { gpu: Gpu }) {
  const memory = gpuMemory(gpu);
  if (memory === null) return null;
  const at = (share: number) => ({ '--share': `${share * 100}%` }) as CSSProperties;
  return (
    <div className={styles.gauge} data-full={gpu.warning || undefined} aria-hidden="true">
      <span style={at(Math.min(1, memory.usedBytes / memory.totalBytes))} />
      {memory.peak !== null && <i data-tick="peak" style={at(memory.peak)} />}
      {memory.warning !== null && <i data-tick="warning" style={at(memory.warning)} />}
    </div>
  );
}
