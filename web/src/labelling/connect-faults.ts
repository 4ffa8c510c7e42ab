/** Beside which field of the connection the server's refusal belongs. */

export interface ConnectFaults {
  base_url?: string;
  token?: string;
}

/** Codes that are of the address; a token that is refused is told beside the token. */
const ofAddress = new Set(['label_studio_unreachable', 'label_studio_too_old', 'label_studio_failed']);

/** null: it is about neither. */
export function connectFaults(refusal: { code: string; param: string | null; message: string }): ConnectFaults | null {
  const { code, param, message } = refusal;
  if (code === 'label_studio_refused' || param === 'token') return { token: message };
  if (ofAddress.has(code) || param === 'base_url') return { base_url: message };
  return null;
}
