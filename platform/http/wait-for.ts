/** `Souk-Wait-For`: a read that waits until what it reads has seen a position. */
import type { Kit } from './kit.ts';
import { httpProblem } from './problem.ts';

/** The longest a read waits, in ms. */
const WAIT_AT_MOST_MS = 5_000;

/** Waits at most 5 s; throws 400 `bad_position`, or 503 `not_caught_up` with the position reached. */
export async function awaitPosition(
  kit: Kit,
  projections: readonly string[],
  wanted: { readonly token: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  if (wanted.token === undefined) return;
  const position = kit.positions.parse(wanted.token);
  if (position === undefined) {
    throw httpProblem(
      400,
      'bad_position',
      'Souk-Wait-For is a Souk-Position that this shop gave. Leave it out, or send it unchanged.',
    );
  }
  if (projections.length === 0 || kit.waitFor === undefined) return;
  const options = { timeoutMs: WAIT_AT_MOST_MS, signal: wanted.signal };
  const { reached, at } = await kit.waitFor(projections, position, options);
  if (reached) return;
  const reachedHeader = at === null ? {} : { 'souk-position': kit.positions.format(at) };
  throw httpProblem(503, 'not_caught_up', 'What this shows has not come so far yet. Ask again in a second.', {
    headers: { 'retry-after': '1', ...reachedHeader },
  });
}
