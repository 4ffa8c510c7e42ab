/** Whether a batch takes over answers of earlier ones, as its metadata says: metadata.assay_reuse, "true" or "false" (default). */

export const REUSE_KEY = 'assay_reuse';

export const reuseChoices = ['true', 'false'] as const;
