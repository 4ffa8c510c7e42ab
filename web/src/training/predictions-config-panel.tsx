/** What of a job is predicted while it trains: switched on or off, how many samples, how often, and what that costs. */

import { Alert, NumberInput, SegmentedControl, Slider, Stack, Switch, Text } from '@mantine/core';
import type { PredictionEstimate, TrainingSettings } from '../../../src/contracts/training.ts';
import { EstimateFrame } from '../app/estimate-frame.tsx';
import { costText, roughText } from '../app/figures.ts';
import pageStyles from '../app/page.module.css';
import { type Tile, Tiles } from '../app/tiles.tsx';
import type { Estimated } from '../app/use-estimate.ts';
import { countText } from '../grid/cell-text.ts';
import { numberIn } from '../judging/judge-fields.tsx';
import judgingStyles from '../judging/judging.module.css';
import type { JobFaults, PredictionsForm } from './new-job.ts';
import styles from './training.module.css';
import { samplesText } from './training-text.tsx';

interface PanelProps {
  form: PredictionsForm;
  set: (part: Partial<PredictionsForm>) => void;
  faults: JobFaults;
  settings: TrainingSettings;
  /** Of what the form holds now. */
  estimate: Estimated<PredictionEstimate>;
  /** Whether there is anything to estimate: the fields that it rests on are right. */
  asked: boolean;
  /** Whether the refusal stands at a field already. */
  refused: boolean;
}

export function PredictionsConfigPanel(props: PanelProps) {
  const { form, set, settings } = props;
  const allowed = settings.predictions.enabled;
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Predictions while it trains</legend>
      <Stack gap="sm">
        <Switch
          label="Predict the same samples again and again"
          description={
            allowed
              ? 'Before the first step, during the training, and at its end, beside the expected answers'
              : 'This server is set to make none (PREDICTIONS_ENABLED)'
          }
          disabled={!allowed}
          checked={form.enabled}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        {form.enabled && (
          <>
            <SampleSlider {...props} />
            <WhenFields {...props} />
            <Costs {...props} />
          </>
        )}
      </Stack>
    </fieldset>
  );
}

function SampleSlider({ form, set, faults, settings }: PanelProps) {
  const most = settings.limits.max_sample_count;
  return (
    <div className={styles.slider}>
      <Text size="sm" fw={500} role="status">
        {samplesText(form.sampleCount)} each time
      </Text>
      <Slider
        mt={6}
        size="sm"
        min={1}
        max={most}
        step={1}
        thumbLabel="Samples each time"
        marks={[...new Set([1, Math.ceil(most / 2), most])].map((value) => ({ value, label: value }))}
        value={form.sampleCount}
        onChange={(sampleCount) => set({ sampleCount })}
      />
      {faults.sampleCount !== undefined && <Wrong text={faults.sampleCount} />}
    </div>
  );
}

const Wrong = ({ text }: { text: string }) => (
  <Text size="xs" c="var(--bad)" mt={24}>
    {text}
  </Text>
);

function WhenFields({ form, set, faults, settings }: PanelProps) {
  const { limits } = settings;
  return (
    <>
      <SegmentedControl
        aria-label="How often"
        value={form.frequency}
        onChange={(frequency) => set({ frequency: frequency as PredictionsForm['frequency'] })}
        data={[
          { value: 'epoch', label: 'After every epoch' },
          { value: 'steps', label: 'Every so many steps' },
        ]}
      />
      <div className={judgingStyles.pair}>
        {form.frequency === 'steps' && (
          <>
            <NumberInput
              label="Steps between"
              description={`At least ${countText(limits.min_step_interval)}`}
              min={limits.min_step_interval}
              clampBehavior="none"
              allowDecimal={false}
              value={form.stepInterval}
              error={faults.stepInterval}
              onChange={(value) => set({ stepInterval: numberIn(value) })}
            />
            <NumberInput
              label="Steps of the whole training"
              description="For the estimate alone"
              placeholder="Unknown"
              min={1}
              allowDecimal={false}
              thousandSeparator=","
              value={form.totalSteps}
              error={faults.totalSteps}
              onChange={(value) => set({ totalSteps: numberIn(value) })}
            />
          </>
        )}
        <NumberInput
          label="Longest prediction"
          description={`Tokens, at most ${countText(limits.max_length)}`}
          min={1}
          clampBehavior="none"
          allowDecimal={false}
          value={form.maxLength}
          error={faults.maxLength}
          onChange={(value) => set({ maxLength: numberIn(value) })}
        />
      </div>
    </>
  );
}

function Costs({ estimate, asked, refused, settings }: PanelProps) {
  return (
    <EstimateFrame
      state={estimate}
      missing={asked ? null : 'What it costs is reckoned once the fields marked are right.'}
      fault="Such predictions cannot be made"
      refused={refused}
    >
      {(found) => (
        <Stack gap="xs">
          {found.cost !== null && found.cost > settings.warn_above_usd && (
            <Warning cost={found.cost} above={settings.warn_above_usd} />
          )}
          <Tiles tiles={tilesOf(found)} />
          <Text size="xs" c="dimmed">
            {found.basis}
          </Text>
        </Stack>
      )}
    </EstimateFrame>
  );
}

const known = (value: number | null, write: (value: number) => string) => (value === null ? 'unknown' : write(value));

const tilesOf = ({ evaluations, predictions, tokens, price_per_1k, cost }: PredictionEstimate): Tile[] => [
  ['Cost', known(cost, costText), cost === null ? 'state the steps of the whole training' : undefined],
  ['Times', known(evaluations, countText), 'with the one before the first step'],
  ['Predictions', known(predictions, countText)],
  ['Tokens', known(tokens, roughText), `${costText(price_per_1k)} for 1,000`],
];

function Warning({ cost, above }: { cost: number; above: number }) {
  return (
    <Alert role="alert" color="orange" variant="light" p="xs" title={`About ${costText(cost)} for predictions`}>
      <Text size="xs" c="var(--ink)">
        That is more than {costText(above)}. Fewer samples, or predicting less often, costs less; the training itself is
        not part of it.
      </Text>
    </Alert>
  );
}
