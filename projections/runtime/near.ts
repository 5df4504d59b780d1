/** How near the end of the log is, on engines that cannot count events too. */
import type { EventStore, Position } from '../../event-store/port.ts';

/** With no more events before it a lane is level with the log in no time. */
const NEAR_EVENTS = 1_000;

/** Whether little is left after a position. Reads it: not to be asked all the time. */
export async function isNear(log: Pick<EventStore, 'readAll'>, position: Position | null): Promise<boolean> {
  return (await log.readAll({ after: position, limit: NEAR_EVENTS })).end;
}
