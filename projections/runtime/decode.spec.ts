/** One event that cannot be opened must not hold up those of the same batch. */
import { expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import { openEvents } from './decode.ts';

/** Opens nothing, and throws where it meets the person. */
const failingFor = (person: string, error: Error): Pick<KeyStore, 'openAll'> => ({
  async openAll(data) {
    if (JSON.stringify(data).includes(person)) throw error;
    return data;
  },
});

function profile(userId: string) {
  const at = '2026-01-01T00:00:00.000Z';
  const ids = { $correlationId: userId, $causationId: userId, commandId: userId };
  return {
    id: newId(),
    stream: `user-${userId}`,
    revision: 1,
    position: `1-${userId}`,
    type: 'ProfileChanged',
    data: { userId, name: { $sealed: 'x', person: userId } },
    metadata: { ...ids, actor: 'cli:test', occurredAt: at, recordedAt: at, schemaVersion: 1 },
  } as never;
}

it('gives the error of a value that cannot be opened to its own event alone', async () => {
  const [lost, found] = [newId(), newId()];
  const keys = failingFor(lost, new Error('there is no key'));
  const opened = await openEvents([profile(found), profile(lost), profile(found)], keys);
  expect(opened.map(({ error }) => error?.message)).toEqual([undefined, 'there is no key', undefined]);
});

it('throws while the keys cannot be asked: nothing is wrong with the event then', async () => {
  const lost = newId();
  for (const away of [
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('the schema is gone'), { code: '42P01' }),
    new Error('Connection terminated unexpectedly'),
  ]) {
    await expect(openEvents([profile(lost)], failingFor(lost, away))).rejects.toThrow(away.message);
  }
});
