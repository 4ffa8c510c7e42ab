/** What targeted data is made from, and what is known of the models that make it. */

import type { EngineKind } from '../../contracts/engine.ts';
import type { Failure, Pattern, TargetedOptions, TargetedRow } from '../../contracts/mining.ts';
import type { Price, RefusedField } from '../../contracts/models.ts';
import type { AskedRubric } from '../../judge/asking/rubric-words.ts';
import type { AskingLimits } from '../../judge/asking/verdict-schema.ts';

/** A registered model that can be asked. */
export interface KnownModel {
  /** null or absent: what it costs is not known. */
  price?: Price | null | undefined;
  engine?: EngineKind | undefined;
  refuses?: RefusedField[] | undefined;
}

/** A prompt of the test set, which no row may be like. */
export interface TestPrompt {
  id: string;
  text: string;
}

export interface TargetedInput {
  patterns: Pattern[];
  /** The failures of a cluster, in an order that does not change. */
  failuresOf(cluster: number): Failure[] | Promise<Failure[]>;
  /** Every prompt of the test set. */
  testPrompts: AsyncIterable<TestPrompt> | Iterable<TestPrompt>;
  /** null: no such model is registered, so it is not asked for its own wrong try. */
  modelOf(model: string): KnownModel | null;
  options: TargetedOptions;
  /** What the judge is asked; the rubric that comes with Assay when absent. */
  rubric?: AskedRubric | undefined;
  /** Room for the judge's reasons, and for the thinking of who writes and judges; the usual one, and none, when absent. */
  asking?: AskingLimits | undefined;
}

/** A pattern that is written for. */
export interface Target {
  pattern: Pattern;
  /** Rows to keep of it. */
  wanted: number;
  failures: Failure[];
}

/** A pattern that is written for, and how far it is. */
export interface Progress extends Target {
  asked: number;
  kept: number;
}

/** A row as it is made; `tried` is the model whose own wrong try at it would be the rejected answer. */
export interface Draft {
  row: TargetedRow;
  tried: string | null;
}

/** The model that answers. */
export const answersBy = ({ answer_model, model }: TargetedOptions): string => answer_model ?? model;
