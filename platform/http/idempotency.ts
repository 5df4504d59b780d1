/** `Idempotency-Key`: first the record, then the work, then the answer, each committed by itself. */
import { createHash } from 'node:crypto';
import { type HttpProblem, httpProblem, malformed } from './problem.ts';
import type { Caller } from './route.ts';

/** What a repeat does again with the same ids and time; every id the work makes follows from these. */
export type WorkRecord = { readonly commandId: string; readonly issuedAt: string };

/** An answer as it was sent: what a repeat gets. */
export type StoredAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Claim =
  | { readonly kind: 'run'; readonly work: WorkRecord; readonly epoch: number }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  | { readonly kind: 'in_progress'; readonly retryAfterS: number }
  /** The key came with another body before. */
  | { readonly kind: 'reused' };

export type IdempotencyStore = {
  /**
   * Commits the record, or takes over one whose lease is over; the proposal counts only where there was no record.
   * `id` names caller, method, path and key.
   */
  claim(id: Buffer, bodyDigest: Buffer, proposal: WorkRecord): Promise<Claim>;
  /** Keeps the lease alive while the work runs; false: it was lost. */
  renew(id: Buffer, epoch: number): Promise<boolean>;
  /** Compare-and-set on the lease's epoch; false: it was lost, and the answer must not be sent. */
  store(id: Buffer, epoch: number, answer: StoredAnswer): Promise<boolean>;
  /** Ends the lease and keeps the record: the next attempt goes on with the same ids. */
  release(id: Buffer, epoch: number): Promise<void>;
  /**
   * The request was refused and nothing came of it: its record goes, and the key is free for a corrected body. One that
   * was taken over is released instead: the runner before may have had an effect, which only the same ids find again.
   */
  forget(id: Buffer, epoch: number): Promise<void>;
};

/** How often a running request renews its lease, in ms: three times within its life. */
export const RENEW_EVERY_MS = 3_000;
/** Life of a lease after its last renewal, in seconds: how long a crashed request's key answers 409. */
export const LEASE_S = 10;

// Answers of rules that stand: a repeat of the same request is told the same.
const KEPT_REFUSALS = new Set([404, 409, 412]);

const mustBeKept = (status: number): boolean => (status >= 200 && status < 300) || KEPT_REFUSALS.has(status);

/** The key of a request; undefined where none came. Throws 400 for one that is no visible ASCII of 1 to 255. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw malformed('Idempotency-Key is 1 to 255 visible ASCII characters; a new UUID for each new request is best.');
  }
  return header;
}

/** Keys are a caller's own; undefined for somebody who proved nothing, whose key is ignored. */
export function keyOwner(caller: Caller): string | undefined {
  if (caller.kind === 'user') return `user:${caller.userId}`;
  return caller.kind === 'guest' ? `guest:${caller.tokenHash}` : undefined;
}

/** The record's id. */
export function recordId(...parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** A digest of the body by its meaning: order of fields and white space do not make another request. */
export function bodyDigest(body: unknown): Buffer {
  return createHash('sha256').update(canonical(body)).digest();
}

type Run = {
  readonly store: IdempotencyStore;
  readonly id: Buffer;
  readonly body: unknown;
  readonly proposal: WorkRecord;
  /** Told of a lease that could not be kept: the work goes on, its answer is settled by the epoch. */
  readonly onLeaseError: (error: unknown) => void;
};

/** Runs the work once, or answers what it answered. `work` never throws for a request's own fault: it answers it. */
export async function runOnce(
  run: Run,
  work: (record: WorkRecord) => Promise<StoredAnswer>,
): Promise<{ readonly answer: StoredAnswer; readonly replayed: boolean }> {
  const claim = await run.store.claim(run.id, bodyDigest(run.body), run.proposal);
  if (claim.kind === 'answered') return { answer: claim.answer, replayed: true };
  if (claim.kind !== 'run') throw refusal(claim);
  const stopRenewing = keepLease(run, claim.epoch);
  try {
    return await settle(run, claim.epoch, await work(claim.work));
  } catch (error) {
    await run.store.release(run.id, claim.epoch).catch(run.onLeaseError);
    throw error;
  } finally {
    stopRenewing();
  }
}

async function settle(
  run: Run,
  epoch: number,
  answer: StoredAnswer,
): Promise<{ readonly answer: StoredAnswer; readonly replayed: boolean }> {
  if (!mustBeKept(answer.status)) {
    if (answer.status < 500) await run.store.forget(run.id, epoch);
    else await run.store.release(run.id, epoch);
    return { answer, replayed: false };
  }
  if (await run.store.store(run.id, epoch, answer)) return { answer, replayed: false };
  // Another runner took over while this one slept. Sending our own answer could contradict the one it stores.
  const winner = await run.store.claim(run.id, bodyDigest(run.body), run.proposal);
  if (winner.kind === 'answered') return { answer: winner.answer, replayed: true };
  if (winner.kind !== 'run') throw refusal(winner);
  return settle(run, winner.epoch, answer);
}

function keepLease(run: Run, epoch: number): () => void {
  const timer = setInterval(() => {
    run.store.renew(run.id, epoch).catch(run.onLeaseError);
  }, RENEW_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function refusal(claim: Extract<Claim, { kind: 'in_progress' | 'reused' }>): HttpProblem {
  if (claim.kind === 'reused') {
    return httpProblem(
      422,
      'idempotency_key_reused',
      'This Idempotency-Key came with another body before. Use a new key for a new request.',
    );
  }
  return httpProblem(
    409,
    'in_progress',
    'The first request with this Idempotency-Key is still running. Send it again.',
    {
      headers: { 'retry-after': String(claim.retryAfterS) },
    },
  );
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
