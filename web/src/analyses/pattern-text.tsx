/** A pattern in signs: its mark on the map, its severity. */

import { Badge } from '@mantine/core';
import type { Pattern } from '../../../src/contracts/mining.ts';
import { markOf, outlineOf } from './map-marks.ts';

const SIDE = 14;

export function MarkSign({ cluster }: { cluster: number }) {
  const { colour, shape } = markOf(cluster);
  return (
    <svg width={SIDE} height={SIDE} viewBox="0 0 14 14" aria-hidden="true" focusable="false" style={{ flex: 'none' }}>
      <path d={outlineOf(shape, 4.6, [SIDE / 2, SIDE / 2])} fill={colour} />
    </svg>
  );
}

const severityColours = { low: 'gray', medium: 'blue', high: 'orange', critical: 'red' } as const;

export function Severity({ severity }: { severity: Pattern['severity'] }) {
  if (severity === null) return null;
  return (
    <Badge
      variant="dot"
      size="sm"
      color={severityColours[severity]}
      tt="none"
      fw={500}
      styles={{ root: { flex: 'none' } }}
    >
      {severity}
    </Badge>
  );
}
