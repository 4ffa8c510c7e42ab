/** Names a cluster by its characteristic terms, where no model gave it a name. */

import { plainText } from '../../compare/plain-data.ts';
import type { Cluster, Pattern } from '../../contracts/mining.ts';
import { TITLE_CHARS } from './label.ts';

/** Terms in a title, and in the description. */
const IN_TITLE = 3;
const IN_DESCRIPTION = 10;

/** The pattern of a cluster that only its terms name; `note` says why. */
export function termPattern(cluster: Cluster, note: string): Pattern {
  const terms = cluster.terms
    .map(({ term }) => plainText(term).replace(/\s+/g, ' ').trim())
    .filter((term) => term !== '');
  const title = terms.slice(0, IN_TITLE).join(', ').slice(0, TITLE_CHARS).toWellFormed();
  return {
    cluster: cluster.cluster,
    size: cluster.size,
    title: title === '' ? `Cluster ${cluster.cluster}` : title,
    description:
      terms.length === 0
        ? 'Failures that have no telling terms.'
        : `Failures whose most telling terms are: ${terms.slice(0, IN_DESCRIPTION).join(', ')}.`,
    hypothesis: '',
    severity: null,
    data: '',
    titled_by: 'terms',
    test: null,
    tries: [],
    note,
  };
}
