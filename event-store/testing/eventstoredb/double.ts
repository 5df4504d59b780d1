/**
 * A double of EventStoreDB 23.10 for tests: the same gRPC calls over a real socket, kept in memory, with faults on demand.
 * A test instrument: no product path uses it, and nothing of it is kept when its process ends.
 */
import { type DoubleOptions, type EventStoreDbDouble, startServer } from './server.ts';

export type { DoubleOptions, EventStoreDbDouble } from './server.ts';

export async function startEventStoreDbDouble(options: DoubleOptions = {}): Promise<EventStoreDbDouble> {
  const { double } = await startServer(options);
  return double;
}
