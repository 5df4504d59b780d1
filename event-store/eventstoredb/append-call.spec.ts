/** A call that stands still is given up; one that is merely slow for one append is not. */
import { EventEmitter } from 'node:events';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import messages, { type BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import { expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { appendsOver } from './append-call.ts';
import type { AppendCall } from './client.ts';

/** A call of which the test is the server. */
function callOf() {
  const sent: BatchAppendReq[] = [];
  const state = { cancelled: false };
  const call = Object.assign(new EventEmitter(), {
    write: (request: BatchAppendReq) => sent.push(request),
    cancel() {
      state.cancelled = true;
    },
  });
  const answer = (request: BatchAppendReq | undefined) => {
    const success = new messages.BatchAppendResp.Success().setCurrentRevision('0');
    success.setPosition(new sharedPb.AllStreamPosition().setCommitPosition('8').setPreparePosition('8'));
    call.emit('data', new messages.BatchAppendResp().setCorrelationId(request?.getCorrelationId()).setSuccess(success));
  };
  return { call: call as unknown as AppendCall, sent, state, answer };
}

const append = () => ({
  stream: 'cart-1',
  events: [{ id: newId(), type: 'ItemAdded', dataText: '{}', metadataText: '{}' }],
  revision: -1,
});

it('gives up a call over which nothing came while an append ran out of time, and all that waits on it', async () => {
  const { call, state } = callOf();
  const appends = appendsOver(call);
  const patient = appends.send(append(), 60_000);
  patient.catch(() => undefined);
  await expect(appends.send(append(), 1)).rejects.toThrow('no answer within 1 ms');
  await expect(patient).rejects.toThrow('no answer within 1 ms');
  expect([appends.broken(), state.cancelled]).toEqual([true, true]);
});

it('keeps a call that answers others meanwhile', async () => {
  const { call, sent, state, answer } = callOf();
  const appends = appendsOver(call);
  const late = appends.send(append(), 20);
  const other = appends.send(append(), 60_000);
  answer(sent[1]);
  await expect(late).rejects.toThrow('no answer');
  expect(await other).toMatchObject({ kind: 'written', revision: 0 });
  expect([appends.broken(), state.cancelled]).toEqual([false, false]);
});
