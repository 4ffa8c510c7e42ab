/** The bodies a counting upstream answers with, in OpenAI's documented shapes, put together from precomputed pieces. */

import { randomBytes } from 'node:crypto';

/** What one request asks for. */
export interface Asked {
  path: string;
  marker: string;
  streamed: boolean;
  /** Whether the stream should end with the usage (`stream_options.include_usage`). */
  withUsage: boolean;
  /** Incompressible bytes added to the answer's text. */
  bytes: number;
}

/** Token counts of every answer. */
export const answerTokens = { prompt: 20, completion: 4, cached: 16, reasoning: 1 } as const;

const usage = JSON.stringify({
  prompt_tokens: answerTokens.prompt,
  completion_tokens: answerTokens.completion,
  total_tokens: answerTokens.prompt + answerTokens.completion,
  prompt_tokens_details: { cached_tokens: answerTokens.cached },
  completion_tokens_details: { reasoning_tokens: answerTokens.reasoning },
});
const responseUsage = JSON.stringify({
  input_tokens: answerTokens.prompt,
  input_tokens_details: { cached_tokens: answerTokens.cached },
  output_tokens: answerTokens.completion,
  output_tokens_details: { reasoning_tokens: answerTokens.reasoning },
  total_tokens: answerTokens.prompt + answerTokens.completion,
});
const created = 1_700_000_000;
let serial = 0;

/** The text every answer holds for a marker, as JSON text without its quotes. */
function contentFor(asked: Asked): string {
  const filler = asked.bytes === 0 ? '' : ` ${randomBytes(Math.ceil((asked.bytes * 3) / 4)).toString('base64')}`;
  return `echo ${JSON.stringify(asked.marker).slice(1, -1)}${filler}`;
}

/** Body and content type of a good answer. */
export function answerFor(asked: Asked): { type: string; text: string } {
  serial += 1;
  const stream = asked.streamed && asked.path !== '/v1/embeddings';
  return { type: stream ? 'text/event-stream' : 'application/json', text: bodyOf(asked, stream) };
}

function bodyOf(asked: Asked, stream: boolean): string {
  const content = contentFor(asked);
  switch (asked.path) {
    case '/v1/embeddings':
      return `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-0.25,0.125,1]}],"model":"counting","usage":{"prompt_tokens":${answerTokens.prompt},"total_tokens":${answerTokens.prompt}}}`;
    case '/v1/responses':
      return stream ? streamedResponse(content) : wholeResponse(content);
    case '/v1/completions': {
      const head = `{"id":"cmpl-${serial}","object":"text_completion","created":${created},"model":"counting",`;
      const choice = (reason: string) =>
        `"choices":[{"index":0,"text":"${content}","logprobs":null,"finish_reason":${reason}}]`;
      if (!stream) return `${head}${choice('"stop"')},"usage":${usage}}`;
      return `data: ${head}${choice('"stop"')}}\n\n${lastEvents(head, asked)}`;
    }
    default:
      return stream ? streamedChat(content, asked) : wholeChat(content);
  }
}

function wholeChat(content: string): string {
  return `{"id":"chatcmpl-${serial}","object":"chat.completion","created":${created},"model":"counting","choices":[{"index":0,"message":{"role":"assistant","content":"${content}","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":${usage}}`;
}

function streamedChat(content: string, asked: Asked): string {
  const head = `{"id":"chatcmpl-${serial}","object":"chat.completion.chunk","created":${created},"model":"counting",`;
  return (
    `data: ${head}"choices":[{"index":0,"delta":{"role":"assistant","content":"${content}"},"finish_reason":null}]}\n\n` +
    `data: ${head}"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n${lastEvents(head, asked)}`
  );
}

function lastEvents(head: string, asked: Asked): string {
  return asked.withUsage ? `data: ${head}"choices":[],"usage":${usage}}\n\ndata: [DONE]\n\n` : 'data: [DONE]\n\n';
}

function wholeResponse(content: string): string {
  return `{"id":"resp_${serial}","object":"response","created_at":${created},"status":"completed","error":null,"incomplete_details":null,"instructions":null,"metadata":{},"model":"counting","output":[{"type":"message","id":"msg_${serial}","status":"completed","role":"assistant","content":[{"type":"output_text","text":"${content}","annotations":[]}]}],"parallel_tool_calls":true,"temperature":1,"tool_choice":"auto","tools":[],"top_p":1,"usage":${responseUsage}}`;
}

function streamedResponse(content: string): string {
  const delta = `{"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_${serial}","output_index":0,"content_index":0,"delta":"${content}"}`;
  return (
    `event: response.output_text.delta\ndata: ${delta}\n\n` +
    `event: response.completed\ndata: {"type":"response.completed","sequence_number":2,"response":${wholeResponse(content)}}\n\n`
  );
}
