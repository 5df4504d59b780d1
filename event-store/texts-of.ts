/** Events as texts, for an engine that hands out values only, and back. */
import type { Page, StoredEvent, StoredText } from './port.ts';

/** What the log holds equals its own parse and stringify, so this is the text that was stored. */
export function textOf<E extends Pick<StoredEvent, 'data' | 'metadata'>>(
  event: E,
): Omit<E, 'data' | 'metadata'> & Pick<StoredText, 'data' | 'metadata'> {
  return { ...event, data: JSON.stringify(event.data), metadata: JSON.stringify(event.metadata) };
}

/** The event of which this is the text. */
export function eventOf(text: StoredText): StoredEvent {
  return { ...text, data: JSON.parse(text.data), metadata: JSON.parse(text.metadata) };
}

/** The same of a page. */
export function textsOf(page: Page<StoredEvent>): Page<StoredText> {
  return { ...page, events: page.events.map(textOf) };
}
