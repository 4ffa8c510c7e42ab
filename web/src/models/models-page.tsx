/** The models there are: add, remove, load, try a prompt; and the workers that run them. */

import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import styles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { ModelTable } from './model-table.tsx';
import { RemoveModel } from './remove-model.tsx';
import { TestPrompt } from './test-prompt.tsx';
import { type KnownModel, useModels } from './use-models.ts';
import { WorkerList } from './worker-list.tsx';

const AddModel = lazy(async () => ({ default: (await import('./add-model.tsx')).AddModel }));

export function ModelsPage() {
  const models = useModels();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<KnownModel | null>(null);
  const [testing, setTesting] = useState<KnownModel | null>(null);
  return (
    <div className={styles.page}>
      <title>Models · Assay</title>
      <div className={styles.head}>
        <h1>Models</h1>
        <Button onClick={() => setAdding(true)}>Add a model</Button>
      </div>
      <p className={styles.lead}>
        Built-in models are fetched and started when they are first used. Others are started from a GGUF file, or
        reached at the address of an engine that runs already.
      </p>
      {models.isPending && <Waiting what="models" />}
      {models.isError && <Fault error={models.error} again={() => void models.refetch()} />}
      {models.data?.length === 0 && <Nothing>There is no model. Add one to begin.</Nothing>}
      {models.data && models.data.length > 0 && (
        <ModelTable models={models.data} test={setTesting} remove={setRemoving} />
      )}
      <WorkerList />
      {adding && (
        <Suspense fallback={<Waiting what="the form" />}>
          <AddModel onClose={() => setAdding(false)} />
        </Suspense>
      )}
      {removing && <RemoveModel model={removing} onClose={() => setRemoving(null)} />}
      {testing && <TestPrompt model={testing} onClose={() => setTesting(null)} />}
    </div>
  );
}
