/** The forms of a project and of a push: what is wrong with them, what they become, where a refusal belongs. */

import { expect, test } from 'vitest';
import { newProject, newPush, projectPlan } from '../../../src/contracts/label-studio.ts';
import { connectFaults } from '../../../web/src/labelling/connect-faults.ts';
import {
  emptyProject,
  type ProjectForm,
  planOf,
  projectFaults,
  projectOf,
  refusedAt,
} from '../../../web/src/labelling/new-project.ts';
import { emptyPush, pushFaults, pushOf } from '../../../web/src/labelling/new-push.ts';

const form = (part: Partial<ProjectForm> = {}): ProjectForm => ({ ...emptyProject, dataset: 'ds_1', ...part });

test('a form without faults is a project that the contract takes', () => {
  const filled = form({
    models: ['a', 'b'],
    title: ' Round 1 ',
    blind: false,
    seed: 7,
    rule: 'review',
    auditShare: 12.5,
  });
  expect(projectFaults(filled)).toEqual({});
  expect(newProject.parse(projectOf(filled))).toEqual({
    dataset_id: 'ds_1',
    models: ['a', 'b'],
    title: 'Round 1',
    blind: false,
    seed: 7,
    rule: 'review',
    audit_share: 0.125,
    files_only: false,
  });
  expect(newProject.parse(projectOf(form({ origin: 'files' })))).toMatchObject({ files_only: true });
  expect(newProject.parse(projectOf(form({ origin: 'mapped', remote: 12 })))).toMatchObject({ remote_id: 12 });
});

test('what another kind of project was filled in with before is not sent', () => {
  expect(projectOf(form({ origin: 'files', remote: 12 }))).not.toHaveProperty('remote_id');
  expect(projectOf(form({ origin: 'mapped', remote: 12, template: '<View/>' }))).not.toHaveProperty('label_config');
  expect(projectFaults(form({ origin: 'mapped', remote: 12, template: '' }))).toEqual({});
});

test('a preview is asked for as soon as it can be made, whatever else is open', () => {
  expect(planOf(emptyProject)).toBeNull();
  expect(planOf(form({ origin: 'mapped' }))).toBeNull();
  expect(planOf(form({ template: '  ' }))).toBeNull();
  const plan = planOf(form({ auditShare: '', title: 'x'.repeat(51), template: '<View/>' }));
  expect(projectPlan.parse(plan)).toEqual({ dataset_id: 'ds_1', blind: true, seed: 1, label_config: '<View/>' });
});

test('each fault stands at its field', () => {
  const faulty = { title: 'x'.repeat(51), origin: 'mapped', seed: 1.5, auditShare: 101 } as const;
  expect(Object.keys(projectFaults({ ...emptyProject, ...faulty })).sort()).toEqual([
    'auditShare',
    'dataset',
    'remote',
    'seed',
    'title',
  ]);
  const models = Array.from({ length: 27 }, (_, i) => `m${i}`);
  expect(projectFaults(form({ models, template: '' }))).toEqual({
    models: 'At most 26 models',
    template: 'Write one, or take the generated one',
  });
});

test('a refusal stands at the field that it is about', () => {
  const refusal = (code: string, param: string | null) => ({ code, param, message: 'no' });
  expect(refusedAt(form(), refusal('invalid_parameter', 'audit_share'))).toEqual({ auditShare: 'no' });
  expect(refusedAt(form(), refusal('label_config_invalid', 'label_config'))).toEqual({ template: 'no' });
  expect(refusedAt(form(), refusal('label_config_invalid', 'models'))).toEqual({ models: 'no' });
  expect(refusedAt(form({ origin: 'mapped' }), refusal('label_config_invalid', null))).toEqual({ remote: 'no' });
  expect(refusedAt(form(), refusal('label_studio_unreachable', null))).toBeNull();
});

test('a push sends what it is narrowed by, and nothing that narrows nothing', () => {
  expect(pushOf(emptyPush)).toEqual({ select: 'differences', filter: {}, limit: 1000 });
  const body = pushOf({ select: 'everything', categories: ['hard'], words: ' tax ', limit: 50 });
  expect(newPush.parse(body)).toMatchObject({
    select: 'everything',
    filter: { category: ['hard'], q: 'tax' },
    limit: 50,
  });
  expect(pushFaults({ ...emptyPush, limit: 0 })).toHaveProperty('limit');
  expect(pushFaults({ ...emptyPush, limit: '' })).toHaveProperty('limit');
  expect(pushFaults({ ...emptyPush, words: 'x'.repeat(501) })).toHaveProperty('words');
});

test('a refused token is told beside the token, a wrong address beside the address', () => {
  const told = (code: string, param: string | null = null) => connectFaults({ code, param, message: 'no' });
  expect(told('label_studio_refused')).toEqual({ token: 'no' });
  expect(told('label_studio_unreachable')).toEqual({ base_url: 'no' });
  expect(told('invalid_parameter', 'base_url')).toEqual({ base_url: 'no' });
  expect(told('unreachable')).toBeNull();
});
