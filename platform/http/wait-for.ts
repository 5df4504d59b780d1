/** `Souk-Wait-For`: a read that waits until what it reads has seen a position. */
import type { Request } from 'express';
import type { Kit } from './kit.ts';
import { httpProblem } from './problem.ts';
import { header } from './request-headers.ts';

/** The longest a read waits, in ms. */
const WAIT_AT_MOST_MS = 5_000;
/** What is parked waits for people. */
const PARKED_RETRY_S = 60;

/** The position a read asks to wait for; undefined where it asks for none, or writes. Throws 400 `bad_position`. */
export function wantedPosition(kit: Kit, request: Request): string | undefined {
  const token = request.method === 'GET' || request.method === 'HEAD' ? header(request, 'souk-wait-for') : undefined;
  if (token === undefined) return undefined;
  const position = kit.positions.parse(token);
  if (position !== undefined) return position;
  throw httpProblem(
    400,
    'bad_position',
    'Souk-Wait-For is a Souk-Position that this shop gave. Leave it out, or send it unchanged.',
  );
}

/** Waits at most 5 s; throws 503 `not_caught_up` with the position reached, or at once with what is parked. */
export async function awaitPosition(
  kit: Kit,
  projections: readonly string[],
  wanted: { readonly position: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  if (wanted.position === undefined || projections.length === 0 || kit.waitFor === undefined) return;
  const options = { timeoutMs: WAIT_AT_MOST_MS, signal: wanted.signal };
  const { reached, at, parked } = await kit.waitFor(projections, wanted.position, options);
  if (reached) return;
  const reachedHeader = at === null ? {} : { 'souk-position': kit.positions.format(at) };
  if (parked !== undefined) {
    const { projection, key, id } = parked;
    const detail = `The change you wait for cannot be shown: projection ${projection} parked it for key ${key} as ${id}. Operations have to see to it; leave Souk-Wait-For out to read what was there before.`;
    const headers = { 'retry-after': String(PARKED_RETRY_S), ...reachedHeader };
    throw httpProblem(503, 'not_caught_up', detail, { extra: { parked }, headers });
  }
  throw httpProblem(503, 'not_caught_up', 'What this shows has not come so far yet. Ask again in a second.', {
    headers: { 'retry-after': '1', ...reachedHeader },
  });
}
