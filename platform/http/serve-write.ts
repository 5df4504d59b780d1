/** Writes: the body, then the work, once for each Idempotency-Key, under ids that a repeat has again. */
import { newId } from '../ids.ts';
import { isRefusal, problemOfRefusal, renderAnswer, renderProblem } from './answers.ts';
import { keyOwner, parseIdempotencyKey, recordId, runOnce, type StoredAnswer, type WorkRecord } from './idempotency.ts';
import { readJsonBody } from './json-body.ts';
import { httpProblem } from './problem.ts';
import { reported } from './report.ts';
import { header } from './request-headers.ts';
import { runHandler } from './run-handler.ts';
import { sendAnswer } from './send.ts';
import type { Admitted } from './served.ts';
import { checkBody } from './validation.ts';

type Work = (record: WorkRecord) => Promise<StoredAnswer>;

/** POST, PUT, PATCH and DELETE. */
export async function serveWrite(admitted: Admitted): Promise<void> {
  const { route, request, response } = admitted;
  const key = route.idempotency === 'none' ? undefined : parseIdempotencyKey(header(request, 'idempotency-key'));
  if (key === undefined && route.idempotency === 'required') throw keyRequired();
  const sent = await readJsonBody(request, response);
  const body = checkBody(route.body, sent.value);
  const work: Work = (record) => answered(admitted, { body, rawBody: sent.raw }, record);
  const proposal: WorkRecord = { commandId: newId(), issuedAt: new Date().toISOString() };
  const owner = keyOwner(admitted.subject.caller);
  if (key === undefined || owner === undefined) return send(admitted, await work(proposal), false);
  const id = recordId(owner, route.method, route.path, JSON.stringify(admitted.params), key);
  const { answer, replayed } = await runOnce({ ...storeOf(admitted), id, body: sent.value, proposal }, work);
  send(admitted, answer, replayed);
}

/** The work, with whatever goes wrong in it as an answer: what is kept is decided by the answer's status. */
async function answered(
  admitted: Admitted,
  sent: { readonly body: unknown; readonly rawBody: Buffer },
  record: WorkRecord,
): Promise<StoredAnswer> {
  try {
    await admitted.assertOwned();
    const result = await runHandler(admitted, sent, record);
    return isRefusal(result) ? renderProblem(problemOfRefusal(result)) : renderAnswer(result, admitted.kit.positions);
  } catch (error) {
    return renderProblem(reported(admitted.kit.logger, error));
  }
}

function storeOf({ kit }: Admitted) {
  if (kit.idempotency === undefined) throw new Error('routes that take an Idempotency-Key need a store: hand one in');
  return {
    store: kit.idempotency,
    onLeaseError: (error: unknown) => kit.logger.warn({ err: error }, 'a lease could not be kept or ended'),
  };
}

function send({ response }: Admitted, answer: StoredAnswer, replayed: boolean): void {
  const headers: Record<string, string> = { 'cache-control': 'no-store', ...answer.headers };
  if (replayed) headers['idempotent-replayed'] = 'true';
  sendAnswer(response, { ...answer, headers });
}

const keyRequired = () =>
  httpProblem(
    400,
    'idempotency_key_required',
    'Money moves here: send an Idempotency-Key, a new UUID for each new request, the same one when you repeat it.',
  );
