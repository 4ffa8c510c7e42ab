/** Whether identical rows of a batch are asked once, as its metadata says: metadata.assay_dedupe, "on" (default) or "off". */

export const DEDUPE_KEY = 'assay_dedupe';

export const dedupeChoices = ['on', 'off'] as const;
