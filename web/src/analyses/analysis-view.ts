/** What the page of an analysis shows, as it stands in the address: pattern, model, category, judge run it is compared with. */

/** null: nothing is asked. */
export interface AnalysisView {
  /** Number of the chosen cluster; -1 is "other". */
  cluster: number | null;
  category: string | null;
  model: string | null;
  /** Judge run that the patterns are compared with. */
  after: string | null;
}

/** Reads an address; what it cannot mean is left out. */
export function readAnalysisView(params: URLSearchParams): AnalysisView {
  const cluster = params.get('cluster') ?? '';
  return {
    cluster: /^(-1|\d{1,6})$/.test(cluster) ? Number(cluster) : null,
    category: params.get('category') || null,
    model: params.get('model') || null,
    after: params.get('after') || null,
  };
}

/** The address of a view; what is usual is left out. */
export function writeAnalysisView(view: AnalysisView): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) if (value !== null) params.set(name, String(value));
  return params;
}

/** The value of the grid's `cluster` filter: "an_1:3". */
export const clusterFilter = (analysisId: string, cluster: number): string => `${analysisId}:${cluster}`;
