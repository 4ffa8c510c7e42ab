/** How a request that does not fit its model's context is made to fit, as a batch asks for it: metadata.assay_context. */

export const CONTEXT_KEY = 'assay_context';

/**
 * - sliding_window: the system message and the newest messages
 * - importance: the system message, the first user message, and messages by their importance
 * - hybrid: the same among the newest half of the messages
 * - aggressive: as sliding_window, with half of the room
 */
export const contextStrategies = ['sliding_window', 'importance', 'hybrid', 'aggressive'] as const;
export type ContextStrategy = (typeof contextStrategies)[number];

export const isContextStrategy = (value: unknown): value is ContextStrategy =>
  (contextStrategies as readonly unknown[]).includes(value);

/** What was left out of a row's prompt. */
export interface Trim {
  strategy: ContextStrategy;
  /** Messages left out. */
  messages: number;
  tokensBefore: number;
  tokensAfter: number;
}
