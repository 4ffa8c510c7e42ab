/** Cuts a stream of bytes into server-sent events (WHATWG HTML, 9.2.6) and hands on the data of each. */

const LF = 10;
const CR = 13;
const EMPTY: Buffer = Buffer.alloc(0);

/** Takes bytes as they come; what it hands on is the text of each event's data. */
export interface EventReader {
  /** Reads the events that end in these bytes; keeps the rest. */
  push(bytes: Buffer): void;
  /** Bytes kept of an event that has not ended. */
  pending(): number;
}

/**
 * Reads events whose lines end in LF or CRLF, as every engine sends them; comments and other fields are skipped. A
 * character cut in two by the network stays whole, since only complete lines are decoded.
 */
export function readEvents(onData: (data: string) => void): EventReader {
  let rest: Buffer = EMPTY;
  let data: string | null = null;

  const line = (text: string, start: number, end: number): void => {
    if (start === end) {
      if (data !== null) {
        const whole = data;
        data = null;
        onData(whole);
      }
      return;
    }
    if (!text.startsWith('data', start)) return;
    let value = start + 4;
    if (value < end) {
      if (text[value] !== ':') return;
      value += text[value + 1] === ' ' ? 2 : 1;
    }
    const part = text.slice(value, end);
    data = data === null ? part : `${data}\n${part}`;
  };

  const lines = (text: string): void => {
    let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    for (let end = text.indexOf('\n', start); end !== -1; end = text.indexOf('\n', start)) {
      line(text, start, end > start && text.charCodeAt(end - 1) === CR ? end - 1 : end);
      start = end + 1;
    }
  };

  return {
    push(bytes) {
      const last = bytes.lastIndexOf(LF);
      if (last === -1) {
        rest = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
        return;
      }
      const whole = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const end = whole.length - bytes.length + last + 1;
      rest = end < whole.length ? Buffer.from(whole.subarray(end)) : EMPTY;
      lines(whole.toString('utf8', 0, end));
    },
    pending: () => rest.length + (data?.length ?? 0),
  };
}
