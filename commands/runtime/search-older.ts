/** Looks in the log for commands that may have taken effect before what the state remembers. */
import type { Job } from './job.ts';
import type { StreamReader } from './read-stream.ts';
import type { StreamState } from './stream-state.ts';

/** How far the clocks of an issuer and a writer may differ: an effect is looked for this long before the time of issue. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/**
 * Sets `found` of the jobs that took effect long ago. Most need no read: the state remembers every command of a short
 * stream, and every command recorded since the job could first have run. Those that do share one.
 */
export async function searchOlder(reader: StreamReader, entry: StreamState, jobs: readonly Job[]): Promise<void> {
  const { commands, stream } = entry;
  const below = commands.completeFrom();
  const sought = jobs.filter(
    (job) =>
      !job.options.naturalKey &&
      !job.found &&
      job.searchedBelow < below &&
      !commands.find(job.context.commandId) &&
      commands.completeAfter() >= new Date(horizonMs(job)).toISOString(),
  );
  if (sought.length === 0) return;
  const from = Math.min(...sought.map(({ searchedBelow }) => searchedBelow));
  const horizon = new Date(Math.min(...sought.map(horizonMs))).toISOString();
  const older = await reader.commandsIn(stream, { below, from, horizon });
  // So that the next command of a hot stream does not read the same minutes again. What was searched before by these
  // jobs alone (`from`) leaves a part unread.
  if (from === 0) commands.learn(older);
  for (const job of sought) {
    job.found = older.effects.get(job.context.commandId);
    job.searchedBelow = below;
  }
}

function horizonMs({ context }: Job): number {
  return Date.parse(context.issuedAt) - CLOCKS_DIFFER_MS;
}
