/** Rows of one's own beside those that are read: to be compared with them, or kept as they once were. */
import type { Position } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type BuildContext, buildLanes } from './build/build.ts';
import type { Lane } from './lanes.ts';

export type ScratchContext = Omit<BuildContext, 'onParked'> & { readonly logger: Logger };

export type ScratchOptions = {
  /** Where each lane ends, exactly; null: it stays where it is. */
  readonly upTo: (lane: Lane) => Position | null;
  /** Only these rows; without it all. */
  readonly rows?: ReadonlySet<string> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((at: Position) => void) | undefined;
};

/** Fills lanes that nobody else keeps; returns early where the signal aborts, and can then be gone on with. */
export function fillScratch(
  { logger, ...context }: ScratchContext,
  lanes: readonly Lane[],
  { signal = new AbortController().signal, ...options }: ScratchOptions,
): Promise<void> {
  const onParked: BuildContext['onParked'] = ({ projection: { name } }, { error, position, type }) =>
    logger.warn({ err: error, projection: name, position, type }, 'an event cannot be applied; its row is left out');
  return buildLanes({ ...context, onParked }, lanes, { ...options, signal });
}
