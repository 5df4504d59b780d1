/** Reads: wait for the position asked for, look whose it is, answer, or say that the client has it already. */
import { newId } from '../ids.ts';
import { isRefusal, problemOfRefusal, renderAnswer } from './answers.ts';
import { isNotModified } from './conditional.ts';
import { CSV_TYPE, csvHeaders, csvOf } from './csv.ts';
import { stale } from './faults.ts';
import type { StoredAnswer } from './idempotency.ts';
import { wantedType } from './media-types.ts';
import { header, searchOf } from './request-headers.ts';
import type { Answer } from './route.ts';
import { runHandler } from './run-handler.ts';
import { sendAnswer, sendStream } from './send.ts';
import type { Admitted } from './served.ts';
import { awaitPosition } from './wait-for.ts';

/** GET and HEAD. */
export async function serveRead(admitted: Admitted): Promise<void> {
  const { kit, route, request, response, signal, waitFor: position } = admitted;
  await awaitPosition(kit, route.reads ?? [], { position, signal });
  await admitted.assertOwned();
  const work = { commandId: newId(), issuedAt: new Date().toISOString() };
  const result = await runHandler({ ...admitted, ifMatch: undefined }, { body: undefined, rawBody: undefined }, work);
  if (isRefusal(result)) throw problemOfRefusal(result);
  if (result.stream !== undefined) await sendStream(response, result, { headOnly: request.method === 'HEAD' });
  else sendResource(admitted, result);
}

function sendResource(admitted: Admitted, result: Answer): void {
  const { route, request, response, ifMatch } = admitted;
  if (ifMatch !== undefined && result.revision !== undefined && !ifMatch.includes(result.revision)) {
    throw stale(result.revision);
  }
  const answer = rendered(admitted, result);
  const vary = `Authorization, Souk-Cart-Token${route.csv === undefined ? '' : ', Accept'}`;
  const headers = { 'cache-control': 'private, no-cache', vary, ...answer.headers };
  const tag = answer.headers.etag;
  const had = tag !== undefined && isNotModified(header(request, 'if-none-match'), tag) && answer.status === 200;
  const { 'content-type': _type, ...kept } = headers as Record<string, string>;
  sendAnswer(response, had ? { status: 304, headers: kept, body: '' } : { ...answer, headers });
}

function rendered({ kit, route, request }: Admitted, result: Answer): StoredAnswer {
  const columns = route.csv;
  if (columns === undefined || wantedType(route, request) !== CSV_TYPE) return renderAnswer(result, kit.positions);
  const headers = csvHeaders(result, searchOf(request));
  return renderAnswer({ ...result, headers }, kit.positions, (body) =>
    csvOf(columns, body as Parameters<typeof csvOf>[1]),
  );
}
