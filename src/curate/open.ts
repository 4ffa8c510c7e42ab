/** Opens the curate room: annotations, golden sets, examples, templates and exports behind one object. */

import type { AnnotationObject, BulkAnnotation, ExampleRequest, NewAnnotation } from '../contracts/curation.ts';
import type { AnnotationKind, GridFilter } from '../contracts/workbench.ts';
import type { Database } from '../db/database.ts';
import { annotate, clearAnnotation, undoAnnotation } from './annotate.ts';
import { annotateAll } from './bulk.ts';
import { exampleLibrary } from './example-library.ts';
import { type ExportQuery, exportAnswers } from './export.ts';
import { goldenSetItems, listGoldenSets, makeGoldenSet, removeGoldenSet } from './golden-sets.ts';
import type { Place } from './judged-answer.ts';
import { listAnnotations } from './list-annotations.ts';
import { keepTemplate, listTemplates, removeTemplate } from './templates.ts';

/** `exampleChars` are the characters that an example keeps of an input, and of an answer. */
export interface CurationDeps {
  db: Database;
  exampleChars?: number;
}

export type Curation = ReturnType<typeof openCuration>;

export function openCuration({ db, exampleChars: inputChars = 4000 }: CurationDeps) {
  return {
    annotate: (
      userId: string,
      on: { kind: AnnotationKind; datasetId: string; candidateId: string; body: NewAnnotation },
    ): Promise<AnnotationObject> => annotate(db, userId, on),
    clear: (userId: string, on: Place & { kind: AnnotationKind }) => clearAnnotation(db, userId, on),
    undo: (userId: string, on: Place) => undoAnnotation(db, userId, on),
    bulk: (userId: string, bulk: BulkAnnotation) => annotateAll(db, userId, bulk),
    annotations: (userId: string, query: { datasetId: string; after?: number; limit: number }) =>
      listAnnotations(db, userId, query),
    makeGoldenSet: (userId: string, set: { name: string; filter: GridFilter }) => makeGoldenSet(db, userId, set),
    goldenSets: (userId: string, datasetId: string) => listGoldenSets(db, userId, datasetId),
    goldenSetItems: (userId: string, id: string) => goldenSetItems(db, userId, id),
    removeGoldenSet: (userId: string, id: string) => removeGoldenSet(db, userId, id),
    examples: (userId: string, request: ExampleRequest) => exampleLibrary({ db, inputChars }, userId, request),
    templates: (userId: string) => listTemplates(db, userId),
    keepTemplate: (userId: string, template: { name: string; text: string; example_items: string[] }) =>
      keepTemplate(db, userId, template),
    removeTemplate: (userId: string, id: string) => removeTemplate(db, userId, id),
    export: (userId: string, query: ExportQuery) => exportAnswers(db, userId, query),
  };
}
