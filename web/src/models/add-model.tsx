/** Adds a model: an engine that runs already, or a GGUF file that Assay starts; what is wrong is said at its field. */

import { Button, Group, Modal, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import type { ModelSpec } from '../../../src/contracts/models.ts';
import { ApiError, postJson } from '../api/client.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { Fault } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import { type Engine, emptyModel, engines, fieldOf, type ModelFaults, type ModelForm, specOf } from './model-spec.ts';
import { modelsKey } from './use-models.ts';

const engineLabels: Record<Engine, string> = {
  'llama-server': 'llama-server: started by Assay from a GGUF file',
  vllm: 'vLLM that runs already',
  ollama: 'Ollama that runs already',
  openai: 'Any OpenAI-compatible server',
  anthropic: 'Anthropic’s Messages API',
};

type TextName = Exclude<keyof ModelForm, 'engine' | 'params'>;
interface Field {
  name: TextName;
  label: string;
  hint?: string;
  placeholder?: string;
}

const about: Field[] = [
  { name: 'model', label: 'Name there', hint: 'Where the engine knows it by another name' },
  { name: 'api_key_env', label: 'Variable of the API key', placeholder: 'TOGETHER_API_KEY' },
  { name: 'context', label: 'Context', hint: 'Tokens one request may hold' },
  { name: 'concurrency', label: 'Requests at once', hint: 'Measured when empty' },
  { name: 'license', label: 'Licence', placeholder: 'Apache-2.0' },
  { name: 'sha256', label: 'sha256 of the file' },
];
const money: Field[] = [
  { name: 'prompt_per_million', label: 'USD for a million tokens in' },
  { name: 'cached_per_million', label: 'USD for a million cached' },
  { name: 'completion_per_million', label: 'USD for a million tokens out' },
  { name: 'requests_per_minute', label: 'Requests a minute at most' },
  { name: 'tokens_per_minute', label: 'Tokens a minute at most' },
];

export function AddModel({ onClose }: { onClose: () => void }) {
  const [form, setForm] = useState<ModelForm>(emptyModel);
  useFocusBack();
  const [tried, setTried] = useState(false);
  const add = useAdd(onClose);
  const root = useRef<HTMLFormElement>(null);
  const result = specOf(form);
  const faults: ModelFaults = { ...(tried ? result.faults : null), ...serverFault(add.error) };
  const set = (part: Partial<ModelForm>) => {
    add.reset();
    setForm({ ...form, ...part });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (result.spec !== null) add.mutate(result.spec);
    else requestAnimationFrame(() => root.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const part = { form, set, faults };
  const left = form.engine === 'llama-server' ? [] : ['sha256'];
  return (
    <Modal opened onClose={onClose} title="Add a model" size="lg">
      <form ref={root} onSubmit={submit} noValidate>
        <Stack>
          <Where {...part} />
          <Fields {...part} fields={about.filter(({ name }) => !left.includes(name))} />
          <details>
            <summary>Prices, limits, parameters</summary>
            <Stack mt="xs">
              <Fields {...part} fields={money} />
              <Textarea
                label="Body fields used where a request has none"
                placeholder='{"temperature": 0}'
                autosize
                value={form.params}
                error={faults.params}
                onChange={(event) => set({ params: event.currentTarget.value })}
              />
            </Stack>
          </details>
          {add.isError && <Fault title="Not added" error={add.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={add.isPending}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function useAdd(onAdded: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (spec: ModelSpec) => postJson<{ id: string }>('/admin/models', spec),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: modelsKey });
      tell(`Added ${id}. Test it to see that it answers.`);
      onAdded();
    },
  });
}

function serverFault(error: unknown): ModelFaults {
  const field = error instanceof ApiError ? fieldOf(error.param) : null;
  return field === null ? {} : { [field]: (error as ApiError).message };
}

interface PartProps {
  form: ModelForm;
  set: (part: Partial<ModelForm>) => void;
  faults: ModelFaults;
}

const idField: Field[] = [{ name: 'id', label: 'Id', hint: 'The name that runs and batches use' }];
const sourceField: Field[] = [
  {
    name: 'source',
    label: 'Source',
    placeholder: 'hf:owner/repository/file.gguf',
    hint: 'hf:, https:, file:, ollama: or pypi:',
  },
];
const addressField: Field[] = [
  { name: 'base_url', label: 'Address', placeholder: 'http://127.0.0.1:8000', hint: 'Of the engine, without /v1' },
];

function Where(part: PartProps) {
  return (
    <>
      <Fields {...part} fields={idField} required />
      <Select
        label="Engine"
        allowDeselect={false}
        data={engines.map((value) => ({ value, label: engineLabels[value] }))}
        value={part.form.engine}
        error={part.faults.engine}
        onChange={(engine) => engine && part.set({ engine: engine as Engine })}
      />
      <Fields
        {...part}
        fields={part.form.engine === 'llama-server' ? sourceField : addressField}
        required={part.form.engine !== 'anthropic'}
      />
    </>
  );
}

function Fields({ form, set, faults, fields, required = false }: PartProps & { fields: Field[]; required?: boolean }) {
  return (
    <SimpleGrid
      cols={{ base: 1, xs: fields.length > 1 ? 2 : 1 }}
      spacing="sm"
      verticalSpacing="xs"
      style={{ alignItems: 'end' }}
    >
      {fields.map(({ name, label, hint, placeholder }) => (
        <TextInput
          key={name}
          label={label}
          description={hint}
          placeholder={placeholder}
          required={required}
          autoComplete="off"
          value={form[name]}
          error={faults[name]}
          {...(name === 'id' ? { 'data-autofocus': true } : {})}
          onChange={(event) => set({ [name]: event.currentTarget.value })}
        />
      ))}
    </SimpleGrid>
  );
}
