/** Loads a model and tries a prompt on it: the answer as it comes, time to the first token, tokens a second. */

import { Button, Drawer, Group, NumberInput, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { rateText } from '../app/figures.ts';
import { useFocusBack } from '../app/focus-back.ts';
import styles from '../app/page.module.css';
import { Fault } from '../app/states.tsx';
import { countText, timeText } from '../grid/cell-text.ts';
import { type ChatRequest, type ChatState, emptyChat, streamChat } from './chat-stream.ts';
import type { KnownModel } from './use-models.ts';

export function TestPrompt({ model, onClose }: { model: KnownModel; onClose: () => void }) {
  const [prompt, setPrompt] = useState('Name three rivers of Europe.');
  useFocusBack();
  const [system, setSystem] = useState('');
  const [temperature, setTemperature] = useState<number | string>(0);
  const [most, setMost] = useState<number | string>(256);
  const chat = useChat();
  const ask = (content: string, maxTokens: number | string) =>
    chat.ask({
      model: model.id,
      messages: [
        ...(system.trim() === '' ? [] : [{ role: 'system' as const, content: system }]),
        { role: 'user', content },
      ],
      ...(typeof temperature === 'number' ? { temperature } : {}),
      ...(typeof maxTokens === 'number' ? { max_tokens: maxTokens } : {}),
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (prompt.trim() !== '') ask(prompt, most);
  };
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="34rem"
      title={`Test ${model.id}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Textarea
            label="System message"
            placeholder="None"
            autosize
            maxRows={6}
            value={system}
            onChange={(event) => setSystem(event.currentTarget.value)}
          />
          <Textarea
            label="Prompt"
            data-autofocus
            autosize
            minRows={3}
            maxRows={12}
            value={prompt}
            onChange={(event) => setPrompt(event.currentTarget.value)}
          />
          <Group grow>
            <NumberInput label="Temperature" min={0} max={2} step={0.1} value={temperature} onChange={setTemperature} />
            <NumberInput label="Most tokens" min={1} allowDecimal={false} value={most} onChange={setMost} />
          </Group>
          <Group justify="flex-end">
            {chat.busy ? (
              <Button variant="default" onClick={chat.stop}>
                Stop
              </Button>
            ) : (
              <Button
                variant="default"
                title="Starts the engine and has it write one token"
                onClick={() => ask('Hello', 1)}
              >
                Load only
              </Button>
            )}
            <Button type="submit" loading={chat.busy} disabled={prompt.trim() === ''}>
              Send
            </Button>
          </Group>
          <Answer chat={chat} />
        </Stack>
      </form>
    </Drawer>
  );
}

interface Chat {
  state: ChatState | null;
  busy: boolean;
  stopped: boolean;
  error: unknown;
  ask: (request: ChatRequest) => void;
  stop: () => void;
}

function useChat(): Chat {
  const [state, setState] = useState<ChatState | null>(null);
  const [phase, setPhase] = useState<'idle' | 'busy' | 'stopped'>('idle');
  const [error, setError] = useState<unknown>(null);
  const stopper = useRef<AbortController>(null);
  useEffect(() => () => stopper.current?.abort(), []);
  const ask = async (request: ChatRequest) => {
    stopper.current?.abort();
    const mine = new AbortController();
    stopper.current = mine;
    setState(emptyChat);
    setError(null);
    setPhase('busy');
    try {
      await streamChat(request, { state: setState, signal: mine.signal, now: () => performance.now() });
    } catch (fault) {
      if (!mine.signal.aborted) setError(fault);
    }
    if (stopper.current === mine) setPhase(mine.signal.aborted ? 'stopped' : 'idle');
  };
  return {
    state,
    error,
    busy: phase === 'busy',
    stopped: phase === 'stopped',
    ask: (request) => void ask(request),
    stop: () => stopper.current?.abort(),
  };
}

function Answer({ chat: { state, busy, stopped, error } }: { chat: Chat }) {
  if (error !== null) return <Fault title="No answer" error={error} />;
  if (state === null) return null;
  return (
    <section aria-label="Answer">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre className={styles.output} tabIndex={0} aria-busy={busy}>
        {state.reasoning !== '' && <span className={styles.dim}>{state.reasoning}</span>}
        {state.text}
      </pre>
      <Text size="xs" c="dimmed" role="status" mt={4}>
        {saidOf(state, busy, stopped)}
      </Text>
    </section>
  );
}

function saidOf(state: ChatState, busy: boolean, stopped: boolean): string {
  if (state.firstTokenMs === null) {
    return busy ? 'Loading the model; a first start may take a while.' : stopped ? 'Stopped.' : 'The answer is empty.';
  }
  return [
    `first token after ${timeText(state.firstTokenMs)}`,
    `${countText(state.tokens)} tokens`,
    state.tokensPerSecond === null ? null : `${rateText(state.tokensPerSecond)} tok/s`,
    state.promptTokens === null ? null : `${countText(state.promptTokens)} tokens in`,
    stopped ? 'stopped' : state.finishReason === 'length' ? 'cut off at the most tokens' : null,
  ]
    .filter((text) => text !== null)
    .join(' · ');
}
