/** Stored events to what projections see: lifted, checked, unsealed, once for all of them (DESIGN section 4: one decode). */
import { decodeEvent } from '../../domain/event-registry.ts';
import type { StoredEvent } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import type { ProjectedEvent } from './types.ts';

export type Opened =
  | { readonly event: ProjectedEvent; readonly error?: undefined }
  /** It cannot be read: the projections that want its type stop at it. */
  | { readonly event: StoredEvent; readonly error: Error };

/** Opens events in order; all keys of a batch are fetched in one go. */
export async function openEvents(
  events: readonly StoredEvent[],
  keys: Pick<KeyStore, 'openAll'>,
): Promise<readonly Opened[]> {
  const decoded = events.map((event) => {
    try {
      return decodeEvent(event.type, event.metadata.schemaVersion, event.data).data;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  });
  const opened = await keys.openAll(decoded.map((data) => (data instanceof Error ? {} : data)));
  return events.map((event, at) => {
    const data = decoded[at];
    if (data instanceof Error) return { event, error: data };
    // The registry ties type and data together; what `openAll` changes is what `Unsealed` says.
    return { event: { ...event, data: opened[at] } as unknown as ProjectedEvent };
  });
}
