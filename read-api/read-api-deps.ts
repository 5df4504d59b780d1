/** What the routes of the read API work with; put together where the process is composed. */
import type { EventStore, StoredEvent } from '../event-store/port.ts';
import type { CursorCodec } from '../platform/http/cursors.ts';
import type { PositionTokens, WaitFor } from '../platform/http/kit.ts';
import type { PriceCart } from '../projections/carts/queries.ts';
import type { CartViews } from '../projections/carts/views.ts';
import type { ProductViews } from '../projections/products/views.ts';
import type { Reader } from '../projections/read.ts';
import type { ProjectionStatus } from '../projections/runtime/status.ts';
import type { SearchEngine } from '../projections/search/engine.ts';
import type { RecordLook } from './audited.ts';

export type ReadApiDeps = {
  /** The database the rows are served from. */
  readonly reader: Reader;
  readonly carts: CartViews;
  readonly products: ProductViews;
  readonly search: SearchEngine;
  readonly log: Pick<EventStore, 'readAll' | 'read' | 'eventAt' | 'head'>;
  readonly positions: PositionTokens;
  readonly cursors: CursorCodec;
  /** What a cart comes to as far as it can be known; `cartPricer` makes it. */
  readonly priceCart: PriceCart;
  readonly waitFor: WaitFor;
  /** The process's tail: called with every event from now on. Returns how to stop. */
  readonly onEvents: (listener: (events: readonly StoredEvent[]) => void) => () => void;
  /** Writes who looks at operations and history into the audit log. */
  readonly recordLook: RecordLook;
  readonly projectionStatus: () => Promise<readonly ProjectionStatus[]>;
};
