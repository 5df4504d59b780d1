/** A row of the table of who may call what. */
import type { As } from './client.ts';
import type { Marketplace } from './marketplace.ts';

export type Row = {
  /** As the API's page names it. */
  readonly route: string;
  /** What is asked for, where the route alone does not say it. */
  readonly of?: string;
  readonly path?: (market: Marketplace) => string;
  readonly body?: (market: Marketplace) => unknown;
  /** The guest, where it is not the one with the open cart. */
  readonly guest?: (market: Marketplace) => As;
  /** A status for each caller, in the order of `CALLERS`. */
  readonly expected: string;
};

export const EVERYBODY = (status: number) => Array.from({ length: 10 }, () => status).join(' ');
