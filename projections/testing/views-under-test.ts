/** An engine of cart views and product pages over a log of its own, read as the API reads it. */
import type { Position } from '../../event-store/port.ts';
import type { CartViews } from '../carts/views.ts';
import type { ProductViews } from '../products/views.ts';
import type { ProjectionRuntime } from '../runtime/runtime.ts';
import type { Told } from './story.ts';
import type { TestLog } from './test-log.ts';

export type ViewsUnderTest = {
  readonly log: TestLog;
  readonly projections: ProjectionRuntime;
  readonly carts: CartViews;
  readonly products: ProductViews;
  close(): Promise<void>;
};

/** Writes, and waits for what the engine does not bring there itself: then a read with this position must show it. */
export async function see(under: ViewsUnderTest, events: readonly Told[]): Promise<Position> {
  const position = await under.log.tell(events);
  const names = [...new Set([...under.carts.reads, ...under.products.reads])];
  const waited = await under.projections.waitFor(position, names, 20_000);
  if (!waited.ok) throw new Error(`the projections stand at ${waited.reached}`);
  return position;
}
