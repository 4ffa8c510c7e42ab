/** Takes a file of Label Studio's JSON export in: read through and checked whole before the first task of it is taken. */

import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pulled } from '../../../contracts/label-studio.ts';
import { stage } from '../../../files/store.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import { nothingPulled, sumOf, takeTasks } from '../pull/take-annotations.ts';
import { type ProjectRow, selectProject } from '../rows.ts';
import type { RemoteTask } from '../wire/client.ts';
import { fileFault, listElements } from './json-list.ts';
import { readTask } from './read-task.ts';
import { keepShownAnswers } from './shown-answers.ts';
import { type Copy, openSurvey, type Survey } from './survey-file.ts';

/** Tasks, and characters of them, that are taken in one transaction. */
const pageTasks = 200;
const pageChars = 4 * 1024 * 1024;

/**
 * A file again changes nothing.
 * @throws AssayError not_found, payload_too_large, disk_full; invalid_parameter with the task's place and the field: then nothing is taken
 */
export async function importAnnotations(
  deps: LabelStudioDeps,
  userId: string,
  { projectId, file }: { projectId: string; file: AsyncIterable<Buffer> | null },
): Promise<Pulled> {
  const project = await deps.db.asUser(userId, (q) => selectProject(q, projectId));
  if (file === null) throw fileFault('file', 'must be a part of the form', 'nothing');
  const folder = await mkdtemp(join(tmpdir(), 'assay-annotations-'));
  try {
    const { path } = await stage({ folder, staging: folder }, file, {
      maxBytes: deps.limits.fileMaxBytes,
      what: 'The file of annotations',
      setting: 'ASSAY_LABEL_STUDIO_FILE_MAX_BYTES',
    });
    const survey = await surveyOf(deps, userId, { project, path });
    return await takeFile(deps, userId, { project, path, survey });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface StagedFile {
  project: ProjectRow;
  path: string;
}

/** Reads the whole file and checks each task, and all of them together. */
async function surveyOf(deps: LabelStudioDeps, userId: string, { project, path }: StagedFile): Promise<Survey> {
  const survey = openSurvey(deps.db, userId, project.project_id);
  for await (const element of listElements(createReadStream(path))) {
    await survey.see(readTask(element), element);
  }
  return survey.end();
}

async function takeFile(
  deps: LabelStudioDeps,
  userId: string,
  { project, path, survey }: StagedFile & { survey: Survey },
): Promise<Pulled> {
  let sum = nothingPulled;
  let page: RemoteTask[] = [];
  let chars = 0;
  const flush = async () => {
    const tasks = page;
    if (tasks.length > 0) {
      await deps.db.asUser(userId, (q) => keepShownAnswers(q, { project, tasks }));
      sum = sumOf(sum, await takeTasks(deps, userId, { project, tasks }));
    }
    page = [];
    chars = 0;
  };
  const handle = await open(path);
  try {
    for await (const element of listElements(createReadStream(path))) {
      const copies = survey.copies.get(element.place);
      if (copies === undefined) continue;
      page.push(asKnown(await joined(handle, readTask(element), copies), survey));
      chars += element.text.length;
      if (page.length >= pageTasks || chars >= pageChars) await flush();
    }
    await flush();
    return sum;
  } finally {
    await handle.close();
  }
}

/** A task that was imported into Label Studio several times, as one with the annotations of all. */
async function joined(handle: FileHandle, task: RemoteTask, copies: Copy[]): Promise<RemoteTask> {
  const annotations = [...task.annotations];
  for (const { place, start, bytes } of copies) {
    const buffer = Buffer.alloc(bytes);
    await handle.read(buffer, 0, bytes, start);
    annotations.push(...readTask({ place, text: buffer.toString('utf8') }).annotations);
  }
  return { ...task, annotations };
}

/** Annotations that came from a file of ours, and bear other numbers since, by those that they have here. */
function asKnown(task: RemoteTask, { known }: Survey): RemoteTask {
  const annotations = task.annotations.map((annotation) => {
    const id = known.get(annotation.id);
    return id === undefined ? annotation : { ...annotation, id, raw: { ...annotation.raw, id } };
  });
  return { ...task, annotations };
}
