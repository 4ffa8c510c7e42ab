/** Says that an answer is golden, fixed or wrong: shown at once, taken back when the server refuses. */

import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { AnnotationObject, NewAnnotation } from '../../../src/contracts/curation.ts';
import type { AnnotationKind } from '../../../src/contracts/workbench.ts';
import { deleteJson, messageOf, path, postJson } from '../api/client.ts';
import type { GridStore } from '../grid/grid-store.ts';
import { createTurns } from './in-turn.ts';

/** The answer of a model to an item. */
export interface Answer {
  candidateId: string;
  modelId: string;
}

export interface Annotator {
  /** Resolves to whether the server took it. */
  mark(answer: Answer, kind: AnnotationKind, with_?: Omit<NewAnnotation, 'model_id'>): Promise<boolean>;
  clear(answer: Answer, kind: AnnotationKind): Promise<boolean>;
  undo(answer: Answer): Promise<boolean>;
}

export function useAnnotate(store: GridStore): Annotator {
  const queries = useQueryClient();
  return useMemo(() => {
    const { datasetId } = store.options;
    const turns = createTurns();
    /** `kind` is shown at once; undefined where only the server knows what comes of it. */
    const settle = async (
      answer: Answer,
      kind: AnnotationKind | null | undefined,
      ask: () => Promise<AnnotationObject>,
    ) => {
      const takeBack = kind === undefined ? () => {} : store.annotate({ ...answer, kind });
      const name = `${answer.candidateId}\n${answer.modelId}`;
      try {
        const { value, last } = await turns.take(name, ask);
        if (last) store.annotate({ ...answer, kind: value.kind });
        void queries.invalidateQueries({ queryKey: ['item', datasetId, answer.candidateId] });
        return true;
      } catch (error) {
        if (turns.idle(name)) takeBack();
        notifications.show({ color: 'red', title: 'Not kept', message: messageOf(error) });
        return false;
      }
    };
    return {
      mark(answer, kind, body = {}) {
        const at = path`/admin/annotations/${kind}/${datasetId}/${answer.candidateId}`;
        return settle(answer, kind, () => postJson(at, { model_id: answer.modelId, ...body }));
      },
      clear(answer, kind) {
        const at = path`/admin/annotations/${kind}/${datasetId}/${answer.candidateId}`;
        return settle(answer, null, () => deleteJson(at, { model_id: answer.modelId }));
      },
      undo(answer) {
        const at = path`/admin/annotations/undo/${datasetId}/${answer.candidateId}`;
        return settle(answer, undefined, () => postJson(at, { model_id: answer.modelId }));
      },
    };
  }, [store, queries]);
}
