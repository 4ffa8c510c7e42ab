/** Puts a text on the clipboard and says so, or why not. */

import { tell, tellFault } from './tell.ts';

const refusal = 'This browser copies only from pages of https or of this machine; mark the text instead.';

export function copyText(text: string): void {
  if (navigator.clipboard === undefined) tellFault(new Error(refusal));
  else void navigator.clipboard.writeText(text).then(() => tell('Copied.'), tellFault);
}
