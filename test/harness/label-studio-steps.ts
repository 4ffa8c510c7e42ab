/** The exchanges that are recorded of the real Label Studio: what is asked in turn, and what of an answer is the same each time. */

/** What the steps are sent to. */
export interface SpokenTo {
  url: string;
  legacyToken: string;
  /** Made anew by the steps: nobody has asked for one before. */
  addUser(email: string): Promise<string> | string;
}

/** One recorded request and its answer; what differs from run to run has a name in angle brackets. */
export interface Exchange {
  name: string;
  method: string;
  /** Numbers in it as `{project}`. */
  path: string;
  /** As whom: the second annotator, with a token that is wrong, or nobody; the owner when absent. */
  as?: 'second' | 'wrong' | 'nobody' | 'bearer';
  body?: unknown;
  status: number;
  /** json, html or none. */
  type: string;
  answer?: unknown;
}

type Step = Omit<Exchange, 'status' | 'type' | 'answer'> & {
  /** Names of numbers of the answer, with where they stand. */
  keep?: Record<string, (answer: never) => unknown>;
};

export const CONFIG = `<View>
  <Text name="input" value="$input"/>
  <Text name="answer_a" value="$answer_a"/>
  <Choices name="verdict_a" toName="answer_a"><Choice value="golden"/><Choice value="fix"/><Choice value="wrong"/></Choices>
  <TextArea name="fix_a" toName="answer_a"/>
</View>`;

export const verdict = (choice: string) => ({
  from_name: 'verdict_a',
  to_name: 'answer_a',
  type: 'choices',
  value: { choices: [choice] },
});
const prediction = (choice: string) => ({ model_version: 'assay', score: 0.25, result: [verdict(choice)] });
const task = (item: string, choice = 'golden') => ({
  data: { assay_item: item, input: `question ${item}`, answer_a: '{"decision":"yes"}' },
  meta: { assay: { project: 'lsp_1', item, audit: false, slots: { a: 'k' } } },
  predictions: [prediction(choice)],
});
const project = {
  title: 'Recorded',
  label_config: CONFIG,
  sampling: 'Uncertainty sampling',
  model_version: 'assay',
  maximum_annotations: 3,
  show_collab_predictions: true,
  evaluate_predictions_automatically: false,
};
const hook = {
  project: '{project}',
  url: 'http://127.0.0.1:9/hook',
  headers: { 'x-assay-secret': 'secret' },
  send_payload: true,
  send_for_all_actions: false,
  is_active: true,
  actions: ['ANNOTATION_CREATED'],
};
const after = (field: string) =>
  encodeURIComponent(
    JSON.stringify({
      filters: {
        conjunction: 'and',
        items: [{ filter: `filter:tasks:${field}`, operator: 'greater', type: 'Number', value: 0 }],
      },
      ordering: ['tasks:id'],
    }),
  );
const listed = (field: string) =>
  `/api/tasks/?project={project}&fields=all&page_size=2&resolve_uri=false&query=${after(field)}`;
const id = ({ id: number }: { id: number }) => number;
const get = (name: string, path: string): Step => ({ name, method: 'GET', path });
const post = (name: string, path: string, body: unknown): Step => ({ name, method: 'POST', path, body });

/** In this order; each finds what those before it have made. */
export const recordings: Record<string, Step[]> = {
  access: [
    { ...get('version', '/api/version/'), as: 'nobody' },
    get('whoami', '/api/current-user/whoami'),
    { ...get('whoami of nobody', '/api/current-user/whoami'), as: 'nobody' },
    { ...get('whoami of a wrong token', '/api/current-user/whoami'), as: 'wrong' },
    { ...post('personal token', '/api/token/', {}), keep: { personal: ({ token }: { token: string }) => token } },
    post('second personal token', '/api/token/', {}),
    {
      ...post('exchange', '/api/token/refresh/', { refresh: '{personal}' }),
      as: 'nobody',
      keep: { access: ({ access }: { access: string }) => access },
    },
    { ...post('exchange of a wrong token', '/api/token/refresh/', { refresh: 'a.b.c' }), as: 'nobody' },
    { ...get('whoami of a bearer', '/api/current-user/whoami'), as: 'bearer' },
    get('users', '/api/users/'),
    get('a page that is none', '/api/nothing/'),
  ],
  projects: [
    post('a good configuration', '/api/projects/validate/', { label_config: CONFIG }),
    post('a bad configuration', '/api/projects/validate/', {
      label_config: CONFIG.replace('toName="answer_a"', 'toName="b"'),
    }),
    { ...post('make a project', '/api/projects/', project), keep: { project: id } },
    post('a title too short', '/api/projects/', { ...project, title: 'ab' }),
    post('a title too long', '/api/projects/', { ...project, title: 'x'.repeat(51) }),
    get('list projects', '/api/projects/?page=1&page_size=100&include=id,title,task_number'),
    get('a page behind the last', '/api/projects/?page=9'),
    get('show a project', '/api/projects/{project}/'),
    get('a project that is not there', '/api/projects/999999/'),
  ],
  tasks: [
    {
      ...post('import', '/api/projects/{project}/import?return_task_ids=true', [task('i1'), task('i2'), task('i3')]),
      keep: {
        task: ({ task_ids: ids }: { task_ids: number[] }) => ids[0],
        other: ({ task_ids: ids }: { task_ids: number[] }) => ids[1],
      },
    },
    post('a choice that does not exist', '/api/projects/{project}/import?return_task_ids=true', [
      task('i4', 'nonsense'),
    ]),
    post('data that lacks a field', '/api/projects/{project}/import?return_task_ids=true', [{ data: { input: 'x' } }]),
    post('import nothing', '/api/projects/{project}/import?return_task_ids=true', []),
    post('import into a project that is not there', '/api/projects/999999/import?return_task_ids=true', [task('i1')]),
    get('list tasks', listed('id')),
    get('list tasks of a project that is not there', listed('id').replace('{project}', '999999')),
    get('show a task', '/api/tasks/{task}/?resolve_uri=false'),
    get('a task that is not there', '/api/tasks/999999/'),
    { name: 'change a task', method: 'PATCH', path: '/api/tasks/{task}/', body: { meta: { assay: { audit: true } } } },
    { name: 'change a task that is not there', method: 'PATCH', path: '/api/tasks/999999/', body: { meta: {} } },
    {
      ...post('make a prediction', '/api/predictions/', { task: '{task}', ...prediction('fix'), cluster: 4 }),
      keep: { prediction: id },
    },
    post('predict for a task that is not there', '/api/predictions/', { task: 999999, ...prediction('fix') }),
    { name: 'delete a prediction', method: 'DELETE', path: '/api/predictions/{prediction}/' },
    { name: 'delete it again', method: 'DELETE', path: '/api/predictions/{prediction}/' },
  ],
  annotations: [
    {
      ...post('annotate', '/api/tasks/{task}/annotations/', { result: [verdict('golden')], lead_time: 3.5 }),
      keep: { annotation: id },
    },
    { ...post('annotate as another', '/api/tasks/{task}/annotations/', { result: [verdict('fix')] }), as: 'second' },
    { ...post('skip', '/api/tasks/{other}/annotations/', { result: [], was_cancelled: true }), as: 'second' },
    {
      name: 'change it',
      method: 'PATCH',
      path: '/api/annotations/{annotation}/',
      body: { result: [verdict('wrong')] },
    },
    get('show an annotated task', '/api/tasks/{task}/?resolve_uri=false'),
    get('list annotated tasks', listed('annotations_ids')),
    get('export', '/api/projects/{project}/export?exportType=JSON'),
    get('export all', '/api/projects/{project}/export?exportType=JSON&download_all_tasks=true'),
    get('export of a project that is not there', '/api/projects/999999/export?exportType=JSON'),
    { name: 'delete it', method: 'DELETE', path: '/api/annotations/{annotation}/' },
    { name: 'delete an annotation again', method: 'DELETE', path: '/api/annotations/{annotation}/' },
  ],
  hooks: [
    { ...post('make a webhook', '/api/webhooks/', hook), keep: { hook: id } },
    post('a webhook of a project that is not there', '/api/webhooks/', { ...hook, project: 999999 }),
    { name: 'delete a webhook', method: 'DELETE', path: '/api/webhooks/{hook}/' },
    { name: 'delete a webhook again', method: 'DELETE', path: '/api/webhooks/{hook}/' },
    { name: 'delete a task', method: 'DELETE', path: '/api/tasks/{task}/' },
    { name: 'delete a task again', method: 'DELETE', path: '/api/tasks/{task}/' },
    { name: 'delete the project', method: 'DELETE', path: '/api/projects/{project}/' },
    { name: 'delete the project again', method: 'DELETE', path: '/api/projects/{project}/' },
  ],
};
