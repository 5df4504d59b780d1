/** Ids of aggregates: UUIDs, version 7 (RFC 9562) unless said. */
import { z } from 'zod';

/** Lower case, so that one aggregate has one stream name. */
export const idSchema = z.uuid().regex(/^[0-9a-f-]+$/, { error: 'must be a UUID in lower case' });

/** The name of an aggregate's stream. */
export function streamName(category: string, id: string): string {
  return `${category}-${id}`;
}

/** The category of a stream: what stands before its first dash. */
export function categoryOf(stream: string): string {
  const dash = stream.indexOf('-');
  return dash < 0 ? stream : stream.slice(0, dash);
}
