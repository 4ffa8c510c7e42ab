/** A new project as its form holds it: its faults, what is previewed, what the server is sent, where a refusal belongs. */

import type { z } from 'zod';
import type { ConsensusRule, newProject, projectPlan } from '../../../src/contracts/label-studio.ts';

export type ProjectBody = z.input<typeof newProject>;
export type PlanBody = z.input<typeof projectPlan>;

/** made: in Label Studio, by Assay; mapped: one that is there; files: tasks go out and come back as files. */
export type Origin = 'made' | 'mapped' | 'files';

/** Numbers are '' while their field is empty. */
export interface ProjectForm {
  dataset: string | null;
  /** Empty: all that have answered. */
  models: string[];
  title: string;
  origin: Origin;
  /** The project that is mapped. */
  remote: number | null;
  blind: boolean;
  seed: number | '';
  /** A labeling configuration of one's own; null: the generated one. */
  template: string | null;
  rule: ConsensusRule;
  /** Percent. */
  auditShare: number | '';
}

export const emptyProject: ProjectForm = {
  dataset: null,
  models: [],
  title: '',
  origin: 'made',
  remote: null,
  blind: true,
  seed: 1,
  template: null,
  rule: 'majority',
  auditShare: 20,
};

export type ProjectField = 'dataset' | 'models' | 'title' | 'remote' | 'seed' | 'template' | 'auditShare';
export type ProjectFaults = Partial<Record<ProjectField, string>>;

const MOST_MODELS = 26;
const TITLE_LENGTH = 50;
const MOST_SEED = 2_147_483_647;

export function projectFaults(form: ProjectForm): ProjectFaults {
  const faults: ProjectFaults = {};
  if (form.dataset === null) faults.dataset = 'Choose a dataset';
  if (form.models.length > MOST_MODELS) faults.models = `At most ${MOST_MODELS} models`;
  if (form.title.trim().length > TITLE_LENGTH) faults.title = `At most ${TITLE_LENGTH} characters`;
  if (form.origin === 'mapped' && form.remote === null) faults.remote = 'Choose a project';
  if (form.seed === '' || !Number.isInteger(form.seed) || form.seed < 0 || form.seed > MOST_SEED)
    faults.seed = 'A whole number from 0';
  if (usesTemplate(form) && form.template!.trim() === '') faults.template = 'Write one, or take the generated one';
  if (!isPercent(form.auditShare)) faults.auditShare = 'From 0 to 100';
  return faults;
}

const isPercent = (value: number | '') => value !== '' && value >= 0 && value <= 100;

/** A project that is mapped keeps the configuration that it has. */
const usesTemplate = ({ origin, template }: ProjectForm) => origin !== 'mapped' && template !== null;

/** What a preview is asked for; null: not while so much is open, or there is nothing to generate. */
export function planOf(form: ProjectForm): PlanBody | null {
  const { dataset, models, blind, seed } = form;
  const { title: _title, remote: _remote, auditShare: _audit, ...faults } = projectFaults(form);
  if (dataset === null || form.origin === 'mapped' || Object.keys(faults).length > 0) return null;
  return {
    dataset_id: dataset,
    ...(models.length === 0 ? {} : { models }),
    blind,
    seed: Number(seed),
    ...(usesTemplate(form) ? { label_config: form.template! } : {}),
  };
}

/** The body for a form without faults. */
export function projectOf(form: ProjectForm): ProjectBody {
  const { dataset, models, blind, seed, rule, origin, remote } = form;
  const title = form.title.trim();
  return {
    dataset_id: dataset ?? '',
    ...(models.length === 0 ? {} : { models }),
    ...(title === '' ? {} : { title }),
    blind,
    seed: Number(seed),
    ...(usesTemplate(form) ? { label_config: form.template! } : {}),
    rule,
    audit_share: Number(form.auditShare) / 100,
    ...(origin === 'mapped' && remote !== null ? { remote_id: remote } : {}),
    ...(origin === 'files' ? { files_only: true } : {}),
  };
}

const fields: Record<string, ProjectField> = {
  dataset_id: 'dataset',
  models: 'models',
  title: 'title',
  remote_id: 'remote',
  seed: 'seed',
  label_config: 'template',
  mapping: 'template',
  audit_share: 'auditShare',
};

/** Where the server's refusal belongs in the form; null: it is about none of its fields. */
export function refusedAt(
  form: Pick<ProjectForm, 'origin'>,
  { code, param, message }: { code: string; param: string | null; message: string },
): ProjectFaults | null {
  const named = fields[(param ?? '').split('.', 1)[0]!] ?? (code === 'label_config_invalid' ? 'template' : undefined);
  if (named === undefined) return null;
  // The configuration of a project that is mapped is its own.
  return { [named === 'template' && form.origin === 'mapped' ? 'remote' : named]: message };
}
