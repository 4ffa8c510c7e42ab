/** Tells which field of an answer a control corrects. */

import type { Control, Mapping } from '../../../contracts/label-studio.ts';
import type { CorrectedField } from './answer-field.ts';

/** `control` means field. */
export function correctedField({ controls }: Mapping, control: Control): CorrectedField {
  const first = controls.find(({ means, slot }) => means === 'field' && slot === control.slot);
  return { field: control.field!, first: first?.name === control.name, values: Object.values(control.values) };
}
