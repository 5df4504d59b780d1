/** Tells many events fast: streams of their own side by side, as the log commits them in groups. */
import type { Position } from '../../../event-store/port.ts';
import { latestOf } from '../../read.ts';
import type { Told } from '../../testing/story.ts';
import type { TestLog } from '../../testing/test-log.ts';

/** Returns the last position. */
export async function tellAll(log: Pick<TestLog, 'tell'>, events: readonly Told[]): Promise<Position> {
  const streams = new Map<string, Told[]>();
  for (const event of events) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  const last = latestOf(...(await Promise.all([...streams.values()].map((run) => log.tell(run)))));
  if (last === null) throw new Error('nothing was told');
  return last;
}
