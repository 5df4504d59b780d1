/** Verifications that were asked for over HTTP: one at a time over all processes, the answer kept for whoever looks. */
import type pg from 'pg';
import type { Position } from '../../../event-store/port.ts';
import { isEngineAway } from '../../../platform/http/faults.ts';
import { errorMessage } from '../../../platform/process/error-code.ts';
import { pause } from '../../../platform/process/pause.ts';
import type { Reader } from '../../read.ts';
import type { ScratchContext } from '../scratch.ts';
import type { Projection } from '../types.ts';
import { type Verified, verifyProjection } from './verify.ts';

/** One that was asked for. Of a row that differs its columns are named, and their values, which may be personal, left out. */
export type Verification = {
  readonly id: string;
  readonly name: string;
  /** Null: all rows. */
  readonly sample: number | null;
  readonly by: string;
  readonly askedAt: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly finishedAt: string | null;
  readonly result: KeptResult | null;
  /** Why it could not be compared. */
  readonly error: string | null;
};

type KeptResult = Omit<Verified, 'name' | 'differences'> & {
  readonly differences: readonly {
    readonly key: string;
    readonly kind: 'changed' | 'missing' | 'extra';
    readonly columns: readonly string[];
    readonly events: readonly { readonly position: Position; readonly type: string; readonly stream: string }[];
  }[];
};

const LOOK_MS = 1_000;
/** Whoever holds it verifies; it goes with its connection when that process dies, and the request is taken up again. */
const TURN = `hashtext('souk:projections:verify')`;

/** Answers what is asked for until the signal aborts. */
export async function answerRequests(
  context: ScratchContext & { readonly projections: readonly Projection[] },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (!(await answerNext(context, signal))) await pause(LOOK_MS, signal);
  }
}

/** True where there was one to answer. */
async function answerNext(
  context: ScratchContext & { readonly projections: readonly Projection[] },
  signal: AbortSignal,
): Promise<boolean> {
  const { rows } = await context.pool.query(
    'select 1 from projections.verifications where finished_at is null limit 1',
  );
  if (rows.length === 0) return false;
  const client = await context.pool.connect();
  let mine = true; // Until the answer is there it may be.
  try {
    const turn = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${TURN}) as mine`);
    mine = turn.rows[0]?.mine === true;
    return mine && (await answerOldest(client, context, signal));
  } finally {
    // With the connection the turn is over, however this ended.
    client.release(mine);
  }
}

async function answerOldest(
  client: pg.ClientBase,
  { projections, ...context }: ScratchContext & { readonly projections: readonly Projection[] },
  signal: AbortSignal,
): Promise<boolean> {
  const { rows } = await client.query<{ id: string; name: string; sample: number | null }>(
    `update projections.verifications set started_at = now() where id = (
       select id from projections.verifications where finished_at is null order by asked_at, id limit 1
     ) returning id, name, sample`,
  );
  const request = rows[0];
  if (!request) return false;
  const answer = await answerOf(context, projections, { ...request, signal });
  if (!answer) return false;
  await client.query(
    `update projections.verifications set finished_at = now(), result = $2, error = $3 where id = $1`,
    [request.id, answer.result && JSON.stringify(answer.result), answer.error],
  );
  return true;
}

type Request = { readonly name: string; readonly sample: number | null; readonly signal: AbortSignal };

async function answerOf(
  context: ScratchContext,
  projections: readonly Projection[],
  { name, sample, signal }: Request,
) {
  const projection = projections.find((each) => each.name === name);
  if (!projection) return { result: null, error: `${name} is built from other rows: verify those it is built from` };
  try {
    const verified = await verifyProjection(context, projection, { sample: sample ?? undefined, signal });
    return verified && { result: kept(verified), error: null };
  } catch (error) {
    // Asked again when it is back: nothing was found out.
    if (isEngineAway(error)) throw error;
    context.logger.warn({ err: error, projection: name }, 'a projection could not be verified');
    return { result: null, error: errorMessage(error) };
  }
}

function kept({ name: _, differences, ...verified }: Verified): KeptResult {
  return {
    ...verified,
    differences: differences.map(({ key, kind, columns, events }) => ({
      key,
      kind,
      columns: columns.map(({ column }) => column),
      events: events.map(({ position, type, stream }) => ({ position, type, stream })),
    })),
  };
}

/** Those asked for, newest first; of one projection where it is named. `after`: the id of the last one seen. */
export async function listVerifications(
  reader: Reader,
  {
    name,
    after,
    limit,
  }: { readonly name?: string | undefined; readonly after?: string | undefined; readonly limit: number },
): Promise<readonly Verification[]> {
  const { rows } = await reader.query<Verification & { askedAt: Date; finishedAt: Date | null }>(
    `select id, name, sample, by, asked_at as "askedAt", finished_at as "finishedAt", result, error,
       case when error is not null then 'failed' when finished_at is not null then 'done'
         when started_at is not null then 'running' else 'waiting' end as state
     from projections.verifications v
     where ($1::text is null or name = $1)
       and ($2::uuid is null or (asked_at, id) < (select asked_at, id from projections.verifications where id = $2))
     order by asked_at desc, id desc limit $3`,
    [name ?? null, after ?? null, limit],
  );
  return rows.map(({ askedAt, finishedAt, ...row }) => ({
    ...row,
    askedAt: askedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  }));
}
