/** Stored events to what projections see: lifted, checked, unsealed, once for all of them. */
import { decodeStored } from '../../domain/decode-stored.ts';
import { holdsPersonal } from '../../domain/event-schemas.ts';
import type { StoredEvent } from '../../event-store/port.ts';
import { isEngineAway } from '../../platform/http/faults.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import { errorCode, errorMessage } from '../../platform/process/error-code.ts';
import type { ProjectedEvent } from './types.ts';

export type Opened =
  | { readonly event: ProjectedEvent; readonly error?: undefined }
  /** It cannot be read: projections that want its type park it. */
  | { readonly event: StoredEvent; readonly error: Error };

/** Opens events in order; all keys of a batch are fetched in one go. Throws while the keys cannot be asked. */
export async function openEvents(
  events: readonly StoredEvent[],
  keys: Pick<KeyStore, 'openAll'>,
): Promise<readonly Opened[]> {
  const decoded = events.map(decodeOne);
  // Most events hold nothing personal, and need not be looked through.
  const sealed = decoded.filter((_, at) => holdsPersonal(events[at]?.type ?? ''));
  const opened = (await openAll(sealed, keys)).values();
  return events.map((event, at) => {
    const data = holdsPersonal(event.type) ? opened.next().value : decoded[at];
    if (data instanceof Unreadable) return { event, error: data.error };
    // The registry ties type and data together; what `openAll` changes is what `Unsealed` says.
    return { event: { ...event, data } as unknown as ProjectedEvent };
  });
}

/** In the place of an event's data: why it cannot be read. */
class Unreadable {
  readonly error: Error;
  constructor(error: unknown) {
    this.error = error instanceof Error ? error : new Error(errorMessage(error));
  }
}

function decodeOne(event: StoredEvent): unknown {
  try {
    return decodeStored(event).data;
  } catch (error) {
    return new Unreadable(error);
  }
}

async function openAll(decoded: readonly unknown[], keys: Pick<KeyStore, 'openAll'>): Promise<readonly unknown[]> {
  try {
    const opened = await keys.openAll(decoded.map((data) => (data instanceof Unreadable ? {} : data)));
    return decoded.map((data, at) => (data instanceof Unreadable ? data : opened[at]));
  } catch (error) {
    if (!isInData(error)) throw error;
    // One value that cannot be opened must not stop the lanes of all the others: find whose it is.
    if (decoded.length === 1) return [new Unreadable(error)];
    const one = async (data: unknown) => (await openAll([data], keys))[0];
    return Promise.all(decoded.map(one));
  }
}

/** Whether an error speaks of a value, and not of an engine that may be back in a moment. */
function isInData(error: unknown): boolean {
  const code = errorCode(error);
  return code === undefined ? !isEngineAway(error) : code.startsWith('22');
}
