/** Reads views: from Redis where it has them and they are kept, else from the log, and puts back what was missing. */
import { randomUUID } from 'node:crypto';
import type { Breaker } from '../../platform/process/breaker.ts';
import { isKey } from '../read.ts';
import type { Row, Stamp } from '../runtime/types.ts';
import type { ViewCache } from './cache.ts';
import { type ReadView, type View, type ViewDefinition, type ViewSource, viewFromLog } from './view.ts';

export type ViewReaderOptions = {
  readonly definition: ViewDefinition;
  /** Of the generation that is read now. */
  readonly cache: () => Promise<ViewCache>;
  readonly source: ViewSource;
  /** Whether a keeper follows the log: what stands in Redis is otherwise as old as its last keeper. */
  readonly isKept: () => Promise<boolean>;
  readonly breaker: Breaker;
};

/** `R` is the row of the definition's projection. */
export function createViewReader<R extends Row>(options: ViewReaderOptions): ReadView<R> {
  const flights = new Map<string, Promise<Loaded>>();
  const load = (id: string) => {
    const flight = loadView(options, id).finally(() => flights.delete(id));
    flights.set(id, flight);
    return flight;
  };
  return async (id, waitFor) => {
    if (!isKey(id)) return undefined;
    // Many who ask for the same at once share one answer; only for the first it was surely read after the question.
    const flying = flights.get(id);
    const { view, fromLog } = await (flying ?? load(id));
    const reached = waitFor !== undefined && view.position !== null && view.position >= waitFor;
    const isEnough = waitFor === undefined ? fromLog || (await isKept(options)) : reached || (fromLog && !flying);
    const { row } = isEnough ? view : await readOn(options, id, view);
    return (row ?? undefined) as (R & Stamp) | undefined;
  };
}

type Loaded = { readonly view: View; readonly fromLog: boolean };

async function loadView({ definition, cache, source, breaker }: ViewReaderOptions, id: string): Promise<Loaded> {
  const token = randomUUID();
  const views = await cache();
  const found = await breaker.ask(() => views.open(id, token));
  if (typeof found === 'object') return { view: found, fromLog: false };
  const view = await viewFromLog(source, definition, { id });
  if (found === 'leased') {
    // Of what does not exist nothing is kept: whoever makes ids up would fill the memory with them.
    await breaker.ask(() => (view.revision < 0 ? views.forget(id) : views.put(id, view, token)));
  }
  return { view, fromLog: true };
}

/** The events that came after a view, from the log: one read of a few events, mostly of none. */
async function readOn(
  { definition, cache, source, breaker }: ViewReaderOptions,
  id: string,
  base: View,
): Promise<View> {
  const view = await viewFromLog(source, definition, { id, base });
  if (view.revision > base.revision) await breaker.ask(async () => (await cache()).put(id, view));
  return view;
}

async function isKept({ isKept, breaker }: ViewReaderOptions): Promise<boolean> {
  return (await breaker.ask(isKept)) ?? false;
}
