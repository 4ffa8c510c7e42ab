/** The demo's training for real, seen live in a browser: eight facts go from wrong to right, and llama-server answers so too. */

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Evaluations, MovementPage } from '../../src/contracts/predictions.ts';
import type { TrainingJob } from '../../src/contracts/training.ts';
import { type Place, startCommand } from '../cli/command.ts';
import { chromiumPath, openBrowser, openPage } from '../harness/browser.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

/** A Python with torch, transformers, peft, accelerate and gguf. */
const python = process.env.ASSAY_TEST_TRAINER_PYTHON;
const minute = 60_000;
const soon = { timeout: minute };

const chart = (page: Page) => page.getByRole('img', { name: /^Loss over the steps/ });
const rows = (page: Page) => page.getByRole('row').filter({ has: page.getByRole('button', { name: /in full$/ }) });
const cards = (page: Page) => page.getByRole('list', { name: 'Predictions, the newest first' }).getByRole('listitem');

describe.skipIf(!python || chromiumPath() === null)(
  'assay train-demo (skipped without a Chromium, or where ASSAY_TEST_TRAINER_PYTHON names no Python with torch)',
  () => {
    let folder: string;
    let server: RunningAssay;
    let place: Place;
    let browser: Browser;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'assay-train-'));
      [server, browser] = await Promise.all([startAssay({ dataFolder: join(folder, 'data') }), openBrowser()]);
      place = { data: server.dataFolder, cwd: folder };
    }, 3 * minute);
    afterAll(async () => {
      await browser?.close();
      await server?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    const ask = async <T>(path: string): Promise<T> => {
      const answer = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${server.token}` } });
      expect(answer.status).toBe(200);
      return answer.json() as Promise<T>;
    };
    const started = ['train-demo', '--python', python!, '--json'];

    /** Waits for the end, filters by epoch, and follows a sample that was learned. */
    const seeLearned = async (page: Page, job: string) => {
      await page.getByText('completed', { exact: true }).waitFor({ timeout: 3 * minute });
      await page.getByRole('tab', { name: 'Predictions' }).click();
      await page.getByRole('combobox', { name: 'Epoch' }).click();
      await page.getByRole('option', { name: /^7 / }).click();
      await expect.poll(() => rows(page).count(), soon).toBe(8);
      await page.goto(`${server.url}/training/${job}?view=comparison`);
      const learned = page.getByRole('group', { name: 'How samples moved' }).getByRole('button', { name: /^Learned/ });
      await learned.click();
      await page.getByRole('option').first().click();
      await expect.poll(() => cards(page).count(), soon).toBe(8);
      await expect.poll(() => cards(page).first().innerText(), soon).toMatch(/epoch 7, step 14\s*latest\s*✓ right/);
      expect(await cards(page).last().innerText()).toContain('wrong');
    };

    test('interrupted, the job says so, and no trainer is left', async () => {
      const running = startCommand(place, started);
      while (!running.out().includes('"type":"job"')) await sleep(100);
      running.child.kill('SIGINT');
      const { code } = await running.ended;
      expect(code).toBe(130);
      const { data } = await ask<{ data: TrainingJob[] }>('/api/training/jobs');
      expect(data.map(({ status }) => status)).toEqual(['interrupted']);
    });

    test(
      'facts go from wrong to right before the eyes, and the model that comes out runs beside the one before',
      async () => {
        const running = startCommand(place, [...started, '--epochs', '7']);
        const { page, errors } = await openPage(browser, { height: 1000 });
        const job = await expect
          .poll(() => /"job_id":"(tj_\w+)"/.exec(running.out())?.[1], soon)
          .toBeDefined()
          .then(() => /"job_id":"(tj_\w+)"/.exec(running.out())![1]!);
        await page.goto(`${server.url}/training/${job}`);
        await page.getByText('running', { exact: true }).waitFor();
        const label = () => chart(page).getAttribute('aria-label');
        await expect.poll(label, { timeout: 2 * minute }).toMatch(/at step \d/);
        const before = await label();
        await expect.poll(label, soon).not.toBe(before);
        await seeLearned(page, job);
        expect(errors).toEqual([]);
        await page.close();

        const { code, out, err } = await running.ended;
        expect({ code, err }).toEqual({ code: 0, err: '' });
        const summary = JSON.parse(out.trimEnd().split('\n').at(-1)!);

        const ended = await ask<TrainingJob>(`/api/training/jobs/${summary.job_id}`);
        expect(ended).toMatchObject({
          status: 'completed',
          undelivered: null,
          prediction_errors: 0,
          model_id: summary.model_id,
        });
        expect(ended).toMatchObject({ step: 14, total_steps: 14, epoch: 7, evaluations: 8, predictions: 64 });
        const { evaluations } = await ask<Evaluations>(`/api/training/predictions/${summary.job_id}/epochs`);
        const right = evaluations.map(({ scores }) => 8 * scores.exact_match!);
        expect(right[0]).toBe(0);
        expect(right.at(-1)).toBeGreaterThanOrEqual(7);
        expect(summary.evaluations.map((each: { right: number }) => each.right)).toEqual(right);
        const { counts } = await ask<MovementPage>(`/api/training/predictions/${summary.job_id}/samples`);
        expect(counts.learned).toBeGreaterThanOrEqual(7);

        const { models, right: after } = summary.comparison;
        expect(models).toEqual(['smollm2-135m', summary.model_id]);
        expect(after[0]).toBe(0);
        expect(after[1]).toBeGreaterThanOrEqual(7);
        expect((await stat(summary.files.gguf)).size).toBeGreaterThan(100_000_000);
      },
      4 * minute,
    );
  },
);
