/** What a step asks models with: calls that become one batch, made once however often the step is begun anew. */

/** One call. `id` tells it from the others of its ask; `body` is a chat completion's, without its model. */
export interface Call {
  id: string;
  body: Record<string, unknown>;
}

/** What came back. `text` is null, and `error` says why, where the call failed for good or its batch was ended. */
export interface Reply {
  id: string;
  text: string | null;
  error: string | null;
  /** As the engine says it: stop, length, ... */
  finishReason: string | null;
  promptTokens: number;
  completionTokens: number;
}

export interface Asked {
  /** Id of a registered model. */
  model: string;
  /** What it is for, in a few words, as people read it in the list of batches. */
  purpose: string;
  calls: Call[];
}

/**
 * Gives a reply for each call, by its id, once all have ended. The very same calls to the same model that were made before are
 * answered from what came back then, so what a step asks must follow from its inputs, its seed and earlier replies alone.
 * @throws AssayError model_not_found, engine_unavailable; the signal's reason when the analysis is ended
 */
export type Ask = (asked: Asked) => Promise<Map<string, Reply>>;

/** Tells how far a step is; cheap, to be called often. */
export type Tell = (progress: { done: number; total?: number | null; note?: string | null }) => void;

/** What each step is handed beside its inputs. */
export interface StepHands {
  ask: Ask;
  tell: Tell;
  signal: AbortSignal;
}
