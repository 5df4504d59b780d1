/** A page of events as one of texts, for an engine that hands out values only. */
import type { Page, StoredEvent, StoredText } from './port.ts';

/** What the log holds equals its own parse and stringify, so this is the text that was stored. */
export function textsOf(page: Page<StoredEvent>): Page<StoredText> {
  const events = page.events.map((event) => ({
    ...event,
    data: JSON.stringify(event.data),
    metadata: JSON.stringify(event.metadata),
  }));
  return { ...page, events };
}
