/** The map of failures: each a point, alike ones close together; a pointer shows one, a click or a lasso chooses. */

import { Button, Group, SegmentedControl, useComputedColorScheme } from '@mantine/core';
import { type PointerEvent, type RefObject, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { FailureMap, WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { countText } from '../grid/cell-text.ts';
import styles from './analyses.module.css';
import { drawOver, drawPoints, readied } from './map-drawing.ts';
import { MapHover } from './map-hover.tsx';
import { boxOf, type Corner, indexOf, inside, placed, type Size } from './map-points.ts';
import { titleOf } from './pattern-words.ts';

interface FailureMapProps {
  analysis: WholeAnalysis;
  clustering: string | null;
  map: FailureMap;
  chosen: number | null;
  choose: (cluster: number | null) => void;
  /** Ordinals of the failures in a box or lasso; null: none was drawn. */
  caught: readonly number[] | null;
  mark: (ordinals: number[] | null) => void;
}

type Tool = 'box' | 'lasso';
/** A pointer that moves less, in pixels, is a click. */
const CLICK = 5;
/** Pixels from a point at which it counts as meant. */
const REACH = 12;

export function FailureMapView(props: FailureMapProps) {
  const { analysis, map, caught, mark } = props;
  const [tool, setTool] = useState<Tool>('box');
  const [ref, size] = useSize();
  const told = useId();
  return (
    <figure className={styles.map} aria-labelledby={told}>
      <Group justify="space-between" gap="xs" mb={6}>
        <SegmentedControl
          aria-label="What a drag on the map draws"
          value={tool}
          onChange={(value) => setTool(value as Tool)}
          data={[
            { value: 'box', label: 'Box' },
            { value: 'lasso', label: 'Lasso' },
          ]}
        />
        {caught !== null && (
          <Button size="compact-xs" variant="light" onClick={() => mark(null)}>
            {countText(caught.length)} marked ✕
          </Button>
        )}
      </Group>
      <div ref={ref} className={styles.field}>
        {size.width > 0 && <Field {...props} size={size} tool={tool} />}
      </div>
      <figcaption id={told} className={styles.dim}>
        {countText(map.total)} failures in {countText(analysis.clusters)} patterns
        {map.ordinal.length < map.total && `, ${countText(map.ordinal.length)} of them drawn`}. What is alike stands
        close together. A click chooses a pattern, a drag marks failures; the list of patterns does the same by
        keyboard.
      </figcaption>
    </figure>
  );
}

/** Pixels inside an element; its styles alone settle them, so that drawing never changes what is measured. */
function useSize(): [ref: RefObject<HTMLDivElement | null>, size: Size] {
  const ref = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current!;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}

function Field(props: FailureMapProps & { size: Size; tool: Tool }) {
  const { analysis, clustering, map, chosen, choose, caught, size } = props;
  const points = useMemo(() => placed(map, size), [map, size]);
  const nearest = useMemo(() => indexOf(points), [points]);
  const [hovered, setHovered] = useState(-1);
  const [line, setLine] = useState<Corner[]>([]);
  const lines = useLine({ ...props, points, line, setLine });
  const base = useBase({ map, points, chosen, caught, size });
  const over = useOver({ ...props, points, hovered, line });
  const at = (event: PointerEvent): Corner => [event.nativeEvent.offsetX, event.nativeEvent.offsetY];
  const meant = (event: PointerEvent) => nearest(...at(event), REACH);
  const up = (event: PointerEvent) => {
    if (lines.end() || event.button !== 0) return;
    const found = meant(event);
    const cluster = found < 0 ? null : map.cluster[found]!;
    choose(cluster === chosen ? null : cluster);
  };
  return (
    <>
      <div aria-hidden="true">
        <canvas ref={base} className={styles.canvas} />
      </div>
      <canvas
        ref={over}
        className={styles.canvas}
        role="img"
        aria-label={textOf(analysis, map)}
        data-points={map.ordinal.length}
        style={{ cursor: hovered >= 0 ? 'pointer' : 'crosshair' }}
        onPointerMove={(event) => {
          if (lines.move(at(event))) return setHovered(-1);
          setHovered(meant(event));
        }}
        onPointerDown={(event) => {
          if (event.button !== 0 || event.pointerType === 'touch') return;
          event.currentTarget.setPointerCapture(event.pointerId);
          lines.begin(at(event));
        }}
        onPointerUp={up}
        onPointerCancel={() => lines.end()}
        onPointerLeave={() => setHovered(-1)}
      />
      {hovered >= 0 && line.length === 0 && (
        <MapHover
          analysis={analysis}
          clustering={clustering}
          ordinal={map.ordinal[hovered]!}
          cluster={map.cluster[hovered]!}
          at={[points.x[hovered]!, points.y[hovered]!]}
          size={size}
        />
      )}
    </>
  );
}

/** What a drag does: draws a box or a lasso, and marks what is inside at its end. */
function useLine(
  props: FailureMapProps & {
    tool: Tool;
    points: ReturnType<typeof placed>;
    line: Corner[];
    setLine: (line: Corner[]) => void;
  },
) {
  const { tool, points, map, line, setLine, mark } = props;
  const from = useRef<Corner | null>(null);
  return {
    begin: (corner: Corner) => {
      from.current = corner;
    },
    /** Whether it is a drag. */
    move: (to: Corner): boolean => {
      const start = from.current;
      if (start === null) return false;
      const far = Math.hypot(to[0] - start[0], to[1] - start[1]) >= CLICK;
      if (line.length === 0 && !far) return false;
      setLine(tool === 'box' ? boxOf(start, to) : [...(line.length === 0 ? [start] : line), to]);
      return true;
    },
    /** Whether it was a drag. */
    end: (): boolean => {
      from.current = null;
      if (line.length === 0) return false;
      const found = inside(points, line).map((i) => map.ordinal[i]!);
      setLine([]);
      mark(found.length === 0 ? null : found);
      return true;
    },
  };
}

interface Base extends Pick<FailureMapProps, 'map' | 'chosen' | 'caught'> {
  points: ReturnType<typeof placed>;
  size: Size;
}

/** The points themselves: drawn anew only when they or what is chosen change, never for the pointer. */
function useBase({ map, points, chosen, caught, size }: Base) {
  const ref = useRef<HTMLCanvasElement>(null);
  const marked = useMemo(() => placesOf(map, caught), [map, caught]);
  useEffect(() => {
    const context = ref.current && readied(ref.current, size);
    if (context) drawPoints(context, { placed: points, cluster: map.cluster, chosen, caught: marked });
  }, [points, map, chosen, marked, size]);
  return ref;
}

function placesOf({ ordinal }: FailureMap, caught: readonly number[] | null): ReadonlySet<number> | null {
  if (caught === null) return null;
  const wanted = new Set(caught);
  return new Set(ordinal.flatMap((each, place) => (wanted.has(each) ? [place] : [])));
}

/** Numbers of the clusters, the point under the pointer, the line that is drawn. */
function useOver(
  props: FailureMapProps & { size: Size; points: ReturnType<typeof placed>; hovered: number; line: readonly Corner[] },
) {
  const { analysis, map, chosen, size, points, hovered, line } = props;
  const ref = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme();
  const names = useMemo(() => middlesOf(map, points), [map, points]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read from the page, and change with the scheme
  useEffect(() => {
    const context = ref.current && readied(ref.current, size);
    if (!context) return;
    const page = getComputedStyle(ref.current!);
    drawOver(context, {
      at: hovered < 0 ? null : [points.x[hovered]!, points.y[hovered]!],
      line,
      names: names.map(({ cluster, at }) => ({
        text: String(cluster + 1),
        at,
        faint: chosen !== null && chosen !== cluster,
      })),
      ink: page.getPropertyValue('--ink') || page.color,
      paper: page.getPropertyValue('--paper'),
    });
  }, [analysis, points, names, chosen, hovered, line, scheme, size]);
  return ref;
}

/** Where the number of each cluster stands: the middle of its points on the screen. "Other" has none. */
function middlesOf({ cluster }: FailureMap, { x, y }: ReturnType<typeof placed>): { cluster: number; at: Corner }[] {
  const sums = new Map<number, [x: number, y: number, n: number]>();
  for (const [i, number] of cluster.entries()) {
    if (number < 0) continue;
    const [sumX, sumY, n] = sums.get(number) ?? [0, 0, 0];
    sums.set(number, [sumX + x[i]!, sumY + y[i]!, n + 1]);
  }
  return [...sums].map(([number, [sumX, sumY, n]]) => ({ cluster: number, at: [sumX / n, sumY / n] }));
}

/** Patterns named in the text of the map; the list beside it has all. */
const NAMED = 12;

function textOf({ found }: WholeAnalysis, { total }: FailureMap): string {
  const named = found.slice(0, NAMED).map((each) => `${titleOf(each)}, ${countText(each.cluster.size)} failures`);
  const more = found.length > NAMED ? `; and ${countText(found.length - NAMED)} more` : '';
  return `Map of ${countText(total)} failures: ${named.join('; ')}${more}.`;
}
