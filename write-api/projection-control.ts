/** What ops can ask of projections and of what is parked; made where the process is composed. */
import type { Rejection } from '../domain/rejection.ts';

export type ProjectionWish = 'rebuild' | 'verify' | 'pause' | 'resume' | 'swap-back' | 'drop-previous';

/** Notes a wish; whoever keeps the projection carries it out. A name that there is not, or what is not possible, is refused. */
export type WishProjection = (
  wish: ProjectionWish,
  name: string,
  options: { readonly by: string; readonly sample?: number | undefined },
) => Promise<Rejection | undefined>;

/** The same for a parked event. */
export type WishParked = (
  id: string,
  wish: { readonly wish: 'retry' | 'skip'; readonly reason?: string | undefined; readonly by: string },
) => Promise<Rejection | undefined>;
